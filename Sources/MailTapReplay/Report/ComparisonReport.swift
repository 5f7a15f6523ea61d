import MailTapAnalysis

/// What a replay or a diff found, session by session.
public struct ComparisonReport: Sendable {
    /// What became of one session.
    public enum Outcome: Sendable {
        /// It was played or paired, and compared.
        case compared(SessionComparison)
        /// It was not played, for this reason; that is no difference.
        case skipped(String)
        /// It could not be played: the connection failed in the middle of the run.
        case failed(String)
    }

    /// One session's result.
    public struct Entry: Sendable {
        /// The session's number, as `list` shows it.
        public var number: Int
        /// What became of it.
        public var outcome: Outcome
        /// How often it was played with this result.
        public var times = 1
        /// The number of the session that came, as `list` shows it; nil where none did, and for a replay.
        public var cameNumber: Int?

        /// One session's result.
        public init(number: Int, outcome: Outcome, cameNumber: Int? = nil) {
            self.number = number
            self.outcome = outcome
            self.cameNumber = cameNumber
        }
    }

    /// The sessions, in order; several entries where one that was played often had several results.
    public var entries: [Entry]
    /// What was measured, where the sessions were played more than once or several at a time.
    public var load: LoadFigures?
    /// Where each entry's session stands in what was played, while results are added.
    var places: [Int] = []

    /// A report of these sessions.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// The report of a diff.
    public init(_ comparisons: [SessionComparison]) {
        entries = comparisons.enumerated().map { index, comparison in
            let number = comparison.expected?.number ?? comparison.came?.number ?? 0
            return Entry(
                number: number > 0 ? number : index + 1, outcome: .compared(comparison),
                cameNumber: comparison.came.flatMap { $0.number > 0 ? $0.number : nil })
        }
    }

    /// Whether every session that was compared is the same, and none failed: exit status 0, else 1.
    public var isSame: Bool {
        entries.allSatisfy { entry in
            switch entry.outcome {
            case .compared(let comparison): comparison.isSame
            case .skipped: true
            case .failed: false
            }
        }
    }

    /// All differences, in order.
    public var differences: [Difference] {
        entries.flatMap { entry -> [Difference] in
            guard case .compared(let comparison) = entry.outcome else { return [] }
            return comparison.differences
        }
    }
}
