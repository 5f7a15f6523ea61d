import MailTapAnalysis
import MailTapCore

extension ComparisonReport {
    /// The report for a reader: each session with its first difference in context, both sides next to each other, why
    /// it counts, the other differences, and a summary.
    ///
    /// - Parameters:
    ///   - context: exchanges to show before the first difference.
    ///   - width: columns.
    ///   - color: whether to use the terminal's colours.
    public func text(context: Int = 2, width: Int = 100, color: Bool = false) -> String {
        let style = ReportStyle(width: width, color: color)
        var lines: [String] = []
        var wasLong = false
        for entry in entries {
            let block: [String]
            switch entry.outcome {
            case .skipped(let why): block = style.wrapped("session \(entry.name): not played: ", why)
            case .failed(let why):
                block = style.wrapped("session \(entry.name)\(entry.often): ", "failed: \(why)", .bad)
            case .compared(let comparison):
                block = ComparisonText(comparison, entry, context: context, style: style).lines()
            }
            // A blank line around what takes several.
            if !lines.isEmpty, wasLong || block.count > 3 { lines.append("") }
            wasLong = block.count > 3
            lines += block
        }
        if wasLong { lines.append("") }
        lines += style.wrapped("", summary, isSame ? .good : .bad)
        lines += load?.text ?? []
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line that says how many sessions are the same, and of what kinds the differences are.
    public var summary: String {
        var same = 0, differing = 0, missing = 0, extra = 0, skipped = 0, failed = 0
        var kinds: [Difference.Kind: Int] = [:]
        for entry in entries {
            switch entry.outcome {
            case .compared(let comparison):
                switch comparison.differences.first?.kind {
                case nil: same += entry.times
                case .sessionMissing: missing += entry.times
                case .sessionExtra: extra += entry.times
                default:
                    differing += entry.times
                    for difference in comparison.differences { kinds[difference.kind, default: 0] += entry.times }
                }
            case .skipped: skipped += entry.times
            case .failed: failed += entry.times
            }
        }
        var parts = same > 0 || entries.isEmpty ? ["\(same) the same"] : []
        if differing > 0 {
            let total = kinds.values.reduce(0, +)
            let words = kinds.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
                .map { "\($0.value) \($0.key.rawValue)" }
            parts.append("\(differing) with \(Self.count(total, "difference")) (\(words.joined(separator: ", ")))")
        }
        if missing > 0 { parts.append("\(missing) missing") }
        if extra > 0 { parts.append("\(extra) additional") }
        if failed > 0 { parts.append("\(failed) failed") }
        if skipped > 0 { parts.append("\(skipped) not played") }
        let total = same + differing + missing + extra + failed + skipped
        return "\(Self.count(total, "session")): \(parts.joined(separator: ", "))"
    }

    /// A number with its noun.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension ComparisonReport.Entry {
    /// How often, where it was more than once.
    var often: String { times > 1 ? " (\(times) times)" : "" }

    /// Its number; both where the one that came has another.
    var name: String {
        guard case .compared(let comparison) = outcome, comparison.expected != nil, let came = cameNumber,
            came != number
        else { return "\(number)" }
        return "\(number) (came as \(came))"
    }
}

/// The text of one session's comparison.
private struct ComparisonText {
    private let comparison: SessionComparison
    private let entry: ComparisonReport.Entry
    private let context: Int
    private let style: ReportStyle

    init(_ comparison: SessionComparison, _ entry: ComparisonReport.Entry, context: Int, style: ReportStyle) {
        self.comparison = comparison
        self.entry = entry
        self.context = context
        self.style = style
    }

