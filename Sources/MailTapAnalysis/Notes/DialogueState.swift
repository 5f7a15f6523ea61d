import MailTapCore

/// What a dialogue has come to: what was offered, who logged in, which mail transaction is open.
///
/// Moves over finished exchanges in their order; notes and rules look at it before it moves over theirs.
struct DialogueState {
    /// A mail transaction (RFC 5321 section 3.3).
    struct Transaction {
        /// The line that began it, of which text is made only where somebody asks.
        private let line: WireText
        private let path: SMTPPathPlaces?
        /// Its parameters, where they are such as nearly all clients give.
        let usual: UsualParameters
        /// Recipients that were accepted, and refused.
        var accepted = 0, refused = 0

        init(_ line: WireText, _ facts: ExchangeFacts) {
            self.line = line
            path = facts.path
            usual = facts.parameters
        }

        /// Whether it is the null sender, or none can be read.
        var isFromNobody: Bool { path?.address.isEmpty ?? true }

        var sender: String { path.map { SMTPGrammar.text(line.octets[$0.address]) } ?? "" }

        /// Nil where the parameter was not given; its key is in capitals.
        func parameter(_ key: String) -> SMTPParameter? {
            guard !usual.isEmpty, let path else { return nil }
            return SMTPGrammar.parameters(line.octets[path.rest]).first { $0.key == key }
        }
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
    /// Whether anything was said so far.
    private(set) var hasBegun = false
    /// Whether LMTP is spoken: the greeting says so, or LHLO was accepted (RFC 2033 section 4).
    private(set) var isLMTP = false
    /// Which of EHLO, HELO and LHLO was accepted last; nil for none.
    var hello: DialogueVerb?
    /// What the server offers; nil while it was not asked (or, for EHLO, after TLS began).
    private(set) var offers: Offers?
    /// Whether a dialogue file lets the server offer anything (`{any}` or `{lines}` where a keyword stands).
    var leavesOffersOpen = false
    /// What it offered in clear, once TLS has begun.
    private(set) var clearOffers: Offers?
    /// POP3: whether CAPA was sent, whatever the answer.
    private(set) var hasAskedOffers = false
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

    /// Whether the server offers an extension; nil where it was never asked.
    func offers(_ keyword: String) -> Bool? { offers.map { $0.capability(keyword) != nil } }

    /// As for any keyword, without reading the others.
    func offers(_ keyword: Offers.Known) -> Bool? { offers.map { $0.known.contains(keyword) } }

    /// Moves over the next exchange.
    ///
    /// - Parameter facts: what was read of it.
    mutating func advance(over exchanges: [Exchange], _ index: Int, _ facts: ExchangeFacts) {
        if facts.isEncrypted, !isEncrypted {
            isEncrypted = true
            if hello != nil || proto == .pop3 { clearOffers = offers }
        }
        defer { hasBegun = true }
        guard facts.verb != .none else {
            if facts.status.isPositive { isGreeted = true }
            if !hasBegun { isLMTP = exchanges[index].reply?.lines.first?.withBytes(Self.namesLMTP) ?? false }
            return
        }
        if proto == .pop3 { advancePOP3(exchanges, index, facts) } else { advanceSMTP(exchanges, index, facts) }
    }

    // MARK: SMTP

    /// Whether a greeting names LMTP, and not SMTP beside it.
    private static func namesLMTP(_ line: RawSpan) -> Bool {
        guard line.byteCount >= 4 else { return false }
        var names = false
        for index in 1..<line.byteCount - 2 where line[octet: index] | 0x20 == UInt8(ascii: "m") {
            guard line[octet: index + 1] | 0x20 == UInt8(ascii: "t"), line[octet: index + 2] | 0x20 == UInt8(ascii: "p")
            else { continue }
            switch line[octet: index - 1] | 0x20 {
            case UInt8(ascii: "l"): names = true
            case UInt8(ascii: "s"): return false
            default: break
            }
        }
        return names
    }

