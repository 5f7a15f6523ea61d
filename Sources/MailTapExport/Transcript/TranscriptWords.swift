import MailTapAnalysis
import MailTapCore

/// The phrases of the transcript, which other reports use too.
enum TranscriptWords {
    /// Who talks to whom.
    static func endpoints(_ info: SessionInfo) -> String {
        endpoint(info.client) + " -> " + endpoint(info.server)
    }

    /// An address and port with the name, where it is known.
    static func endpoint(_ endpoint: Endpoint) -> String {
        guard endpoint.address != nil || endpoint.name != nil else { return "?" }
        guard let name = endpoint.name, endpoint.address != nil else { return VisibleText.of(endpoint.description) }
        return "\(endpoint) (\(VisibleText.of(name)))"
    }

    /// What was agreed on one leg of TLS, behind a colon; empty where nothing is known.
    static func leg(_ leg: TLSMark.Leg) -> String {
        var facts = [leg.version, leg.cipher].compactMap(\.self)
        if let name = leg.sni { facts.append("server name \(name)") }
        if let name = leg.certificateNames.first, !leg.certificateNames.contains(where: { $0 == leg.sni }) {
            facts.append("certificate for \(name)")
        }
        if let shown = leg.chain.first {
            let lastDay = TimeText.text(moment: shown.notAfter, decimals: 0).prefix(10)
            facts.append("certificate \(shown.subject) of \(shown.issuer), until \(lastDay)")
        }
        return facts.isEmpty ? "" : ": " + facts.joined(separator: ", ")
    }

    /// `3 octets of the client are missing`.
    static func missing(_ number: UInt64, of whose: String) -> String {
        "\(count(number, "octet")) of the \(whose) \(number == 1 ? "is" : "are") missing"
    }

    /// `1 octet`, `2 octets`.
    static func count(_ number: UInt64, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    /// What a message consists of and what its header section shows; nil where that goes without saying.
    static func about(_ message: Message) -> String? {
        let phrases = [parts(message.content.parts)].compactMap(\.self) + message.content.facts.phrases
        return phrases.isEmpty ? nil : phrases.joined(separator: "; ")
    }

    /// What a message consists of, in one line; nil for a single part of plain text, which goes without saying.
    static func parts(_ parts: [MessagePart]) -> String? {
        guard parts.count > 1 || parts.contains(where: { $0.type != "text/plain" || $0.filename != nil }) else {
            return nil
        }
        return parts.map { part in
            part.type + (part.filename.map { " \"\($0)\"" } ?? "") + " \(count(part.bytes, "octet"))"
        }.joined(separator: "; ")
    }

    /// How the client found the server.
    static func dns(_ lookup: NameLookup, of info: SessionInfo) -> String {
        let address = info.server.address.map { "\($0)" } ?? "the server"
        var text = "DNS: \(address) is \(lookup.name) (\(lookup.type))"
        if let domain = lookup.domain {
            text += ", a mail exchanger of \(domain)"
            if let preference = lookup.preference { text += " (MX, preference \(preference))" }
        }
        return text
    }

    /// `1.2 MB/s`.
    static func rate(_ rate: Double) -> String {
        let (value, unit) = rate >= 1e6 ? (rate / 1e6, "MB/s") : rate >= 1e3 ? (rate / 1e3, "kB/s") : (rate, "B/s")
        let tenths = Int(min(value, 1e9) * 10)
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    /// What the session did and how long it took for it.
    static func overview(_ overview: SessionOverview, _ session: Session) -> String {
        var figures: [String] = []
        if let time = overview.timeToGreeting, session.info.startSeen {
            figures.append("greeting after \(TimeText.text(seconds: time, decimals: 3)) s")
        }
        if let slowest = overview.slowestReply {
            let verb =
                session.exchanges.indices.contains(slowest.exchange)
                ? session.exchanges[slowest.exchange].command?.verb : nil
            let what = verb == "*data" ? "the content" : verb == "*auth" ? "a login's response" : verb ?? ""
            figures.append(
                "slowest reply \(TimeText.text(seconds: slowest.latency, decimals: 3)) s"
                    + (what.isEmpty ? "" : ", to \(VisibleText.of(String(what.prefix(24))))"))
        }
        if let rate = overview.rate { figures.append("content at \(Self.rate(rate))") }
        if !overview.vanished.isEmpty {
            figures.append("gone under TLS: " + overview.vanished.prefix(20).joined(separator: ", "))
        }
        if !overview.appeared.isEmpty {
            figures.append("offered under TLS only: " + overview.appeared.prefix(20).joined(separator: ", "))
        }
        let told = figures.joined(separator: "; ")
        return overview.sentence + (told.isEmpty ? "" : " " + told.prefix(1).uppercased() + told.dropFirst() + ".")
    }
}
