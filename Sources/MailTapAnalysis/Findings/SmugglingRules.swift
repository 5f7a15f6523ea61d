import MailTapCore

/// Dot lines with odd line ends: whether both peers saw the same end of a message (RFC 5321 section 4.1.1.4).
///
/// Where they did not, what one of them took for content the other ran as commands: SMTP smuggling.
struct SmugglingRules {
    private let session: Session
    private let anomalies: [DialogueAnomaly]
    /// The exchanges of replies that nothing asked for, in order; there may be as many of them as of dot lines.
    private var unasked: [Int] = []
    /// The exchanges whose content the server answered before its end.
    private var cutShort: Set<Int> = []
    /// The first exchange in which the client ended a line with LF alone.
    private var firstBareLF = Int.max

    init(_ session: Session, _ anomalies: [DialogueAnomaly]) {
        self.session = session
        self.anomalies = anomalies
        guard session.proto == .smtp else { return }
        for anomaly in anomalies {
            switch anomaly.kind {
            case .dialogue(.replyWithoutCommand): unasked.append(anomaly.exchange)
            case .dialogue(.contentEndedEarly): cutShort.insert(anomaly.exchange)
            case .dialogue(.bareLF) where anomaly.range.side == .client:
                firstBareLF = min(firstBareLF, anomaly.exchange)
            default: break
            }
        }
        unasked.sort()
    }

    /// How many replies that nothing asked for came in exchanges behind this one.
    private func unasked(behind exchange: Int) -> Int {
        var low = 0, high = unasked.count
        while low < high {
            let middle = (low + high) / 2
            if unasked[middle] > exchange { high = middle } else { low = middle + 1 }
        }
        return unasked.count - low
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
        let extra = unasked(behind: anomaly.exchange)
        if extra > 0 || cutShort.contains(anomaly.exchange) {
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
        let unasked = Set(self.unasked)
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
            let reply = session.exchanges[exchange].reply, firstBareLF >= exchange
        else { return false }
        return session.exchanges[exchange + 1].isSent(before: reply)
    }
}
