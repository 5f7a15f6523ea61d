import MailTapCore

/// The keyword of a command as one integer, so that comparing it costs nothing.
///
/// That is its octets in capitals, the first one highest. `*auth` and `*data` are the keywords of what is no command line.
///
/// Words that do not fit (more than eight octets, or other than ASCII) are all `long`; `Command.verb` spells them.
public struct Verb: Sendable, Hashable {
    /// The octets; 0 for no keyword at all, 1 for one that does not fit.
    public let code: UInt64

    init(code: UInt64) { self.code = code }

    /// The keyword that this text is.
    public init(_ text: String) {
        var code: UInt64 = 0
        var count = 0
        for octet in text.utf8 {
            count += 1
            guard count <= 8, octet > 1, octet < 128 else {
                self = .long
                return
            }
            code = code << 8 | UInt64(octet)
        }
        self.code = code
    }

    /// No keyword.
    public static var none: Verb { Verb(code: 0) }
    /// A keyword that is kept as text alone.
    public static var long: Verb { Verb(code: 1) }

    /// A SASL response.
    public static var response: Verb { Verb(code: 0x2A_6175_7468) }
    /// The content after 354.
    public static var content: Verb { Verb(code: 0x2A_6461_7461) }

    /// The first octet; 0 for `none`, 1 for `long`.
    var first: UInt8 { UInt8(truncatingIfNeeded: code >> UInt64((63 - code.leadingZeroBitCount) & 56)) }
}

extension Verb: CustomStringConvertible {
    /// The keyword; empty for `none` and `long`.
    public var description: String {
        // Literals cost nothing; text made of octets does.
        switch self {
        case .response: "*auth"
        case .content: "*data"
        case .helo: "HELO"
        case .ehlo: "EHLO"
        case .lhlo: "LHLO"
        case .mail: "MAIL"
        case .rcpt: "RCPT"
        case .data: "DATA"
        case .bdat: "BDAT"
        case .rset: "RSET"
        case .noop: "NOOP"
        case .quit: "QUIT"
        case .vrfy: "VRFY"
        case .expn: "EXPN"
        case .help: "HELP"
        case .auth: "AUTH"
        case .starttls: "STARTTLS"
        case .etrn: "ETRN"
        case .atrn: "ATRN"
        case .turn: "TURN"
        case .burl: "BURL"
        case .xclient: "XCLIENT"
        case .xforward: "XFORWARD"
        case .send: "SEND"
        case .soml: "SOML"
        case .saml: "SAML"
        case .user: "USER"
        case .pass: "PASS"
        case .apop: "APOP"
        case .stls: "STLS"
        case .capa: "CAPA"
        case .stat: "STAT"
        case .list: "LIST"
        case .uidl: "UIDL"
        case .retr: "RETR"
        case .top: "TOP"
        case .dele: "DELE"
        case .utf8: "UTF8"
        case .lang: "LANG"
        case .last: "LAST"
        case .xtnd: "XTND"
        default: spelled
        }
    }

    private var spelled: String {
        var octets: [UInt8] = []
        append(to: &octets)
        return String(decoding: octets, as: UTF8.self)
    }

    /// Appends the keyword.
    public func append(to octets: inout [UInt8]) {
        guard code > 1 else { return }
        var shift = 64 - code.leadingZeroBitCount / 8 * 8
        while shift > 0 {
            shift -= 8
            octets.append(UInt8(truncatingIfNeeded: code >> UInt64(shift)))
        }
    }
}

