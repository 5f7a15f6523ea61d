import MailTapCore

/// TLS: offers that stay, vanish or change, certificates, versions.
enum TLSRules {
    /// What an answer to EHLO or CAPA offers.
    static func apply(_ place: SessionRules.Place, after state: DialogueState, _ found: inout FindingList) {
        guard let verb = place.exchange.command?.verb, place.serverReply?.status.isPositive == true else { return }
        if verb == "STLS" || verb == "CAPA" { return capa(place, after: state, &found) }
        guard verb == "EHLO" || verb == "LHLO", let offers = state.capabilities else { return }
        if place.exchange.isEncrypted {
            if offers.contains(where: { $0.keyword == "STARTTLS" }) {
                found.add("smtp.starttls-inside-tls", exchange: place.index, "STARTTLS is offered under TLS")
            }
            let lost = (place.state.clearCapabilities ?? []).map(\.keyword).filter { word in
                word != "STARTTLS" && !offers.contains { $0.keyword == word }
            }
            if !lost.isEmpty {
                let names = lost.prefix(10).map { ShownText.of($0) }.joined(separator: ", ")
                found.add("smtp.offer-lost-after-tls", exchange: place.index, "No more offered: \(names)")
            }
            return
        }
        // Inspecting firewalls overwrite the keyword with X letters, sometimes with its last letter left.
        if offers.contains(where: { $0.keyword.utf8.count == 8 && $0.keyword.hasPrefix("XXXXXXX") }) {
            found.add(
                "smtp.starttls-vanished", exchange: place.index,
                "A keyword of eight X letters stands where STARTTLS may have stood")
        }
        let revealing = offers.first { $0.keyword == "AUTH" }?.arguments.filter {
            SASLSteps.mechanism($0.uppercased())?.revealsSecret == true
        }
        if let revealing, !revealing.isEmpty, place.session.info.server.address?.isLoopback != true {
            let names = revealing.prefix(8).map { ShownText.of($0) }.joined(separator: ", ")
            found.add("smtp.login-before-tls", exchange: place.index, "Offered without TLS: \(names)")
        }
    }

    private static func capa(
        _ place: SessionRules.Place, after state: DialogueState, _ found: inout FindingList
    ) {
        guard place.exchange.command?.verb == "CAPA", place.exchange.isEncrypted, state.offers("STLS") == true else {
            return
        }
        found.add("pop3.stls-inside-tls", exchange: place.index, "STLS is offered under TLS")
    }

    /// What was negotiated.
    static func apply(to session: Session, _ found: inout FindingList) {
        guard let tls = session.tls else { return }
        for leg in [tls.client, tls.upstream].compactMap(\.self) {
            if leg.verified == false {
                let problem = leg.problem.map { ": \(ShownText.of($0))" } ?? ""
                found.add("tls.certificate", exchange: nil, "The server's certificate could not be verified\(problem)")
            }
            if let version = leg.version, ["SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"].contains(version) {
                found.add("tls.old-version", exchange: nil, "\(version) was negotiated")
            }
        }
    }
}
