/// The SMTP commands that MailTap knows; compared as eight upper-cased octets in one integer.
public enum SMTPVerb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case helo, ehlo, lhlo, mail, rcpt, data, bdat, rset, noop, quit, vrfy, expn, help, auth, starttls
    case etrn, atrn, turn, burl, xclient, xforward, send, soml, saml

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { self == .unknown ? "" : String(describing: self).uppercased() }
}

extension SMTPVerb {
    /// The verb that an upper-cased keyword, packed by `RawSpan.verbCode`, stands for.
    init(code: UInt64) { self = Self.byCode[code] ?? .unknown }

    private static let byCode: [UInt64: SMTPVerb] = Dictionary(
        uniqueKeysWithValues: allCases.filter { $0 != .unknown }.map { (verbCode($0.keyword), $0) })
}
