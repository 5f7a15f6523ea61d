/// The SMTP commands that MailTap knows; compared as eight upper-cased octets in one integer.
public enum SMTPVerb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case helo, ehlo, lhlo, mail, rcpt, data, bdat, rset, noop, quit, vrfy, expn, help, auth, starttls
    case etrn, atrn, turn, burl, xclient, xforward, send, soml, saml

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { Self.keywords[Int(rawValue)] }

    /// By raw value: raw values are dense from 0.
    private static let keywords = allCases.map { $0 == .unknown ? "" : String(describing: $0).uppercased() }
}

extension SMTPVerb {
    /// The verb that an upper-cased keyword, packed by `RawSpan.verbCode`, stands for.
    init(code: UInt64) {
        // A handful of integers: faster to walk than to hash.
        for (known, verb) in Self.byCode where known == code {
            self = verb
            return
        }
        self = .unknown
    }

    private static let byCode = allCases.dropFirst().map { (verbCode($0.keyword), $0) }
}
