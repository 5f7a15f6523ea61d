/// The POP3 commands that MailTap knows (RFC 1939, 2449, 2595, 5034, 6856).
public enum POP3Verb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case user, pass, apop, auth, stls, capa, stat, list, uidl, retr, top, dele, rset, noop, quit, utf8, lang, last, xtnd

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { self == .unknown ? "" : String(describing: self).uppercased() }
}

extension POP3Verb {
    /// The verb that an upper-cased keyword, packed by `RawSpan.verbCode`, stands for.
    init(code: UInt64) { self = Self.byCode[code] ?? .unknown }

    private static let byCode: [UInt64: POP3Verb] = Dictionary(
        uniqueKeysWithValues: allCases.filter { $0 != .unknown }.map { (verbCode($0.keyword), $0) })
}