// The keywords that rules, notes and views ask for.
extension Verb {
    /// `HELO` (RFC 5321 section 4.1.1.1).
    public static var helo: Verb { Verb(code: 0x4845_4C4F) }
    /// `EHLO` (RFC 5321 section 4.1.1.1).
    public static var ehlo: Verb { Verb(code: 0x4548_4C4F) }
    /// `LHLO` (RFC 2033 section 4.1).
    public static var lhlo: Verb { Verb(code: 0x4C48_4C4F) }
    /// `MAIL` (RFC 5321 section 4.1.1.2).
    public static var mail: Verb { Verb(code: 0x4D41_494C) }
    /// `RCPT` (RFC 5321 section 4.1.1.3).
    public static var rcpt: Verb { Verb(code: 0x5243_5054) }
    /// `DATA` (RFC 5321 section 4.1.1.4).
    public static var data: Verb { Verb(code: 0x4441_5441) }
    /// `BDAT` (RFC 3030 section 2).
    public static var bdat: Verb { Verb(code: 0x4244_4154) }
    /// `RSET` (RFC 5321 section 4.1.1.5, RFC 1939 section 5).
    public static var rset: Verb { Verb(code: 0x5253_4554) }
    /// `NOOP` (RFC 5321 section 4.1.1.9, RFC 1939 section 5).
    public static var noop: Verb { Verb(code: 0x4E4F_4F50) }
    /// `QUIT` (RFC 5321 section 4.1.1.10, RFC 1939 section 5).
    public static var quit: Verb { Verb(code: 0x5155_4954) }
    /// `VRFY` (RFC 5321 section 4.1.1.6).
    public static var vrfy: Verb { Verb(code: 0x5652_4659) }
    /// `EXPN` (RFC 5321 section 4.1.1.7).
    public static var expn: Verb { Verb(code: 0x4558_504E) }
    /// `HELP` (RFC 5321 section 4.1.1.8).
    public static var help: Verb { Verb(code: 0x4845_4C50) }
    /// `AUTH` (RFC 4954 section 4, RFC 5034 section 4).
    public static var auth: Verb { Verb(code: 0x4155_5448) }
    /// `STARTTLS` (RFC 3207 section 4).
    public static var starttls: Verb { Verb(code: 0x5354_4152_5454_4C53) }
    /// `ETRN` (RFC 1985 section 5).
    public static var etrn: Verb { Verb(code: 0x4554_524E) }
    /// `ATRN` (RFC 2645 section 5.2).
    public static var atrn: Verb { Verb(code: 0x4154_524E) }
    /// `TURN` (RFC 821 section 3.8).
    public static var turn: Verb { Verb(code: 0x5455_524E) }
    /// `BURL` (RFC 4468 section 3).
    public static var burl: Verb { Verb(code: 0x4255_524C) }
    /// `XCLIENT`, of Postfix.
    public static var xclient: Verb { Verb(code: 0x58_434C_4945_4E54) }
    /// `XFORWARD`, of Postfix.
    public static var xforward: Verb { Verb(code: 0x5846_4F52_5741_5244) }
    /// `SEND` (RFC 821 section 3.4).
    public static var send: Verb { Verb(code: 0x5345_4E44) }
    /// `SOML` (RFC 821 section 3.4).
    public static var soml: Verb { Verb(code: 0x534F_4D4C) }
    /// `SAML` (RFC 821 section 3.4).
    public static var saml: Verb { Verb(code: 0x5341_4D4C) }

    /// `USER` (RFC 1939 section 7).
    public static var user: Verb { Verb(code: 0x5553_4552) }
    /// `PASS` (RFC 1939 section 7).
    public static var pass: Verb { Verb(code: 0x5041_5353) }
    /// `APOP` (RFC 1939 section 7).
    public static var apop: Verb { Verb(code: 0x4150_4F50) }
    /// `STLS` (RFC 2595 section 4).
    public static var stls: Verb { Verb(code: 0x5354_4C53) }
    /// `CAPA` (RFC 2449 section 5).
    public static var capa: Verb { Verb(code: 0x4341_5041) }
    /// `STAT` (RFC 1939 section 5).
    public static var stat: Verb { Verb(code: 0x5354_4154) }
    /// `LIST` (RFC 1939 section 5).
    public static var list: Verb { Verb(code: 0x4C49_5354) }
    /// `UIDL` (RFC 1939 section 7).
    public static var uidl: Verb { Verb(code: 0x5549_444C) }
    /// `RETR` (RFC 1939 section 5).
    public static var retr: Verb { Verb(code: 0x5245_5452) }
    /// `TOP` (RFC 1939 section 7).
    public static var top: Verb { Verb(code: 0x54_4F50) }
    /// `DELE` (RFC 1939 section 5).
    public static var dele: Verb { Verb(code: 0x4445_4C45) }
    /// `UTF8` (RFC 6856 section 3).
    public static var utf8: Verb { Verb(code: 0x5554_4638) }
    /// `LANG` (RFC 6856 section 4).
    public static var lang: Verb { Verb(code: 0x4C41_4E47) }
    /// `LAST` (RFC 1460).
    public static var last: Verb { Verb(code: 0x4C41_5354) }
    /// `XTND` (RFC 1082).
    public static var xtnd: Verb { Verb(code: 0x5854_4E44) }
}

// What the decoders know is looked up without a table, since each command is.
extension Verb {
    /// The keyword of an SMTP command; none for those that are not known.
    init(_ verb: SMTPVerb?) {
        self =
            switch verb {
            case .unknown, nil: .none
            case .helo: .helo
            case .ehlo: .ehlo
            case .lhlo: .lhlo
            case .mail: .mail
            case .rcpt: .rcpt
            case .data: .data
            case .bdat: .bdat
            case .rset: .rset
            case .noop: .noop
            case .quit: .quit
            case .vrfy: .vrfy
            case .expn: .expn
            case .help: .help
            case .auth: .auth
            case .starttls: .starttls
            case .etrn: .etrn
            case .atrn: .atrn
            case .turn: .turn
            case .burl: .burl
            case .xclient: .xclient
            case .xforward: .xforward
            case .send: .send
            case .soml: .soml
            case .saml: .saml
            }
    }

    /// The keyword of a POP3 command; none for those that are not known.
    init(_ verb: POP3Verb?) {
        self =
            switch verb {
            case .unknown, nil: .none
            case .user: .user
            case .pass: .pass
            case .apop: .apop
            case .auth: .auth
            case .stls: .stls
            case .capa: .capa
            case .stat: .stat
            case .list: .list
            case .uidl: .uidl
            case .retr: .retr
            case .top: .top
            case .dele: .dele
            case .rset: .rset
            case .noop: .noop
            case .quit: .quit
            case .utf8: .utf8
            case .lang: .lang
            case .last: .last
            case .xtnd: .xtnd
            }
    }
}
