/// The POP3 commands that MailTap knows (RFC 1939, 2449, 2595, 5034, 6856).
public enum POP3Verb: UInt8, Sendable, Hashable, CaseIterable {
    /// Not a command of any RFC or extension known here.
    case unknown = 0
    case user, pass, apop, auth, stls, capa, stat, list, uidl, retr, top, dele, rset, noop, quit, utf8, lang, last, xtnd

    /// The keyword in capitals; empty for `unknown`.
    public var keyword: String { Self.keywords[Int(rawValue)] }

    /// By raw value: raw values are dense from 0.
    private static let keywords = allCases.map { $0 == .unknown ? "" : String(describing: $0).uppercased() }
}

extension POP3Verb {
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
