import MailTapCore

/// A command's keyword as a number, for whoever asks often; both protocols' in one list.
enum DialogueVerb: UInt8, Sendable {
    /// No command: a greeting, or a reply that nothing asked for.
    case none
    /// A command of no keyword known here, an empty line among them.
    case other
    /// The content behind 354, and a SASL response.
    case content, response
    case ehlo, helo, lhlo, mail, send, soml, saml, rcpt, data, bdat, burl, rset
    case noop, quit, vrfy, expn, help, auth, starttls, etrn, atrn, turn, xclient, xforward
    case user, pass, apop, stls, capa, stat, list, uidl, retr, top, dele, utf8, lang, last, xtnd

    /// By the keyword of a command.
    init(_ keyword: Verb) { self.init(code: keyword.code) }

    /// - Parameter code: up to eight octets as one number, the last one lowest.
    private init(code: UInt64) {
        // The letters written as numbers, so that the compiler makes a search of them, without a table.
        switch code {
        case 0x2A_6461_7461: self = .content
        case 0x2A_6175_7468: self = .response
        case 0x4548_4C4F: self = .ehlo
        case 0x4845_4C4F: self = .helo
        case 0x4C48_4C4F: self = .lhlo
        case 0x4D41_494C: self = .mail
        case 0x5345_4E44: self = .send
        case 0x534F_4D4C: self = .soml
        case 0x5341_4D4C: self = .saml
        case 0x5243_5054: self = .rcpt
        case 0x4441_5441: self = .data
        case 0x4244_4154: self = .bdat
        case 0x4255_524C: self = .burl
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
        case 0x58_434C_4945_4E54: self = .xclient
        case 0x5846_4F52_5741_5244: self = .xforward
        case 0x5553_4552: self = .user
        case 0x5041_5353: self = .pass
        case 0x4150_4F50: self = .apop
        case 0x5354_4C53: self = .stls
        case 0x4341_5041: self = .capa
        case 0x5354_4154: self = .stat
        case 0x4C49_5354: self = .list
        case 0x5549_444C: self = .uidl
        case 0x5245_5452: self = .retr
        case 0x54_4F50: self = .top
        case 0x4445_4C45: self = .dele
        case 0x5554_4638: self = .utf8
        case 0x4C41_4E47: self = .lang
        case 0x4C41_5354: self = .last
        case 0x5854_4E44: self = .xtnd
        default: self = .other
        }
    }
}

extension DialogueVerb {
    /// Whether it begins the dialogue anew: EHLO, or its older or local form (RFC 5321 section 4.1.1.1).
    var isHello: Bool { self == .ehlo || self == .helo || self == .lhlo }

    /// Whether it is a command of the protocol, or none whose keyword could be unknown.
    func isKnown(in proto: MailProtocol) -> Bool {
        switch self {
        case .none, .content, .response, .rset, .noop, .quit, .auth: true
        case .other: false
        default: (rawValue < Self.user.rawValue) == (proto == .smtp)
        }
    }

    /// Whether it begins a mail transaction (RFC 5321 section 4.1.1.2, RFC 821 section 3.4).
    var isMail: Bool { self == .mail || self == .send || self == .soml || self == .saml }
}
