import MailTapCore

/// The keywords that are known, of both protocols, each with its octets as `Verb` counts them; for whoever asks often.
enum DialogueVerb: UInt64, Sendable {
    /// No command: a greeting, or a reply that nothing asked for.
    case none = 0
    /// A command of no keyword known here, an empty line among them.
    case other = 1
    /// The content behind 354, and a SASL response.
    case content = 0x2A_6461_7461, response = 0x2A_6175_7468
    case ehlo = 0x4548_4C4F, helo = 0x4845_4C4F, lhlo = 0x4C48_4C4F, mail = 0x4D41_494C
    case send = 0x5345_4E44, soml = 0x534F_4D4C, saml = 0x5341_4D4C, rcpt = 0x5243_5054
    case data = 0x4441_5441, bdat = 0x4244_4154, burl = 0x4255_524C, rset = 0x5253_4554
    case noop = 0x4E4F_4F50, quit = 0x5155_4954, vrfy = 0x5652_4659, expn = 0x4558_504E
    case help = 0x4845_4C50, auth = 0x4155_5448, starttls = 0x5354_4152_5454_4C53, etrn = 0x4554_524E
    case atrn = 0x4154_524E, turn = 0x5455_524E, xclient = 0x58_434C_4945_4E54, xforward = 0x5846_4F52_5741_5244
    case user = 0x5553_4552, pass = 0x5041_5353, apop = 0x4150_4F50, stls = 0x5354_4C53
    case capa = 0x4341_5041, stat = 0x5354_4154, list = 0x4C49_5354, uidl = 0x5549_444C
    case retr = 0x5245_5452, top = 0x54_4F50, dele = 0x4445_4C45, utf8 = 0x5554_4638
    case lang = 0x4C41_4E47, last = 0x4C41_5354, xtnd = 0x5854_4E44

    /// By the keyword of a command.
    init(_ keyword: Verb) {
        self = keyword == .none ? .other : DialogueVerb(rawValue: keyword.code) ?? .other
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
        case .user, .pass, .apop, .stls, .capa, .stat, .list, .uidl, .retr, .top, .dele, .utf8, .lang, .last, .xtnd:
            proto == .pop3
        default: proto == .smtp
        }
    }

    /// Whether it begins a mail transaction (RFC 5321 section 4.1.1.2, RFC 821 section 3.4).
    var isMail: Bool { self == .mail || self == .send || self == .soml || self == .saml }
}
