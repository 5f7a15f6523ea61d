import MailTapCore

/// What a dialogue has come to: what was offered, who logged in, which mail transaction is open.
///
/// Moves over finished exchanges in their order; notes and rules look at it before it moves over theirs.
struct DialogueState {
    /// A mail transaction (RFC 5321 section 3.3).
    struct Transaction {
        var sender: String
        var parameters: [SMTPParameter]
        var accepted: [String] = []
        var refused = 0

        func parameter(_ key: String) -> SMTPParameter? { parameters.first { $0.key == key } }
    }

    /// A SASL exchange that goes on.
    struct Login {
        /// In capitals.
        var mechanism: String
        /// Responses that the client has sent.
        var responses: Int
        /// The server's last challenge, decoded; nil where it is no base64.
        var challenge: [UInt8]?
    }

    /// RFC 1939 section 3.
    enum Phase: String { case authorization = "AUTHORIZATION", transaction = "TRANSACTION", update = "UPDATE" }

    let proto: MailProtocol?
    /// Whether the greeting was seen.
    var isGreeted = false
    /// EHLO, HELO or LHLO, as it was accepted last, and its argument.
    var hello: (verb: String, name: String)?
    /// What the server offers; nil while it was not asked (or, for EHLO, after TLS began).
    var capabilities: [Capability]?
    /// Whether a dialogue file lets the server offer anything (`{any}` or `{lines}` where a keyword stands).
    var leavesOffersOpen = false
    /// What it offered in clear, once TLS has begun.
    var clearCapabilities: [Capability]?
    var isEncrypted = false
    var login: Login?
    var isAuthenticated = false
    var transaction: Transaction?
    /// SMTP: whether 354 was said and the content comes next.
    var awaitsContent = false
    /// Whether client and server exchanged their roles (ATRN, TURN): nothing behind it is decoded.
    var isTurned = false
    /// BDAT: octets of the chunks so far.
    var chunkBytes: UInt64 = 0
    var phase = Phase.authorization
    /// POP3: message numbers marked as deleted.
    var deleted: Set<Int> = []
    /// POP3: the name that USER gave.
    var user: String?
    /// POP3: messages in the maildrop, as STAT said.
    var maildrop: Int?

    init(proto: MailProtocol?) { self.proto = proto }

    var isLMTP: Bool { hello?.verb == "LHLO" }

    /// Whether the server offers an extension; nil where it was never asked.
    func offers(_ keyword: String) -> Bool? { capabilities.map { $0.contains { $0.keyword == keyword } } }

    func capability(_ keyword: String) -> Capability? { capabilities?.first { $0.keyword == keyword } }

    /// Moves over the next exchange.
    ///
    /// - Parameter path: what `SMTPPath(of:)` makes of its command, where that is known already.
    mutating func advance(over exchange: Exchange, path: SMTPPath? = nil) {
        if exchange.isEncrypted, !isEncrypted {
            isEncrypted = true
            if hello != nil || proto == .pop3 { clearCapabilities = capabilities }
        }
        guard let command = exchange.command else {
            if exchange.reply?.status.isPositive == true { isGreeted = true }
            return
        }
        if proto == .pop3 {
            advancePOP3(command, exchange)
        } else {
            advanceSMTP(command, exchange, path ?? SMTPPath(of: command))
        }
    }

    // MARK: SMTP

