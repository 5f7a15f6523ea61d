import MailTapCore

/// The server's side of one POP3 session: octets in, effects out; no I/O, no clock, no randomness.
public struct POP3ServerSession: Sendable {
    /// What the session wants done, in this order.
    public enum Effect: Sendable, Equatable {
        /// Send these octets.
        case send([UInt8])
        /// Remove these messages: the UPDATE state (RFC 1939 section 6). Comes before the response that says so.
        case remove(Set<UInt64>)
        /// Close the connection once all is sent.
        case close
    }

    /// The states of RFC 1939 section 3, and what a login waits for.
    enum State {
        case authorization(user: String?)
        case sasl(SASLServerExchange)
        case transaction
        case closed
    }

    let configuration: ServerConfiguration
    let stamp: String
    var state = State.authorization(user: nil)
    var messages: [StoredMessage] = []
    var deleted: Set<Int> = []
    private var buffer = InputBuffer()

    /// A session that has not greeted yet.
    ///
    /// - Parameters:
    ///   - configuration: names, accounts and mechanisms.
    ///   - stamp: APOP's timestamp with its angle brackets, unique to this session (RFC 1939 section 7).
    public init(configuration: ServerConfiguration, stamp: String) {
        self.configuration = configuration
        self.stamp = stamp
    }

    /// The greeting, to be sent before anything else.
    public func greeting() -> [UInt8] {
        [UInt8]("+OK \(configuration.hostName) \(configuration.banner) \(stamp)\r\n".utf8)
    }

    /// Takes octets of the client.
    ///
    /// - Parameters:
    ///   - bytes: the octets.
    ///   - open: called at a successful login: locks the maildrop and returns its messages, nil while another holds it.
    ///   - effects: what is to be done, appended.
    public mutating func receive(_ bytes: RawSpan, open: () -> [StoredMessage]?, into effects: inout [Effect]) {
        buffer.append(bytes)
        while let line = buffer.takeLine(limit: configuration.lineLimit) {
            switch (line, state) {
            case (_, .closed): return
            case (.tooLong, _):
                if case .sasl = state { state = .authorization(user: nil) }
                reply(false, "Line too long", &effects)
            case (.complete(let line), .sasl(let exchange)): response(line, exchange, open, &effects)
            case (.complete(let line), _): command(line, open, &effects)
            }
        }
    }

    /// Answers with one line.
    func reply(_ isPositive: Bool, _ text: String, _ effects: inout [Effect]) {
        effects.append(.send([UInt8]("\(isPositive ? "+OK" : "-ERR") \(text)\r\n".utf8)))
    }

    /// Answers with a status line and lines that end with a dot.
    func reply(_ text: String, listing lines: [String], _ effects: inout [Effect]) {
        // Only numbers, ids and capability names are listed: none begins with a dot.
        let body = lines.map { $0 + "\r\n" }.joined()
        effects.append(.send([UInt8]("+OK \(text)\r\n\(body).\r\n".utf8)))
    }
}