    private mutating func advanceSMTP(_ exchanges: [Exchange], _ index: Int, _ facts: ExchangeFacts) {
        let status = facts.status
        switch facts.verb {
        case .ehlo, .helo, .lhlo:
            guard status.isPositive else { return }
            hello = facts.verb
            isLMTP = facts.verb == .lhlo
            let offers = Offers(exchanges[index].reply?.lines.dropFirst() ?? [])
            leavesOffersOpen = offers.areOpen
            self.offers = offers
            transaction = nil
        case .mail, .send, .soml, .saml:
            guard status.isPositive else { return }
            transaction = exchanges[index].command.map { Transaction($0.line, facts) }
            chunkBytes = 0
        case .rcpt: if status.isPositive { transaction?.accepted += 1 } else { transaction?.refused += 1 }
        case .data: awaitsContent = status.isIntermediate
        case .content:
            awaitsContent = false
            transaction = nil
        case .bdat:
            let words = SMTPGrammar.text(SMTPGrammar.argument(of: exchanges[index].commandOctets)).words
            chunkBytes = chunkBytes.addingReportingOverflow(words.first.flatMap { UInt64($0) } ?? 0).partialValue
            if words.dropFirst().first?.uppercased() == "LAST" || status.isNegative {
                (transaction, chunkBytes) = (nil, 0)
            }
        case .rset: if status.isPositive { transaction = nil }
        case .atrn, .turn: isTurned = status.isPositive
        case .starttls:
            guard status.rawValue == 220 else { return }
            // RFC 3207 section 4.2: both sides forget what was said before.
            beginTLS()
            hello = nil
            transaction = nil
        case .auth: beginLogin(status, exchanges[index])
        case .response: continueLogin(status, exchanges[index])
        default: break
        }
    }

    private mutating func beginTLS() {
        clearOffers = offers
        offers = nil
        isEncrypted = true
    }

    // MARK: SASL

    private mutating func beginLogin(_ status: ReplyStatus, _ exchange: Exchange) {
        let words = SASLToken.words(SMTPGrammar.argument(of: exchange.command?.line.maskedOctets ?? []))
        login = nil
        if status.grantsLogin {
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
            if status.grantsLogin {
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

    private mutating func advancePOP3(_ exchanges: [Exchange], _ index: Int, _ facts: ExchangeFacts) {
        let status = facts.status
        // A server that does what only the transaction state allows is in it, whether or not the login was seen
        // (RFC 1939 section 5).
        if status.isPositive, phase == .authorization, Self.needsLogin(facts.verb) { phase = .transaction }
        switch facts.verb {
        case .auth: beginLogin(status, exchanges[index])
        case .response: continueLogin(status, exchanges[index])
        case .stls: if status.isPositive { beginTLS() }
        case .capa:
            hasAskedOffers = true
            guard status.isPositive, let data = exchanges[index].data else { return }
            let offers = Offers(data[...])
            leavesOffersOpen = offers.areOpen
            self.offers = offers
        case .user: if status.isPositive { user = Self.argument(of: exchanges[index]) }
        case .pass, .apop:
            guard status.isPositive else { return }
            isAuthenticated = true
            phase = .transaction
        case .stat:
            guard status.isPositive else { return }
            // STAT leaves out what is marked as deleted; numbers stay (RFC 1939 section 5).
            maildrop = exchanges[index].reply?.lines.first?.withBytes { $0.number(at: $0.nextWord(from: 0)) }
                .map { Int($0).addingReportingOverflow(deleted.count).partialValue }
        case .dele:
            let number = exchanges[index].withCommand { $0.number(at: SMTPGrammar.argumentPlace(in: $0)) }
            if status.isPositive, let number { deleted.insert(Int(number)) }
        case .rset: if status.isPositive { deleted.removeAll() }
        case .quit: if status.isPositive, phase == .transaction { phase = .update }
        default: break
        }
    }

    private static func needsLogin(_ verb: DialogueVerb) -> Bool {
        switch verb {
        case .stat, .list, .uidl, .retr, .top, .dele, .rset, .last: true
        default: false
        }
    }

    private static func argument(of exchange: Exchange) -> String {
        SMTPGrammar.text(exchange.openArgument)
    }
}
