public import MailTapCore

/// A rule of the catalogue: what can be wrong with a session, why it matters and what to do.
public struct Rule: Sendable, Hashable, Identifiable {
    /// Stable id, such as `smtp.bare-lf`.
    public let id: String
    /// Which part of the rule book.
    public let aspect: Aspect
    /// How bad, where the place does not say otherwise.
    public let severity: Severity
    /// The side at fault; nil where it depends on the place, or neither is.
    public let side: Side?
    /// What is wrong, in a few words.
    public let title: String
    /// Why it matters, for a person who does not know the RFC.
    public let explanation: String
    /// Such as `RFC 5321 section 2.3.8`.
    public let reference: String
    /// What to do.
    public let remedy: String

    init(
        _ id: String, _ aspect: Aspect, _ severity: Severity, _ side: Side?, _ title: String, _ reference: String,
        _ explanation: String, remedy: String
    ) {
        self.id = id
        self.aspect = aspect
        self.severity = severity
        self.side = side
        self.title = title
        self.explanation = explanation
        self.reference = reference
        self.remedy = remedy
    }
}

/// The one catalogue of rules.
public enum RuleBook {
    /// Every rule, in the order of its id.
    public static let all: [Rule] =
        (smtpSyntax + smtpSemantics + smtpSynchronization + pop3 + transport + messages + messageForm)
        .sorted { $0.id < $1.id }

    private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    /// The rule of that id.
    public static func rule(_ id: String) -> Rule? { byID[id] }
}
