/// Which reply codes may answer which command (RFC 5321 section 4.3.2 and the documents of the extensions).
///
/// What servers give for policy everywhere in a transaction (450, 451, 550, 554) is allowed at each of its commands:
/// section 4.3.2 calls its lists examples for those.
enum ReplyCodes {
    /// Codes of success and continuation; the greeting's verb is empty.
    private static let positive: [String: Set<UInt16>] = [
        "": [220], "EHLO": [250], "HELO": [250], "LHLO": [250], "MAIL": [250], "SEND": [250], "SOML": [250],
        "SAML": [250], "RCPT": [250, 251, 252], "DATA": [354], "*data": [250, 353], "BDAT": [250], "RSET": [250],
        "VRFY": [250, 251, 252], "EXPN": [250, 251, 252], "HELP": [211, 214, 250], "NOOP": [250], "QUIT": [221],
        "AUTH": [235, 334], "*auth": [235, 334], "STARTTLS": [220], "ETRN": [250, 251, 252, 253], "ATRN": [250],
        "TURN": [250], "XCLIENT": [220, 250], "XFORWARD": [250], "BURL": [250],
    ]

    /// Codes of failure that any command may get.
    private static let everywhere: Set<UInt16> = [421, 500, 501, 502, 503, 504, 530]

    private static let greeting: Set<UInt16> = [450, 451, 521, 550, 554, 556]
    private static let hello: Set<UInt16> = [450, 451, 521, 550, 554]
    private static let mail: Set<UInt16> = [450, 451, 452, 454, 455, 550, 552, 553, 554, 555, 556]
    private static let recipient: Set<UInt16> = [450, 451, 452, 454, 455, 550, 551, 552, 553, 554, 555, 556]
    private static let content: Set<UInt16> = [450, 451, 452, 550, 552, 554]
    private static let lookup: Set<UInt16> = [450, 451, 550, 551, 553, 554]
    private static let login: Set<UInt16> = [432, 451, 454, 523, 524, 525, 534, 535, 538, 550, 554]

    private static let negative: [String: Set<UInt16>] = [
        "": greeting, "EHLO": hello, "HELO": hello, "LHLO": hello, "MAIL": mail, "SEND": mail, "SOML": mail,
        "SAML": mail, "RCPT": recipient, "DATA": content, "*data": content, "BDAT": content, "BURL": content,
        "RSET": [], "NOOP": [], "QUIT": [], "HELP": [], "VRFY": lookup, "EXPN": lookup, "AUTH": login, "*auth": login,
        "STARTTLS": [454, 554], "ETRN": [450, 451, 458, 459, 550, 554], "ATRN": [450, 451, 453, 550, 554],
        "TURN": [550, 554], "XCLIENT": [450, 451, 550, 554], "XFORWARD": [450, 451, 550, 554],
    ]

    /// Whether it is the success that nearly every reply tells, so that the tables need not be asked.
    static func isUsual(_ code: UInt16, to verb: DialogueVerb) -> Bool {
        switch verb {
        case .rcpt, .mail, .content, .ehlo, .helo, .lhlo, .bdat, .rset, .noop: code == 250
        case .data: code == 354
        case .quit: code == 221
        case .none, .starttls: code == 220
        case .auth, .response: code == 235 || code == 334
        default: false
        }
    }

    /// Whether the code may answer the command; true for commands of which nothing is known.
    static func allow(_ code: UInt16, to verb: String) -> Bool {
        switch code / 100 {
        case 2, 3: return positive[verb]?.contains(code) ?? true
        case 4, 5:
            guard let own = negative[verb] else { return true }
            return everywhere.contains(code) || own.contains(code)
        default: return false
        }
    }

    /// Whether the tables name the code for the command.
    static func name(_ code: UInt16, for verb: String) -> Bool {
        positive[verb]?.contains(code) ?? false || negative[verb]?.contains(code) ?? false
    }

    /// The verbs that the tables know.
    static var verbs: [String] { positive.keys.sorted() }
}
