import MailTapCore

/// What a whole session did, in one sentence, and its figures.
public struct SessionOverview: Sendable, Equatable {
    /// A wait for a reply.
    public struct SlowestReply: Sendable, Equatable {
        /// Nanoseconds.
        public var latency: Int64
        /// Index of the exchange.
        public var exchange: Int
    }

    /// One plain sentence.
    public var sentence = ""
    /// Nanoseconds from the start to the greeting; nil where none was seen.
    public var timeToGreeting: Int64?
    /// The longest wait for a reply to a command; nil where no reply was seen.
    public var slowestReply: SlowestReply?
    /// Octets of messages transferred.
    public var contentBytes: UInt64 = 0
    /// Nanoseconds from each message's first octet to its last, summed.
    public var contentTime: Int64 = 0
    /// What the server offered in clear and no more under TLS.
    public var vanished: [String] = []
    /// What the server offered under TLS only.
    public var appeared: [String] = []

    /// Octets of content per second; nil where too little passed to tell.
    public var rate: Double? {
        contentTime >= 1_000_000 && contentBytes > 0 ? Double(contentBytes) / (Double(contentTime) / 1e9) : nil
    }

    /// Sums up a session.
    public init(of session: Session) {
        var state = DialogueState(proto: session.proto)
        for (index, exchange) in session.exchanges.enumerated() {
            state.advance(over: exchange)
            note(exchange, index, state)
        }
        finish(session, state)
    }

    /// Nothing known yet.
    init() {}

    /// Takes the next exchange; `state` is the dialogue's behind it.
    mutating func note(_ exchange: Exchange, _ index: Int, _ state: DialogueState) {
        if let latency = exchange.reply?.latency {
            if exchange.command == nil, timeToGreeting == nil { timeToGreeting = latency }
            if exchange.command != nil, latency > slowestReply?.latency ?? -1 {
                slowestReply = SlowestReply(latency: latency, exchange: index)
            }
        }
        guard state.isEncrypted else { return }
        let verb = exchange.command?.verb
        if verb == "EHLO" || verb == "LHLO" || verb == "CAPA", let clear = state.clearCapabilities,
            let now = state.capabilities
        {
            vanished = clear.map(\.keyword).filter { word in !now.contains { $0.keyword == word } }
            appeared = now.map(\.keyword).filter { word in !clear.contains { $0.keyword == word } }
        }
    }

    /// The session is over; `state` is what its dialogue came to.
    mutating func finish(_ session: Session, _ state: DialogueState) {
        for message in session.messages {
            contentBytes = contentBytes.addingReportingOverflow(message.bytes).partialValue
            contentTime = contentTime.addingReportingOverflow(message.transferTime).partialValue
        }
        switch session.proto {
        case .smtp: sentence = Self.smtp(session, state)
        case .pop3: sentence = Self.pop3(session, state)
        case .imap: sentence = "An IMAP session, which is not decoded."
        case nil: sentence = "Nothing in it is known as mail."
        }
        sentence += " " + Self.end(session)
    }

    // MARK: Words

    private static func smtp(_ session: Session, _ state: DialogueState) -> String {
        if session.isUndecrypted { return "The dialogue went on under TLS, which is not decrypted." }
        var parts = logins(session, state)
        let recipients = session.messages.reduce(0) { $0 + $1.to.count }
        let refused = session.messages.reduce(0) { $0 + $1.rejected.count }
        if session.messages.isEmpty {
            parts.append("sent no message")
        } else {
            let octets = session.messages.reduce(UInt64(0)) { $0.addingReportingOverflow($1.bytes).partialValue }
            parts.append(
                "sent \(ShownText.count(session.messages.count, "message")) of \(ShownText.count(octets, "octet"))"
                    + " to \(ShownText.count(recipients, "recipient"))\(fate(session.messages))")
        }
        var text = "The client \(list(parts))."
        if refused > 0 {
            text += " \(ShownText.count(refused, "recipient was", "recipients were")) refused."
        }
        return text
    }

    private static func fate(_ messages: [Message]) -> String {
        let taken = messages.count { $0.accepted == true }
        let refused = messages.count { $0.accepted == false }
        let open = messages.count - taken - refused
        if taken == messages.count { return ", accepted" }
        if refused == messages.count { return ", refused" }
        if open == messages.count { return ", of which it is not known whether it was taken" }
        return ", \(taken) accepted, \(refused) refused" + (open > 0 ? ", \(open) without an answer" : "")
    }

    private static func pop3(_ session: Session, _ state: DialogueState) -> String {
        if session.isUndecrypted { return "The dialogue went on under TLS, which is not decrypted." }
        var parts = logins(session, state)
        let fetched = session.messages.count { $0.kind == .retr }
        let tops = session.messages.count { $0.kind == .top }
        parts.append(fetched == 0 ? "fetched no message" : "fetched \(ShownText.count(fetched, "message"))")
        if tops > 0 { parts.append("looked at the top of \(tops)") }
        let count = ShownText.count(state.deleted.count, "message")
        if !state.deleted.isEmpty {
            parts.append(state.phase == .update ? "deleted \(count)" : "marked \(count) for deletion, which stay")
        }
        return "The client \(list(parts))."
    }

    private static func logins(_ session: Session, _ state: DialogueState) -> [String] {
        var parts: [String] = []
        if session.tls?.isClientUnderTLS ?? state.isEncrypted { parts.append("went on under TLS") }
        if state.isAuthenticated {
            parts.append("logged in" + (LoginName.accepted(in: session).last.map { " as \(ShownText.of($0))" } ?? ""))
        } else if let user = LoginName.of(session) {
            parts.append("failed to log in as \(ShownText.of(user))")
        }
        return parts
    }

    private static func list(_ parts: [String]) -> String {
        guard parts.count > 1, let last = parts.last else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func end(_ session: Session) -> String {
        switch session.ending {
        case .quit: "It ended by QUIT."
        case .clientClosed: "The client closed the connection without QUIT."
        case .serverClosed: "The server closed the connection."
        case .reset: "The connection was reset."
        case .timeout: "It ended since nothing was said any more."
        case .open: "Its end was not seen."
        case .killed: "It was ended from outside."
        }
    }
}

extension Session {
    /// Whether most of it is ciphertext.
    fileprivate var isUndecrypted: Bool { tls.map { !$0.isDecrypted } ?? false }
}
