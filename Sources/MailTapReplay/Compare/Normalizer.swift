public import MailTapCore

/// A rule that says what may vary from one time to the next without being a difference.
public struct Normalizer: Sendable, Hashable {
    /// The rules that come with MailTap; the raw values are their names.
    public enum Builtin: String, Sendable, Hashable, CaseIterable {
        /// Host names and software in greetings, in the first line of a reply to EHLO, and in IMPLEMENTATION.
        case hosts
        /// Dates and times of day.
        case dates
        /// Queue ids that a server tells behind `queued as` and the like.
        case queueIDs = "queue-ids"
        /// Message-IDs: in header sections, and anything of the form `<x@y>` in replies, APOP's stamp included.
        case messageIDs = "message-ids"
        /// IP addresses and ports.
        case addresses
        /// Unique-ids that UIDL lists.
        case uniqueIDs = "uidl"
        /// Octet counts that LIST lists: they change with the trace fields.
        case listedSizes = "listed-sizes"
        /// Process ids: a number in brackets behind a word.
        case processIDs = "pids"
        /// The MIME boundaries of a message.
        case boundaries
        /// Header fields that each delivery writes anew: Received, Return-Path, Delivered-To, X-Original-To,
        /// Received-SPF, Authentication-Results, DKIM-Signature and the ARC fields.
        case traceFields = "trace-fields"
    }

    /// What the rule does.
    public enum Rule: Sendable, Hashable {
        /// One that comes with MailTap.
        case builtin(Builtin)
        /// Every match of this regular expression is replaced by the rule's name in braces.
        case pattern(TextPattern)
    }

    /// Its name.
    public var name: String
    /// What it does.
    public var rule: Rule

    /// A rule that comes with MailTap.
    public init(_ builtin: Builtin) {
        name = builtin.rawValue
        rule = .builtin(builtin)
    }

    /// A rule of the user's.
    public init(name: String, pattern: TextPattern) {
        self.name = name
        rule = .pattern(pattern)
    }

    /// All that come with MailTap.
    public static let builtins = Builtin.allCases.map { Normalizer($0) }

    /// One sentence for `mailtap help normalizers`.
    public var summary: String {
        switch rule {
        case .builtin(.hosts): "host names and software in greetings, EHLO's first line and IMPLEMENTATION"
        case .builtin(.dates): "dates and times, in replies and in the Date field of messages"
        case .builtin(.queueIDs): "queue ids behind \"queued as\", \"id=\" and the like"
        case .builtin(.messageIDs): "Message-IDs and everything of the form <x@y> that is no mailbox, APOP stamps too"
        case .builtin(.addresses): "IP addresses and ports in replies"
        case .builtin(.uniqueIDs): "the unique-ids that UIDL tells"
        case .builtin(.listedSizes): "the octet counts that LIST tells"
        case .builtin(.processIDs): "process ids in replies"
        case .builtin(.boundaries): "MIME boundaries of messages"
        case .builtin(.traceFields):
            "header fields that each delivery writes: Received, Return-Path, Delivered-To, X-Original-To, "
                + "Received-SPF, Authentication-Results, DKIM-Signature, ARC-*"
        case .pattern(let pattern): "what matches \(pattern.source)"
        }
    }
}
