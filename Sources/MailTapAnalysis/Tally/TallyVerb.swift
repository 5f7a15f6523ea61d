import MailTapCore

/// The commands of which a tally takes notice.
enum TallyVerb: Hashable {
    case mail, recipient
    /// RSET, a greeting, STARTTLS: no mail transaction is open afterwards (RFC 5321 section 4.1.1.5).
    case reset
    case quit
    case login(LoginName.Step)
    case other

    init(_ code: UInt8, _ proto: MailProtocol?, _ line: RawSpan) {
        if proto == .pop3 {
            self.init(POP3Verb(rawValue: code) ?? .unknown, line)
        } else {
            self.init(SMTPVerb(rawValue: code) ?? .unknown, line)
        }
    }

    private init(_ verb: SMTPVerb, _ line: RawSpan) {
        switch verb {
        case .mail: self = .mail
        case .rcpt: self = .recipient
        case .rset, .ehlo, .helo, .lhlo, .starttls: self = .reset
        case .quit: self = .quit
        case .auth: self = .login(.auth)
        case .unknown: self.init(word: CommandWord.of(line))
        default: self = .other
        }
    }

    private init(_ verb: POP3Verb, _ line: RawSpan) {
        switch verb {
        case .rset: self = .reset
        case .quit: self = .quit
        case .user: self = .login(.user)
        case .pass: self = .login(.password)
        case .apop: self = .login(.apop)
        case .auth: self = .login(.auth)
        case .unknown: self.init(word: CommandWord.of(line))
        default: self = .other
        }
    }

    /// By the word that an exchange shows: one protocol's command may be said in the other.
    private init(word: String) {
        switch word {
        case "MAIL": self = .mail
        case "RCPT": self = .recipient
        case "RSET", "EHLO", "HELO", "LHLO", "STARTTLS": self = .reset
        case "QUIT": self = .quit
        default: self = LoginName.Step(verb: word).map(TallyVerb.login) ?? .other
        }
    }
}

/// The word that an unknown command begins with.
enum CommandWord {
    /// In capitals, at most 64 octets of it.
    static func of(_ line: RawSpan) -> String {
        let length = min(line.textLength, 64)
        var end = 0
        while end < length, ![9, 32, 58].contains(line.octet(at: end)) { end += 1 }
        return WireText.decode([UInt8](copying: line.extracting(0..<end))).text.uppercased()
    }
}
