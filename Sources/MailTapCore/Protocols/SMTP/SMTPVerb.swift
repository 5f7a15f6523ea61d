/// The SMTP commands that MailTap knows; compared as eight upper-cased octets in one integer.
public enum SMTPVerb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case helo, ehlo, lhlo, mail, rcpt, data, bdat, rset, noop, quit, vrfy, expn, help, auth, starttls
    case etrn, atrn, turn, burl, xclient, xforward, send, soml, saml

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { Self.keywords[Int(rawValue)] }

    /// Whether no argument of it has a part in a message's way, so that a credential in it is a slip to be covered.
    var takesFreeText: Bool {
        switch self {
        case .unknown, .data, .rset, .noop, .quit, .vrfy, .expn, .help, .starttls, .etrn, .atrn, .turn: true
        case .helo, .ehlo, .lhlo, .mail, .rcpt, .bdat, .auth, .burl, .xclient, .xforward, .send, .soml, .saml: false
        }
    }

    /// By raw value: raw values are dense from 0.
    private static let keywords = allCases.map { $0 == .unknown ? "" : String(describing: $0).uppercased() }
}

extension SMTPVerb {
    /// The verb that an upper-cased keyword, packed by `RawSpan.verbCode`, stands for.
    init(code: UInt64) {
        // The keywords' letters, written as numbers so that the compiler makes a search of them, without a table.
        switch code {
        case 0x4845_4C4F: self = .helo
        case 0x4548_4C4F: self = .ehlo
        case 0x4C48_4C4F: self = .lhlo
        case 0x4D41_494C: self = .mail
        case 0x5243_5054: self = .rcpt
        case 0x4441_5441: self = .data
        case 0x4244_4154: self = .bdat
        case 0x5253_4554: self = .rset
        case 0x4E4F_4F50: self = .noop
        case 0x5155_4954: self = .quit
        case 0x5652_4659: self = .vrfy
        case 0x4558_504E: self = .expn
        case 0x4845_4C50: self = .help
        case 0x4155_5448: self = .auth
        case 0x5354_4152_5454_4C53: self = .starttls
        case 0x4554_524E: self = .etrn
        case 0x4154_524E: self = .atrn
        case 0x5455_524E: self = .turn
        case 0x4255_524C: self = .burl
        case 0x58_434C_4945_4E54: self = .xclient
        case 0x5846_4F52_5741_5244: self = .xforward
        case 0x5345_4E44: self = .send
        case 0x534F_4D4C: self = .soml
        case 0x5341_4D4C: self = .saml
        default: self = .unknown
        }
    }
}
