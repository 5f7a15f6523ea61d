import MailTapCore

/// The keyword of a command as one integer, so that comparing it costs nothing.
///
/// That is its octets in capitals, the first one highest. `*auth` and `*data` are the keywords of what is no command line.
///
/// Words that do not fit (more than eight octets, or other than ASCII) are all `long`; `Command.verb` spells them.
public struct Verb: Sendable, Hashable {
    /// The octets; 0 for no keyword at all, 1 for one that does not fit.
    public let code: UInt64

    /// The octets of a keyword that is known.
    init(known verb: DialogueVerb) { code = verb.rawValue }

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
    public static var none: Verb { Verb(known: .none) }
    /// A keyword that is kept as text alone.
    public static var long: Verb { Verb(known: .other) }

    /// A SASL response.
    public static var response: Verb { Verb(known: .response) }
    /// The content after 354.
    public static var content: Verb { Verb(known: .content) }

    /// The first octet; 0 for `none`, 1 for `long`.
    var first: UInt8 { UInt8(truncatingIfNeeded: code >> UInt64((63 - code.leadingZeroBitCount) & 56)) }
}

extension Verb: CustomStringConvertible {
    /// The keyword; empty for `none` and `long`.
    public var description: String {
        guard code > 1 else { return "" }
        // Eight octets at most, which text of the standard library holds without memory of its own.
        return String(unsafeUninitializedCapacity: 8) { room in
            var count = 0
            var shift = bits
            while shift > 0 {
                shift -= 8
                room[count] = UInt8(truncatingIfNeeded: code >> UInt64(shift))
                count += 1
            }
            return count
        }
    }

    /// How many bits its octets have.
    private var bits: Int { 64 - code.leadingZeroBitCount / 8 * 8 }

    /// Appends the keyword.
    public func append(to octets: inout [UInt8]) {
        guard code > 1 else { return }
        var shift = bits
        while shift > 0 {
            shift -= 8
            octets.append(UInt8(truncatingIfNeeded: code >> UInt64(shift)))
        }
    }
}

// The keywords that rules, notes and views ask for.
extension Verb {
    /// `HELO` (RFC 5321 section 4.1.1.1).
    public static var helo: Verb { Verb(known: .helo) }
    /// `EHLO` (RFC 5321 section 4.1.1.1).
    public static var ehlo: Verb { Verb(known: .ehlo) }
    /// `LHLO` (RFC 2033 section 4.1).
    public static var lhlo: Verb { Verb(known: .lhlo) }
    /// `MAIL` (RFC 5321 section 4.1.1.2).
    public static var mail: Verb { Verb(known: .mail) }
    /// `RCPT` (RFC 5321 section 4.1.1.3).
    public static var rcpt: Verb { Verb(known: .rcpt) }
    /// `DATA` (RFC 5321 section 4.1.1.4).
    public static var data: Verb { Verb(known: .data) }
    /// `BDAT` (RFC 3030 section 2).
    public static var bdat: Verb { Verb(known: .bdat) }
    /// `RSET` (RFC 5321 section 4.1.1.5, RFC 1939 section 5).
    public static var rset: Verb { Verb(known: .rset) }
    /// `NOOP` (RFC 5321 section 4.1.1.9, RFC 1939 section 5).
    public static var noop: Verb { Verb(known: .noop) }
    /// `QUIT` (RFC 5321 section 4.1.1.10, RFC 1939 section 5).
    public static var quit: Verb { Verb(known: .quit) }
    /// `VRFY` (RFC 5321 section 4.1.1.6).
    public static var vrfy: Verb { Verb(known: .vrfy) }
    /// `EXPN` (RFC 5321 section 4.1.1.7).
    public static var expn: Verb { Verb(known: .expn) }
    /// `HELP` (RFC 5321 section 4.1.1.8).
    public static var help: Verb { Verb(known: .help) }
    /// `AUTH` (RFC 4954 section 4, RFC 5034 section 4).
    public static var auth: Verb { Verb(known: .auth) }
    /// `STARTTLS` (RFC 3207 section 4).
    public static var starttls: Verb { Verb(known: .starttls) }
    /// `ETRN` (RFC 1985 section 5).
    public static var etrn: Verb { Verb(known: .etrn) }
    /// `ATRN` (RFC 2645 section 5.2).
    public static var atrn: Verb { Verb(known: .atrn) }
    /// `TURN` (RFC 821 section 3.8).
    public static var turn: Verb { Verb(known: .turn) }
    /// `BURL` (RFC 4468 section 3).
    public static var burl: Verb { Verb(known: .burl) }
    /// `XCLIENT`, of Postfix.
    public static var xclient: Verb { Verb(known: .xclient) }
    /// `XFORWARD`, of Postfix.
    public static var xforward: Verb { Verb(known: .xforward) }
    /// `SEND` (RFC 821 section 3.4).
    public static var send: Verb { Verb(known: .send) }
    /// `SOML` (RFC 821 section 3.4).
    public static var soml: Verb { Verb(known: .soml) }
    /// `SAML` (RFC 821 section 3.4).
    public static var saml: Verb { Verb(known: .saml) }

    /// `USER` (RFC 1939 section 7).
    public static var user: Verb { Verb(known: .user) }
    /// `PASS` (RFC 1939 section 7).
    public static var pass: Verb { Verb(known: .pass) }
    /// `APOP` (RFC 1939 section 7).
    public static var apop: Verb { Verb(known: .apop) }
    /// `STLS` (RFC 2595 section 4).
    public static var stls: Verb { Verb(known: .stls) }
    /// `CAPA` (RFC 2449 section 5).
    public static var capa: Verb { Verb(known: .capa) }
    /// `STAT` (RFC 1939 section 5).
    public static var stat: Verb { Verb(known: .stat) }
    /// `LIST` (RFC 1939 section 5).
    public static var list: Verb { Verb(known: .list) }
    /// `UIDL` (RFC 1939 section 7).
    public static var uidl: Verb { Verb(known: .uidl) }
    /// `RETR` (RFC 1939 section 5).
    public static var retr: Verb { Verb(known: .retr) }
    /// `TOP` (RFC 1939 section 7).
    public static var top: Verb { Verb(known: .top) }
    /// `DELE` (RFC 1939 section 5).
    public static var dele: Verb { Verb(known: .dele) }
    /// `UTF8` (RFC 6856 section 3).
    public static var utf8: Verb { Verb(known: .utf8) }
    /// `LANG` (RFC 6856 section 4).
    public static var lang: Verb { Verb(known: .lang) }
    /// `LAST` (RFC 1460).
    public static var last: Verb { Verb(known: .last) }
    /// `XTND` (RFC 1082).
    public static var xtnd: Verb { Verb(known: .xtnd) }
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
