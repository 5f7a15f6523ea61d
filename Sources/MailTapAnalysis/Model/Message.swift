public import MailTapCore

/// A message that was transferred.
public struct Message: Sendable, Equatable {
    /// Octets of it, dot-unstuffed.
    public var bytes: UInt64 = 0
    /// SHA-256 of those octets; nil where nobody asked for it.
    public var digest: ContentDigest? {
        get { if case .digest(let digest) = sum { digest } else { nil } }
        set { sum = newValue.map { .digest($0) } ?? .none }
    }
    /// What tells its octets as a whole.
    private(set) var sum = ContentSum.none
    /// Index of the exchange that carried it: `*data`, the last BDAT, RETR or TOP.
    public var exchange = 0
    /// How it travelled.
    public var kind: ContentKind
    /// The envelope's reverse-path, between the angle brackets; nil for POP3.
    public var from: String?
    /// Accepted recipients.
    public var to: [String] = []
    /// Refused recipients.
    public var rejected: [String] = []
    /// Whether the server took it; nil where no reply was seen, and for POP3.
    public var accepted: Bool?
    /// Whether all of it was seen, to its end.
    public var complete = false
    /// Where octets of it are missing, in order; only the first thousand places are kept.
    public var gaps: [ContentGap] = []
    /// Nanoseconds of the longest wait for more of its octets, while it was under way.
    public var longestPause: Int64 = 0
    /// Nanoseconds from its first octet to its end; 0 where it came at once.
    public var transferTime: Int64 = 0
    @usableFromInline var known = KnownContent.nothing
    /// Where a dialogue file lets its octets vary: the patterns, in order; they stand in the octets in braces.
    public var patterns: [ReplyPattern] = []

    /// A message of no octets.
    public init(kind: ContentKind) { self.kind = kind }

    /// Takes what was read of it.
    mutating func take(_ read: (sum: ContentSum, content: KnownContent)) {
        sum = read.sum
        known = read.content
    }

    /// What its header section and MIME structure say.
    ///
    /// Inlinable, since a look at one of its parts would else copy all of them.
    @inlinable public var content: MessageContent {
        _read { yield known.content }
        set { known = KnownContent(newValue) }
    }
}

/// What is known of a message's content, out of the way: it has many parts, and messages are copied.
@usableFromInline final class KnownContent: Sendable, Equatable {
    @usableFromInline let content: MessageContent

    /// Of a message that is not read.
    static let nothing = KnownContent(MessageContent())

    @usableFromInline init(_ content: consuming MessageContent) { self.content = content }

    @usableFromInline static func == (one: KnownContent, other: KnownContent) -> Bool {
        one === other || one.content == other.content
    }
}

/// What a message's header section and MIME structure say.
public struct MessageContent: Sendable, Equatable {
    /// Subject, decoded (RFC 2047) and unfolded; nil if absent.
    public var subject: String?
    /// Message-ID without its angle brackets; nil if absent.
    public var messageID: String?
    /// Date as written; nil if absent.
    public var date: String?
    /// From as written, decoded; nil if absent.
    public var from: String?
    /// To as written, decoded; nil if absent.
    public var to: String?
    /// Leaves of the MIME tree, in order.
    public var parts: [MessagePart] = []
    /// What else the octets show.
    public var facts = MessageFacts()

    /// Nothing known.
    public init() {}
}

/// A leaf of the MIME tree.
public struct MessagePart: Sendable, Equatable {
    /// Media type in lower case, `text/plain` where none is declared (RFC 2045 section 5.2).
    public var type: String
    /// Declared charset in lower case; nil if none.
    public var charset: String?
    /// File name, decoded (RFC 2231, 2047); nil if none.
    ///
    /// Text from a peer: never used as a path.
    public var filename: String?
    /// Octets after removing the transfer encoding.
    public var bytes: UInt64
    /// SHA-256 of those octets; nil where nobody asked for it.
    public var digest: ContentDigest?

    /// A leaf.
    public init(
        type: String, charset: String? = nil, filename: String? = nil, bytes: UInt64 = 0, digest: ContentDigest? = nil
    ) {
        self.type = type
        self.charset = charset
        self.filename = filename
        self.bytes = bytes
        self.digest = digest
    }
}

extension Message {
    /// The digest in lower-case hexadecimal; empty where there is none.
    public var sha256: String { digest?.text ?? "" }
}

extension MessagePart {
    /// The digest in lower-case hexadecimal; empty where there is none.
    public var sha256: String { digest?.text ?? "" }
}
