import MailTapCore

/// What a whole session did, in one sentence, and its figures.
public struct SessionSummary: Sendable, Equatable {
    /// A wait for a reply.
    public struct SlowestReply: Sendable, Equatable {
        /// Nanoseconds.
        public var latency: Int64
        /// Index of the exchange.
        public var exchange: Int
    }

    /// One plain sentence.
    public var sentence: String
    /// Nanoseconds from the start to the greeting; nil where none was seen.
    public var timeToGreeting: Int64?
    /// The longest wait for a reply to a command; nil where no reply was seen.
    public var slowestReply: SlowestReply?
    /// Octets of messages transferred.
    public var contentBytes: UInt64 = 0
    /// What the server offered in clear and no more under TLS.
    public var vanished: [String] = []
    /// What the server offered under TLS only.
    public var appeared: [String] = []

    /// Sums up a session.
    public init(of session: Session) {
        var state = DialogueState(proto: session.proto)
        for (index, exchange) in session.exchanges.enumerated() {
            if let reply = exchange.reply {
                if exchange.command == nil, timeToGreeting == nil { timeToGreeting = reply.latency }
                if exchange.command != nil, reply.latency > slowestReply?.latency ?? -1 {
                    slowestReply = SlowestReply(latency: reply.latency, exchange: index)
                }
            }
            state.advance(over: exchange)
            if let clear = state.clearCapabilities, let now = state.capabilities, state.isEncrypted {
                vanished = clear.map(\.keyword).filter { word in !now.contains { $0.keyword == word } }
                appeared = now.map(\.keyword).filter { word in !clear.contains { $0.keyword == word } }
            }
        }
        for message in session.messages {
            contentBytes = contentBytes.addingReportingOverflow(message.bytes).partialValue
        }
        sentence = ""
        sentence = Self.sentence(session, state)
    }

    private static func sentence(_ session: Session, _ state: DialogueState) -> String {
        let count = ShownText.count(session.messages.count, "message")
        let tls = session.tls != nil || state.isEncrypted ? " under TLS" : ""
        let login = state.isAuthenticated ? ", logged in" : ""
        switch session.proto {
        case .smtp:
            let taken = session.messages.count { $0.accepted == true }
            let fate = session.messages.isEmpty ? "" : ", \(taken) of them accepted"
            let word = session.messages.isEmpty ? "sent no message" : "sent \(count)\(fate)"
            return "The client \(word)\(tls)\(login); it ended: \(session.ending.rawValue)."
        case .pop3:
            let deleted = state.phase == .update ? state.deleted.count : 0
            let removed = deleted > 0 ? " and deleted \(deleted)" : ""
            return "The client fetched \(count)\(removed)\(tls)\(login); it ended: \(session.ending.rawValue)."
        case .imap: return "An IMAP session\(tls), which is not decoded; it ended: \(session.ending.rawValue)."
        case nil: return "Nothing in it is known as mail; it ended: \(session.ending.rawValue)."
        }
    }
}
