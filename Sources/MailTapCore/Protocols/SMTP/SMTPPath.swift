/// A `KEY` or `KEY=value` word behind the path of MAIL or RCPT, or behind an EHLO keyword.
public struct SMTPParameter: Sendable, Hashable {
    /// The keyword in capitals.
    public var key: String
    /// The value as written; nil where there is no `=`.
    public var value: String?
}

/// The argument of MAIL FROM or RCPT TO.
public struct SMTPPath: Sendable, Hashable {
    /// Where the form departs from RFC 5321 section 4.1.2.
    public struct Lapses: OptionSet, Sendable, Hashable {
        /// One bit for each lapse.
        public var rawValue: UInt8

        /// From bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `FROM :`.
        public static let spaceBeforeColon = Lapses(rawValue: 1)
        /// `FROM: <`.
        public static let spaceAfterColon = Lapses(rawValue: 2)
        /// The address stands without angle brackets.
        public static let missingBrackets = Lapses(rawValue: 4)
        /// There is `<` but no `>`.
        public static let missingCloseBracket = Lapses(rawValue: 8)
        /// Something other than a space follows `>`.
        public static let textBehindBracket = Lapses(rawValue: 16)
        /// MAIL says `TO:`, or RCPT says `FROM:`.
        public static let wrongKeyword = Lapses(rawValue: 32)
    }

    /// The address between the angle brackets; empty for the null reverse-path.
    public var address: String
    /// The ESMTP parameters, in order.
    public var parameters: [SMTPParameter]
    /// What is odd about the form.
    public var lapses: Lapses
}
