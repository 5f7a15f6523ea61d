public import MailTapCore

/// The three parts of a protocol's rule book.
public enum Aspect: String, Sendable, Hashable, CaseIterable {
    /// The form of what was said.
    case syntax
    /// Its meaning.
    case semantics
    /// Its order and timing.
    case synchronization
}

/// How bad a finding is.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Worth knowing.
    case note
    /// Works by luck, or will hurt someone.
    case warning
    /// A breach of the protocol, or a danger.
    case error

    /// The milder one comes first.
    public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rank < rhs.rank }
    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
}

/// Something that a session did against the rules, or that its reader should know.
public struct Finding: Sendable, Equatable {
    /// Stable id of the rule, such as `smtp.bare-lf`.
    public var rule: String
    /// Which part of the rule book.
    public var aspect: Aspect
    /// How bad.
    public var severity: Severity
    /// The side at fault; nil where neither or both.
    public var side: Side?
    /// Index of the exchange it concerns; nil for the session.
    public var exchange: Int?
    /// What happened here, in words.
    public var text: String
    /// Such as `RFC 5321 section 2.3.8`.
    public var reference: String
    /// How many more there are of its rule, at later exchanges, that are not kept one by one (`FindingList`).
    public var unlisted = 0

    /// Whether it tells no more than where octets are missing, which a view of running sessions says when it happens.
    public var tellsPlaceOnly = false

    /// How many findings it stands for.
    public var occurrences: Int { 1 + unlisted }

    /// A finding.
    public init(
        rule: String, aspect: Aspect, severity: Severity, side: Side?, exchange: Int?, text: String, reference: String
    ) {
        self.rule = rule
        self.aspect = aspect
        self.severity = severity
        self.side = side
        self.exchange = exchange
        self.text = text
        self.reference = reference
    }
}
