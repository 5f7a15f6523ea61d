/// Something in which a session is not as expected.
public struct Difference: Sendable, Equatable {
    /// What kind of thing differs; the raw values are words for reports.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The status of a reply.
        case status
        /// The enhanced status code of a reply (RFC 3463).
        case enhanced
        /// A capability that EHLO, LHLO or CAPA lists.
        case capability
        /// An exchange that is expected and did not come.
        case exchangeMissing = "exchange-missing"
        /// An exchange that came and is not expected.
        case exchangeExtra = "exchange-extra"
        /// The argument of a command that stands in its place.
        case command
        /// A recorded exchange that the replay could not play.
        case notPlayed = "not-played"
        /// The replay had to end the session early.
        case aborted
        /// The messages that a listing has, or whether an exchange carried one.
        case messageCount = "message-count"
        /// The size of a message.
        case messageSize = "message-size"
        /// The octets of a message.
        case messageDigest = "message-digest"
        /// The envelope of a mail.
        case envelope
        /// The text of a reply; only in an exact comparison.
        case text
        /// A finding that is new or gone; only where findings count.
        case finding
        /// Whether there is TLS, and of what kind; only where it counts.
        case tls
        /// How long a reply took; only where times count.
        case latency
        /// A session that is expected and did not come.
        case sessionMissing = "session-missing"
        /// A session that came and is not expected.
        case sessionExtra = "session-extra"
        /// What is spoken.
        case proto = "protocol"
    }

    /// What kind of thing differs.
    public var kind: Kind
    /// Index of the expected exchange; nil where none stands for it.
    public var exchange: Int?
    /// Index of the exchange that came; nil where none did.
    public var cameExchange: Int?
    /// What was expected, in short; empty for nothing.
    public var expected: String
    /// What came, in short; empty for nothing.
    public var came: String
    /// Why it counts, in one sentence.
    public var why: String
    /// Where the two messages begin to differ; nil for what is no difference of messages, or where they were not kept.
    public var excerpt: Excerpt?

    /// The lines around the first difference of two messages.
    public struct Excerpt: Sendable, Equatable {
        /// The number of its line, from 1, in what was expected.
        public var line: Int
        /// Lines of the expected message, from a little before.
        public var expected: [String]
        /// Lines of the one that came.
        public var came: [String]
    }

    /// Something that is not as expected.
    public init(
        kind: Kind, exchange: Int? = nil, cameExchange: Int? = nil, expected: String, came: String, why: String
    ) {
        self.kind = kind
        self.exchange = exchange
        self.cameExchange = cameExchange
        self.expected = expected
        self.came = came
        self.why = why
    }
}
