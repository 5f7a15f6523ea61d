import MailTapCore

/// Dot lines with odd line ends: whether both peers saw the same end of a message (RFC 5321 section 4.1.1.4).
///
/// Where they did not, what one of them took for content the other ran as commands: SMTP smuggling.
struct SmugglingRules {
    private let session: Session
    private let anomalies: [DialogueAnomaly]

    init(_ session: Session, _ anomalies: [DialogueAnomaly]) {
        self.session = session
        self.anomalies = anomalies
    }

    /// Adds what such a line means; false for another irregularity.
    func apply(_ anomaly: DialogueAnomaly, _ found: inout FindingList) -> Bool {
        guard session.proto == .smtp, let name = anomaly.dotLine else { return false }
        if case .dialogue(.oddEndOfData) = anomaly.kind {
            if goesOn(behind: anomaly.exchange) {
                found.add(
                    "smtp.smuggled-message", exchange: anomaly.exchange,
                    "The server took \(name) for the end of the message, and the client sent more behind it without "
                        + "waiting: what followed ran as commands. Exploitable between these two peers")
            } else {
                found.add(
                    "smtp.odd-end-of-data", exchange: anomaly.exchange,
                    "The message ended by \(name), and the server took it: both saw the same end here, but this server "
                        + "is exploitable by any peer that relays such a line as content")
            }
            return true
        }
        let extra = anomalies.count { $0.isA(.replyWithoutCommand) && $0.exchange > anomaly.exchange }
        let isCutShort = anomalies.contains { $0.isA(.contentEndedEarly) && $0.exchange == anomaly.exchange }
        if extra > 0 || isCutShort {
            let sign =
                extra > 0
                ? "the server gave \(ShownText.count(extra, "more reply", "more replies")) than the client asked for"
                : "the server answered there"
            found.add(
                "smtp.smuggled-message", exchange: anomaly.exchange,
                "\(name) stands inside the content, and \(sign): it took that line for the end and ran what followed "
                    + "as commands. Exploitable between these two peers")
        } else {
            found.add(
                "smtp.smuggling", exchange: anomaly.exchange,
                "\(name) stands inside the content. This server did not end the message there: non-conforming, not "
                    + "exploitable between these two peers, perhaps at the next hop")
        }
        return true
    }

    /// Replies right behind a message's that nothing asked for: the server took some other line in it for the end, such as
    /// a dot with a blank behind it, and ran the rest.
    func lookBehindContent(_ found: inout FindingList) {
        guard session.proto == .smtp, session.clientMissing == 0, session.info.startSeen else { return }
        let unasked = Set(anomalies.lazy.filter { $0.isA(.replyWithoutCommand) }.map(\.exchange))
        guard unasked.count > 1 else { return }
        // A line whose form has a name is told by it.
        let named = Set(anomalies.lazy.filter { $0.dotLine != nil }.map(\.exchange))
        let unstuffed = Set(anomalies.lazy.filter { $0.isA(.unstuffedDot) }.map(\.exchange))
        for index in session.exchanges.indices where session.exchanges[index].command?.keyword == .content {
            guard unasked.contains(index + 1), !named.contains(index) else { continue }
            let run = session.exchanges[(index + 1)...].indices.prefix { unasked.contains($0) }
            let gaveGoAhead = run.contains { session.exchanges[$0].replyStatus.rawValue == 354 }
            guard run.count > 1, gaveGoAhead || unstuffed.contains(index) else { continue }
            found.add(
                "smtp.smuggled-message", exchange: index,
                "Behind the content the server gave \(run.count) more replies than the client asked for"
                    + (gaveGoAhead ? ", 354 among them" : "") + ": it took a line inside the content for the end and "
                    + "ran what followed as commands. Exploitable between these two peers")
        }
    }

    /// Commands that content would have to hold for an attack.
    private static let smuggled: Set<String> = ["MAIL", "RCPT", "DATA", "BDAT", "EHLO", "HELO", "RSET", "AUTH"]

    /// Whether the client had sent what ran as commands before the message that it carried was answered.
    ///
    /// A client that ends all its lines oddly means that line as the end.
    private func goesOn(behind exchange: Int) -> Bool {
        guard session.exchanges.indices.contains(exchange + 1),
            let verb = session.exchanges[exchange + 1].command?.verb, Self.smuggled.contains(verb),
            let reply = session.exchanges[exchange].reply,
            !anomalies.contains(where: { $0.isA(.bareLF) && $0.range.side == .client && $0.exchange < exchange })
        else { return false }
        return session.exchanges[exchange + 1].isSent(before: reply)
    }
}
