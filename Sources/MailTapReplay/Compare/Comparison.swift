public import MailTapAnalysis
import MailTapCore

/// Compares sessions with what was expected.
///
/// One comparison for `replay` and for `diff`; pure.
public struct Comparison: Sendable {
    /// How much counts.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// The status of each reply, and which exchanges there are.
        case status
        /// Also enhanced codes, capabilities, messages and envelopes, after the normalizers. The default.
        case semantic
        /// Also reply texts, listings, messages, order, findings and TLS as they are; only normalizers that are named
        /// apply.
        case exact
    }

    /// How much counts.
    public var mode: Mode
    /// What may vary.
    public var normalizers: [Normalizer]
    /// What counts beside what was said.
    public var extras: Set<Extra>
    /// How many times as long as recorded a reply may take; nil where times do not count.
    public var latencyFactor: Double?

    /// What counts beside what was said, when it is asked for.
    public enum Extra: String, Sendable, Hashable, CaseIterable {
        /// The findings of `mailtap check`: which are gone, which are new.
        case findings
        /// Whether there is TLS, how it began, its version, and what is wrong with the server's certificate.
        case tls
        /// The order of exchanges that mean the same elsewhere, such as RCPT of the same mail.
        case order
    }

    /// A comparison.
    ///
    /// - Parameters:
    ///   - mode: how much counts.
    ///   - normalizers: what may vary; nil takes all that come with MailTap, none of them for `exact`.
    public init(mode: Mode = .semantic, normalizers: [Normalizer]? = nil) {
        self.mode = mode
        self.normalizers = normalizers ?? (mode == .exact ? [] : Normalizer.builtins)
        extras = mode == .exact ? Set(Extra.allCases) : []
    }

    /// Compares two lists of sessions, each with the one that is most like it (`SessionPairing`).
    public func compare(_ expected: [RecordedSession], with came: [RecordedSession]) -> [SessionComparison] {
        SessionPairing.pairs(expected, came).map { pair in
            compare(pair.expected.flatMap { expected[checked: $0] }, with: pair.came.flatMap { came[checked: $0] })
        }
    }

    /// Compares a session with the one that came in its place; nil where there is none.
    ///
    /// - Parameters:
    ///   - expected: the session as recorded.
    ///   - came: the session that came.
    ///   - notes: how the replay went, where it was one.
    public func compare(
        _ expected: RecordedSession?, with came: RecordedSession?, notes: [ReplayNote] = []
    ) -> SessionComparison {
        var result = SessionComparison(expected: expected?.session, came: came?.session, notes: notes)
        result.mode = mode
        switch (expected, came) {
        case (let expected?, let came?):
            var work = ComparisonWork(self, expected, came, notes)
            work.run()
            result.differences = work.differences
            result.pairs = work.pairs.map { SessionComparison.Pair(expected: $0.expected, came: $0.came) }
            result.usedNormalizers = work.used.sorted()
        case (let expected?, nil):
            result.differences = [
                Difference(
                    kind: .sessionMissing, expected: Self.describe(expected.session), came: "",
                    why: "this session did not come")
            ]
        case (nil, let came?):
            result.differences = [
                Difference(
                    kind: .sessionExtra, expected: "", came: Self.describe(came.session),
                    why: "this session was not expected")
            ]
        case (nil, nil): break
        }
        return result
    }

    /// What a session was about, so that a reader knows which one is meant.
    private static func describe(_ session: Session) -> String {
        var parts = ["\(session.exchanges.count) exchanges"]
        if let mail = session.messages.first(where: { $0.from != nil }) {
            let more = session.messages.count > 1 ? ", \(session.messages.count) messages" : ""
            parts.append("from <\(mail.from ?? "")> to <\((mail.to + mail.rejected).joined(separator: ">, <"))>\(more)")
        } else if let first = session.exchanges.first(where: {
            ["MAIL", "USER", "APOP"].contains($0.command?.verb ?? "")
        }) {
            parts.append(first.command?.line.text().text ?? "")
        }
        if let subject = session.messages.first?.content.subject { parts.append("\"\(subject)\"") }
        return parts.joined(separator: ", ")
    }
}

/// What comparing one session brought.
public struct SessionComparison: Sendable {
    /// An expected exchange and the one that stands for it; nil where there is none.
    public struct Pair: Sendable, Equatable {
        /// Index of the expected exchange.
        public var expected: Int?
        /// Index of the exchange that came.
        public var came: Int?
    }

    /// The session as expected.
    public var expected: Session?
    /// The session that came.
    public var came: Session?
    /// How the replay went.
    public var notes: [ReplayNote]
    /// Exchanges side by side, in order.
    public var pairs: [Pair] = []
    /// In what they differ, in the order of the dialogue.
    public var differences: [Difference] = []
    /// Names of the normalizers that made something equal.
    public var usedNormalizers: [String] = []
    /// How much counted.
    public var mode = Comparison.Mode.semantic

    /// Whether there is no difference.
    public var isSame: Bool { differences.isEmpty }
}
