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
            let lost = lost(place.state.clearCapabilities ?? [], offers)
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

    /// What was offered in clear and is worse under TLS: keywords that are gone, login mechanisms, a smaller limit.
    private static func lost(_ clear: [Capability], _ now: [Capability]) -> [String] {
        var lost: [String] = []
        for offer in clear where offer.keyword != "STARTTLS" && offer.keyword != "STLS" {
            guard let left = now.first(where: { $0.keyword == offer.keyword }) else {
                lost.append(offer.keyword)
                continue
            }
            switch offer.keyword {
            case "AUTH", "SASL":
                let names = now.filter { $0.keyword == offer.keyword }.flatMap(\.arguments).map { $0.uppercased() }
                lost += offer.arguments.map { $0.uppercased() }.filter { !names.contains($0) }
                    .map { "\(offer.keyword) \($0)" }
            case "SIZE":
                guard let before = offer.arguments.first.flatMap({ UInt64($0) }),
                    let after = left.arguments.first.flatMap({ UInt64($0) }), after > 0, before == 0 || after < before
                else { continue }
                lost.append("SIZE \(before) (now \(after))")
            default: continue
            }
        }
        return lost
    }

    private static func capa(
        _ place: SessionRules.Place, after state: DialogueState, _ found: inout FindingList
    ) {
        guard place.exchange.command?.verb == "CAPA", let offers = state.capabilities else { return }
        if place.exchange.isEncrypted {
            if state.offers("STLS") == true {
                found.add("pop3.stls-inside-tls", exchange: place.index, "STLS is offered under TLS")
            }
            // Tags may come and go with the state (RFC 2449 section 5).
            guard place.state.phase == .authorization else { return }
            let lost = lost(place.state.clearCapabilities ?? [], offers)
            guard !lost.isEmpty else { return }
            let names = lost.prefix(10).map { ShownText.of($0) }.joined(separator: ", ")
            found.add("pop3.offer-lost-after-tls", exchange: place.index, "No more offered: \(names)")
            return
        }
        guard place.state.phase == .authorization, place.session.info.server.address?.isLoopback != true else { return }
        let sasl = offers.filter { $0.keyword == "SASL" }.flatMap(\.arguments).map { $0.uppercased() }
        let revealing =
            (state.offers("USER") == true ? ["USER"] : [])
            + sasl.filter { SASLSteps.mechanism($0)?.revealsSecret == true }.map { "SASL \($0)" }
        guard !revealing.isEmpty else { return }
        let names = revealing.prefix(8).map { ShownText.of($0) }.joined(separator: ", ")
        found.add("pop3.login-before-tls", exchange: place.index, "Offered without TLS: \(names)")
    }

    /// What was negotiated, and what went wrong with it.
    static func apply(to session: Session, _ found: inout FindingList) {
        for trouble in session.troubles {
            switch trouble.code {
            case "decrypt-failed": found.add("tls.decrypt-failed", exchange: nil, ShownText.of(trouble.text))
            case "tls-alert": found.add("tls.alert", exchange: nil, ShownText.of(trouble.text))
            default: continue
            }
        }
        guard let tls = session.tls else { return }
        for leg in [tls.client, tls.upstream].compactMap(\.self) {
            if leg.verified == false {
                let problem = leg.problem.map { ": \(ShownText.of($0))" } ?? ""
                found.add("tls.certificate", exchange: nil, "The server's certificate could not be verified\(problem)")
            }
            if let version = leg.version, ["SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"].contains(version) {
                found.add("tls.old-version", exchange: nil, "\(version) was negotiated")
            }
            if let cipher = leg.cipher, let weakness = weakness(of: cipher) {
                found.add("tls.weak-cipher", exchange: nil, "\(ShownText.of(cipher)) was negotiated: \(weakness)")
            }
        }
    }

    /// RFC 9325 section 4.1; names as IANA and OpenSSL write them.
    private static func weakness(of cipher: String) -> String? {
        let words = cipher.uppercased().split { $0 == "_" || $0 == "-" }.map(String.init)
        if words.contains("NULL") { return "nothing is encrypted" }
        if words.contains("ANON") || words.contains("ADH") || words.contains("AECDH") {
            return "nobody is authenticated"
        }
        if words.contains(where: { $0.hasPrefix("EXP") }) { return "keys of export strength" }
        if words.contains("RC4") { return "RC4 is broken (RFC 7465)" }
        if words.contains("3DES") || words.contains("DES") || words.contains("CBC3") { return "blocks of 64 bits" }
        return nil
    }
}
