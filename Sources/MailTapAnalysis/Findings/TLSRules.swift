import MailTapCore

/// TLS: offers that stay, vanish or change, certificates, versions.
enum TLSRules {
    /// Lost offers that a finding names.
    private static let most = 10

    /// What an answer to EHLO or CAPA offers.
    ///
    /// - Parameters:
    ///   - place: at the answer, its state that behind it already.
    ///   - before: the state before it.
    static func apply(_ place: DialoguePlace, from before: DialogueState, _ found: inout FindingList) {
        guard place.facts.isServers, place.facts.status.isPositive else { return }
        switch place.facts.verb {
        case .capa: capa(place, from: before, &found)
        case .ehlo, .lhlo: if let offers = place.state.offers { ehlo(offers, place, from: before, &found) }
        default: break
        }
    }

    private static func ehlo(
        _ offers: Offers, _ place: DialoguePlace, from before: DialogueState, _ found: inout FindingList
    ) {
        if place.facts.isEncrypted {
            if offers.known.contains(.startTLS) {
                found.add("smtp.starttls-inside-tls", exchange: place.index, "STARTTLS is offered under TLS")
            }
            let lost = before.clearOffers.map { Self.lost($0, offers) } ?? []
            if !lost.isEmpty {
                let names = lost.prefix(most).map { ShownText.of($0) }.joined(separator: ", ")
                found.add("smtp.offer-lost-after-tls", exchange: place.index, "No more offered: \(names)")
            }
            return
        }
        // Inspecting firewalls overwrite the keyword with X letters, sometimes with its last letter left.
        if offers.known.contains(.overwritten) {
            found.add(
                "smtp.starttls-vanished", exchange: place.index,
                "A keyword of eight X letters stands where STARTTLS may have stood")
        }
        guard offers.known.contains(.auth), place.session.info.server.address?.isLoopback != true else { return }
        let revealing = offers.auth?.arguments.filter {
            SASLSteps.mechanism($0.uppercased())?.revealsSecret == true
        }
        if let revealing, !revealing.isEmpty {
            let names = revealing.prefix(8).map { ShownText.of($0) }.joined(separator: ", ")
            found.add("smtp.login-before-tls", exchange: place.index, "Offered without TLS: \(names)")
        }
    }

    /// What was offered in clear and is worse under TLS: keywords that are gone, login mechanisms, a smaller limit.
    ///
    /// No more than anybody is told of.
    private static func lost(_ clear: Offers, _ now: Offers) -> [String] {
        var lost: [String] = []
        for offer in clear.capabilities
        where lost.count < most && offer.keyword != "STARTTLS" && offer.keyword != "STLS" {
            guard let left = now.capability(offer.keyword) else {
                lost.append(offer.keyword)
                continue
            }
            switch offer.keyword {
            case "AUTH", "SASL":
                lost += offer.arguments.lazy.map { $0.uppercased() }
                    .filter { !now.offers($0, behind: offer.keyword) }.map { "\(offer.keyword) \($0)" }
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
        _ place: DialoguePlace, from before: DialogueState, _ found: inout FindingList
    ) {
        guard let offers = place.state.offers else { return }
        if place.facts.isEncrypted {
            if offers.known.contains(.stls) {
                found.add("pop3.stls-inside-tls", exchange: place.index, "STLS is offered under TLS")
            }
            // Tags may come and go with the state (RFC 2449 section 5).
            guard before.phase == .authorization else { return }
            let lost = before.clearOffers.map { Self.lost($0, offers) } ?? []
            guard !lost.isEmpty else { return }
            let names = lost.prefix(most).map { ShownText.of($0) }.joined(separator: ", ")
            found.add("pop3.offer-lost-after-tls", exchange: place.index, "No more offered: \(names)")
            return
        }
        guard before.phase == .authorization, !offers.known.isDisjoint(with: [.user, .sasl]),
            place.session.info.server.address?.isLoopback != true
        else { return }
        let sasl = offers.mechanisms("SASL").filter { SASLSteps.mechanism($0)?.revealsSecret == true }
        let revealing = (offers.known.contains(.user) ? ["USER"] : []) + sasl.map { "SASL \($0)" }
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