    func lines() -> [String] {
        let session = comparison.expected ?? comparison.came
        let proto = session?.proto?.name ?? "unknown"
        let head = "session \(entry.name)\(entry.often): \(proto), "
        guard let first = comparison.differences.first else {
            let exchanges = ComparisonReport.count(session?.exchanges.count ?? 0, "exchange")
            let messages =
                session?.messages.isEmpty ?? true
                ? "" : ", " + ComparisonReport.count(session?.messages.count ?? 0, "message")
            return style.wrapped(head, "the same: \(exchanges)\(messages)\(normalizers)", .good) + notes()
        }
        switch first.kind {
        case .sessionMissing:
            return style.wrapped(head, "missing: \(first.expected)", .bad)
        case .sessionExtra:
            return style.wrapped("additional \(head)", "not expected: \(first.came)", .bad)
        default: break
        }
        let count = ComparisonReport.count(comparison.differences.count, "difference")
        var lines = style.wrapped(head, "\(count)\(normalizers)", .bad)
        let (rows, told) = shown(first)
        lines += rows.isEmpty ? values(first) : SideBySide(width: style.width, color: style.color).lines(rows)
        for (index, difference) in comparison.differences.enumerated() {
            let isTold = told.contains(index)
            lines += style.wrapped(
                index == 0 ? "  why: " : "  also: ",
                "\(difference.kind.rawValue)\(place(difference)): \(difference.why)", isTold ? .bad : .plain)
            if !isTold { lines += values(difference) }
        }
        return lines + notes()
    }

    private var normalizers: String {
        comparison.usedNormalizers.isEmpty
            ? "" : " (let vary: \(comparison.usedNormalizers.joined(separator: ", ")))"
    }

    private func notes() -> [String] {
        var lines: [String] = []
        var index = 0
        while index < comparison.notes.count {
            let note = comparison.notes[index]
            var end = index + 1
            while end < comparison.notes.count, comparison.notes[end].kind == note.kind,
                comparison.notes[end].text == note.text
            { end += 1 }
            switch note.kind {
            case .leftOut:
                let verbs = comparison.notes[index..<end].compactMap { verb($0.exchanges.lowerBound) }
                lines += style.wrapped("  left out: ", "\(verbs.joined(separator: ", ")): \(note.text)")
            case .inserted: lines += style.wrapped("  inserted: ", note.text)
            case .altered: lines += style.wrapped("  said otherwise: ", note.text)
            // These are differences, and stand there.
            case .notPlayed, .aborted: break
            }
            index = end
        }
        return lines
    }

    private func verb(_ exchange: Int) -> String? { comparison.expected?.exchanges[checked: exchange]?.command?.verb }

    private func place(_ difference: Difference) -> String {
        if let exchange = difference.exchange {
            return " at exchange \(exchange)\(verb(exchange).map { " (\($0))" } ?? "")"
        }
        guard let exchange = difference.cameExchange else { return "" }
        let verb = comparison.came?.exchanges[checked: exchange]?.command?.verb
        return " at exchange \(exchange) of what came\(verb.map { " (\($0))" } ?? "")"
    }

    /// Both values of a difference that is not shown in its place.
    private func values(_ difference: Difference) -> [String] {
        var lines: [String] = []
        for (name, value, look) in [
            ("expected  ", difference.expected, ReportStyle.Look.expected), ("came      ", difference.came, .came),
        ] where !value.isEmpty {
            for (index, line) in value.split(separator: "\n", omittingEmptySubsequences: false).prefix(12).enumerated()
            {
                let start = index == 0 ? name : String(repeating: " ", count: name.count)
                lines += style.wrapped("      \(start)", String(line), look)
            }
        }
        return lines
    }

    /// The exchanges around a difference, and which differences are shown by them.
    private func shown(_ difference: Difference) -> (rows: [ComparisonRow], told: Set<Int>) {
        guard let place = comparison.pairs.firstIndex(where: { difference.concerns($0) }) else { return ([], [0]) }
        let builder = ComparisonRows(comparison)
        let mine = comparison.differences.indices.filter {
            comparison.differences[$0].concerns(comparison.pairs[place])
        }
        var rows: [ComparisonRow] = []
        for index in max(0, place - context)..<place { rows += builder.rows(comparison.pairs[index], []) }
        rows += builder.rows(comparison.pairs[place], mine.map { comparison.differences[$0] })
        if let next = comparison.pairs[checked: place + 1],
            !comparison.differences.contains(where: { $0.concerns(next) })
        {
            rows += builder.rows(next, [])
        }
        // What the rows can't show is told in words.
        let isShown = rows.contains { $0.counts }
        return (ComparisonRow.folding(rows), isShown ? Set(mine) : [])
    }
}

extension Difference {
    /// Whether it is about a pair of exchanges.
    func concerns(_ pair: SessionComparison.Pair) -> Bool {
        if let exchange { return pair.expected == exchange }
        return cameExchange.map { pair.came == $0 } ?? false
    }
}
