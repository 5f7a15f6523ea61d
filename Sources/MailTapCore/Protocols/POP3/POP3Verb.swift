/// The POP3 commands that MailTap knows (RFC 1939, 2449, 2595, 5034, 6856).
public enum POP3Verb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case user, pass, apop, auth, stls, capa, stat, list, uidl, retr, top, dele, rset, noop, quit, utf8, lang, last, xtnd

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { Self.keywords[Int(rawValue)] }

    /// Whether no argument of it has a meaning, so that whatever stands there is a slip.
    var takesFreeText: Bool {
        switch self {
        case .unknown, .noop, .quit, .rset, .stat, .capa, .stls, .lang, .last, .xtnd, .utf8: true
        case .user, .pass, .apop, .auth, .list, .uidl, .retr, .top, .dele: false
        }
    }

    /// Whether numbers follow it, which no password of other characters can be.
    var takesNumber: Bool {
        switch self {
        case .list, .uidl, .retr, .top, .dele: true
        default: false
        }
    }

    /// By raw value: raw values are dense from 0.
    private static let keywords = allCases.map { $0 == .unknown ? "" : String(describing: $0).uppercased() }
}

extension POP3Verb {
    /// The verb that an upper-cased keyword, packed by `RawSpan.verbCode`, stands for.
    init(code: UInt64) {
        // The keywords' letters, written as numbers so that the compiler makes a search of them, without a table.
        switch code {
        case 0x5553_4552: self = .user
        case 0x5041_5353: self = .pass
        case 0x4150_4F50: self = .apop
        case 0x4155_5448: self = .auth
        case 0x5354_4C53: self = .stls
        case 0x4341_5041: self = .capa
        case 0x5354_4154: self = .stat
        case 0x4C49_5354: self = .list
        case 0x5549_444C: self = .uidl
        case 0x5245_5452: self = .retr
        case 0x54_4F50: self = .top
        case 0x4445_4C45: self = .dele
        case 0x5253_4554: self = .rset
        case 0x4E4F_4F50: self = .noop
        case 0x5155_4954: self = .quit
        case 0x5554_4638: self = .utf8
        case 0x4C41_4E47: self = .lang
        case 0x4C41_5354: self = .last
        case 0x5854_4E44: self = .xtnd
        default: self = .unknown
        }
    }
}
