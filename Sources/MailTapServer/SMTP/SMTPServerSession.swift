import MailTapCore

/// The server's side of one SMTP or LMTP session: octets in, effects out; no I/O, no clock, no randomness.
public struct SMTPServerSession: Sendable {
    /// What the session wants done, in this order.
    public enum Effect: Sendable, Equatable {
        /// Send these octets.
        case send([UInt8])
        /// A mail was taken over. Comes before the reply that says so.
        case deliver(Delivery)
        /// Close the connection once all is sent.
        case close
    }

    /// What the next octets of the client are.
    enum Input {
        case commands
        case data(DotUnstuffer)
        case chunk(remaining: Int, isLast: Bool, isRefused: Bool)
        case sasl(SASLServerExchange)
        case closed
    }

    /// A mail transaction (RFC 5321 section 3.3).
    struct Transaction {
        var from: String
        var isUTF8 = false
        var to: [String] = []
        var content: [UInt8] = []
        var usesChunks = false
    }

    let configuration: ServerConfiguration
    let stamp: String
    let identifier: String
    var input = Input.commands
    var buffer = InputBuffer()
    var helloSaid = false
    var isExtended = false
    var user: String?
    var transaction: Transaction?
    var mailsTaken = 0

    /// A session that has not greeted yet.
    ///
    /// - Parameters:
    ///   - configuration: what the server offers.
    ///   - stamp: text unique to this session, the challenge of CRAM-MD5 and the nonce of SCRAM.
    ///   - identifier: a short name of the session from which queue ids are made.
    public init(configuration: ServerConfiguration, stamp: String, identifier: String) {
        self.configuration = configuration
        self.stamp = stamp
        self.identifier = identifier
    }

    /// The greeting, to be sent before anything else.
    public func greeting() -> [UInt8] {
        [UInt8](
            "220 \(configuration.hostName) \(configuration.isLMTP ? "LMTP" : "ESMTP") \(configuration.banner)\r\n".utf8)
    }

    /// Takes octets of the client.
    public mutating func receive(_ bytes: RawSpan, into effects: inout [Effect]) {
        buffer.append(bytes)
        while advance(&effects) {}
    }

    /// Takes one line or stretch from the buffer; false when more octets are needed.
    private mutating func advance(_ effects: inout [Effect]) -> Bool {
        switch input {
        case .closed:
            buffer.consume(buffer.remaining.count)
            return false
        case .commands:
            return advanceByLine(&effects) { session, line, effects in session.command(line, &effects) }
        case .sasl(let exchange):
            return advanceByLine(&effects) { session, line, effects in session.response(line, exchange, &effects) }
        case .data(var unstuffer):
            guard !buffer.remaining.isEmpty else { return false }
            // Taken out of the transaction for the while, so that appending to it copies nothing.
            var content = transaction?.content ?? []
            transaction?.content = []
            let (count, ended) = unstuffer.take(buffer.remaining, into: &content, limit: configuration.sizeLimit)
            transaction?.content = content
            buffer.consume(count)
            input = ended ? .commands : .data(unstuffer)
            if ended { finishMail(&effects) }
            return ended
        case .chunk(let remaining, let isLast, let isRefused):
            let octets = buffer.remaining.prefix(remaining)
            if !isRefused, let kept = transaction?.content.count, kept <= configuration.sizeLimit {
                transaction?.content += octets
            }
            let left = remaining - octets.count
            buffer.consume(octets.count)
            input = left == 0 ? .commands : .chunk(remaining: left, isLast: isLast, isRefused: isRefused)
            guard left == 0 else { return false }
            finishChunk(isLast: isLast, isRefused: isRefused, &effects)
            return true
        }
    }

    private mutating func advanceByLine(
        _ effects: inout [Effect], _ body: (inout Self, [UInt8], inout [Effect]) -> Void
    ) -> Bool {
        switch buffer.takeLine(limit: configuration.lineLimit) {
        case nil:
            return false
        case .tooLong:
            input = .commands
            reply(500, "5.5.6", "Line too long", &effects)
        case .complete(let line):
            body(&self, line, &effects)
        }
        return true
    }

    /// Answers with one line; the enhanced code stands in it where the server offers them (RFC 2034).
    func reply(_ code: Int, _ enhanced: String?, _ text: String, _ effects: inout [Effect]) {
        let hasCode = configuration.extensions.contains(.enhancedStatusCodes)
        let prefix = hasCode ? enhanced.map { $0 + " " } ?? "" : ""
        effects.append(.send([UInt8]("\(code) \(prefix)\(text)\r\n".utf8)))
    }

    /// Ends the mail transaction with the reply, or the LMTP replies, to its content.
    mutating func finishMail(_ effects: inout [Effect]) {
        guard let mail = transaction else { return }
        transaction = nil
        let replies = configuration.isLMTP ? mail.to.count : 1
        guard mail.content.count <= configuration.sizeLimit else {
            for _ in 0..<replies { reply(552, "5.3.4", "Message exceeds the size limit", &effects) }
            return
        }
        mailsTaken += 1
        effects.append(.deliver(Delivery(from: mail.from, to: mail.to, content: mail.content)))
        for index in 0..<replies {
            let forWhom = configuration.isLMTP ? "<\(mail.to[index])> " : ""
            reply(250, "2.0.0", "\(forWhom)Ok: queued as \(identifier)\(mailsTaken)", &effects)
        }
    }

    private mutating func finishChunk(isLast: Bool, isRefused: Bool, _ effects: inout [Effect]) {
        if isRefused {
            reply(503, "5.5.1", "No mail transaction with a recipient", &effects)
        } else if isLast {
            finishMail(&effects)
        } else if let size = transaction?.content.count, size > configuration.sizeLimit {
            transaction = nil
            reply(552, "5.3.4", "Message exceeds the size limit", &effects)
        } else {
            reply(250, "2.0.0", "Ok: chunk taken", &effects)
        }
    }
}