    private mutating func advanceSMTP(_ command: Command, _ exchange: Exchange, _ path: SMTPPath?) {
        let status = exchange.reply?.status ?? .none
        switch command.verb {
        case "EHLO", "HELO", "LHLO":
            guard status.isPositive else { return }
            hello = (command.verb, SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets)))
            capabilities = exchange.reply?.lines.dropFirst().compactMap { Capability(line: $0) } ?? []
            leavesOffersOpen = Self.areOpen(exchange.reply?.lines.dropFirst() ?? [])
            transaction = nil
        case "MAIL", "SEND", "SOML", "SAML":
            guard status.isPositive else { return }
            transaction = Transaction(sender: path?.address ?? "", parameters: path?.parameters ?? [])
            chunkBytes = 0
        case "RCPT":
            guard status.isPositive else {
                transaction?.refused += 1
                return
            }
            transaction?.accepted.append(path?.address ?? "")
        case "DATA": awaitsContent = status.isIntermediate
        case "*data":
            awaitsContent = false
            transaction = nil
        case "BDAT":
            let words = SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets)).words
            chunkBytes = chunkBytes.addingReportingOverflow(words.first.flatMap { UInt64($0) } ?? 0).partialValue
            if words.dropFirst().first?.uppercased() == "LAST" || !status.isPositive { transaction = nil }
        case "RSET": if status.isPositive { transaction = nil }
        case "ATRN", "TURN": isTurned = status.isPositive
        case "STARTTLS":
            guard status.rawValue == 220 else { return }
            // RFC 3207 section 4.2: both sides forget what was said before.
            clearCapabilities = capabilities
            capabilities = nil
            hello = nil
            transaction = nil
            isEncrypted = true
        case "AUTH": beginLogin(command, status, exchange)
        case "*auth": continueLogin(status, exchange)
        default: break
        }
    }

    /// Whether a pattern stands where a keyword belongs.
    private static func areOpen(_ lines: ArraySlice<WireText>) -> Bool {
        lines.contains { line in
            let keyword = line.octets.firstIndex(of: 32) ?? line.octets.count
            return line.patterns.contains { $0.range.lowerBound < keyword }
        }
    }

    // MARK: SASL

    private mutating func beginLogin(_ command: Command, _ status: ReplyStatus, _ exchange: Exchange) {
        let words = SASLToken.words(SMTPGrammar.argument(of: command.line.maskedOctets))
        login = nil
        if status.isPositive {
            isAuthenticated = true
            if proto == .pop3 { phase = .transaction }
        }
        guard status.isIntermediate, let mechanism = words.first else { return }
        let responses = words.count > 1 ? 1 : 0
        login = Login(
            mechanism: SMTPGrammar.text(mechanism).uppercased(), responses: responses,
            challenge: challenge(exchange))
    }

    private mutating func continueLogin(_ status: ReplyStatus, _ exchange: Exchange) {
        guard status.isIntermediate, var going = login else {
            login = nil
            if status.isPositive {
                isAuthenticated = true
                if proto == .pop3 { phase = .transaction }
            }
            return
        }
        going.responses += 1
        going.challenge = challenge(exchange)
        login = going
    }

    private func challenge(_ exchange: Exchange) -> [UInt8]? {
        exchange.reply?.lines.first.flatMap { SASLToken.decode($0.octets[...]) }
    }

    // MARK: POP3

    private mutating func advancePOP3(_ command: Command, _ exchange: Exchange) {
        let status = exchange.reply?.status ?? .none
        switch command.verb {
        case "AUTH": beginLogin(command, status, exchange)
        case "*auth": continueLogin(status, exchange)
        case "STLS":
            guard status.isPositive else { return }
            clearCapabilities = capabilities
            capabilities = nil
            isEncrypted = true
        case "CAPA":
            guard status.isPositive, let data = exchange.data else { return }
            capabilities = data.compactMap { Capability(line: $0) }
            leavesOffersOpen = Self.areOpen(data[...])
        default:
            guard status.isPositive else { return }
            advanceMaildrop(command, exchange)
        }
    }

    private mutating func advanceMaildrop(_ command: Command, _ exchange: Exchange) {
        let argument = SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets))
        switch command.verb {
        case "USER": user = argument
        case "PASS", "APOP":
            isAuthenticated = true
            phase = .transaction
        case "STAT": maildrop = exchange.reply?.lines.first.flatMap { $0.text().text.words.first }.flatMap { Int($0) }
        case "DELE": if let number = Int(argument) { deleted.insert(number) }
        case "RSET": deleted.removeAll()
        case "QUIT": if phase == .transaction { phase = .update }
        default: break
        }
    }
}
