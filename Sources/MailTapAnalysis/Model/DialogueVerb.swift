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
    init(_ keyword: Verb) {
        switch keyword {
        case .content: self = .content
        case .response: self = .response
        case .ehlo: self = .ehlo
        case .helo: self = .helo
        case .lhlo: self = .lhlo
        case .mail: self = .mail
        case .send: self = .send
        case .soml: self = .soml
        case .saml: self = .saml
        case .rcpt: self = .rcpt
        case .data: self = .data
        case .bdat: self = .bdat
        case .burl: self = .burl
        case .rset: self = .rset
        case .noop: self = .noop
        case .quit: self = .quit
        case .vrfy: self = .vrfy
        case .expn: self = .expn
        case .help: self = .help
        case .auth: self = .auth
        case .starttls: self = .starttls
        case .etrn: self = .etrn
        case .atrn: self = .atrn
        case .turn: self = .turn
        case .xclient: self = .xclient
        case .xforward: self = .xforward
        case .user: self = .user
        case .pass: self = .pass
        case .apop: self = .apop
        case .stls: self = .stls
        case .capa: self = .capa
        case .stat: self = .stat
        case .list: self = .list
        case .uidl: self = .uidl
        case .retr: self = .retr
        case .top: self = .top
        case .dele: self = .dele
        case .utf8: self = .utf8
        case .lang: self = .lang
        case .last: self = .last
        case .xtnd: self = .xtnd
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
