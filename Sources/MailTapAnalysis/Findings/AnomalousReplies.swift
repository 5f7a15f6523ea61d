import MailTapCore

/// What excuses replies in which the decoder noticed something; asked for each anomaly, in the order of the dialogue.
///
/// One reply can have any number of anomalies, and a session any number of replies: what was found is kept.
struct AnomalousReplies {
    private let session: Session
    /// The client's first greeting that was accepted: the index of its exchange.
    private lazy var greeting = session.exchanges.firstIndex {
        [.ehlo, .lhlo, .helo].contains($0.command?.keyword) && $0.replyStatus.isPositive
    }
    /// What `isLeftOpen` found last.
    private var last: (exchange: Int, isLeftOpen: Bool)?

    init(_ session: Session) { self.session = session }

    /// Whether a command that was not seen may have asked for a reply: octets of the client are lost, or the beginning was
    /// not seen and no greeting of the client since.
    mutating func mayBeAsked(_ exchange: Int) -> Bool {
        guard session.clientMissing == 0 else { return true }
        guard !session.info.startSeen else { return false }
        return greeting.map { $0 >= exchange } ?? true
    }

    /// Whether a dialogue file lets any lines stand in the reply.
    mutating func isLeftOpen(_ exchange: Int) -> Bool {
        if let last, last.exchange == exchange { return last.isLeftOpen }
        guard session.exchanges.indices.contains(exchange), let reply = session.exchanges[exchange].reply else {
            return false
        }
        let isLeftOpen = reply.lines.contains { line in line.patterns.contains { $0.pattern.kind == .lines } }
        last = (exchange, isLeftOpen)
        return isLeftOpen
    }
}
