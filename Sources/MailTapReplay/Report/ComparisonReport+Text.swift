import MailTapAnalysis
import MailTapCore

extension ComparisonReport {
    /// The report for a reader: each session, its first difference in context, the others in a line, a summary.
    ///
    /// - Parameter context: exchanges to show before the first difference.
    public func text(context: Int = 2) -> String {
        var lines: [String] = []
        for entry in entries {
            switch entry.outcome {
            case .skipped(let why): lines.append("session \(entry.number): not played: \(why)")
            case .failed(let why): lines.append("session \(entry.number)\(entry.often): failed: \(why)")
            case .compared(let comparison):
                lines += ComparisonText(comparison, entry, context: context).lines()
            }
        }
        lines.append(summary)
        lines += load?.text ?? []
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line that says how many sessions are the same.
    public var summary: String {
        var same = 0
        var differing = 0
        var different = 0
        var skipped = 0
        var failed = 0
        for entry in entries {
            switch entry.outcome {
            case .compared(let comparison):
                if comparison.isSame {
                    same += entry.times
                } else {
                    differing += entry.times
                    different += entry.times * comparison.differences.count
                }
            case .skipped: skipped += entry.times
            case .failed: failed += entry.times
            }
        }
        var parts = same > 0 || entries.isEmpty ? ["\(same) the same"] : []
        if differing > 0 { parts.append("\(differing) with \(Self.count(different, "difference"))") }
        if failed > 0 { parts.append("\(failed) failed") }
        if skipped > 0 { parts.append("\(skipped) not played") }
        return "\(Self.count(same + differing + failed + skipped, "session")): \(parts.joined(separator: ", "))"
    }

    /// A number with its noun.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension ComparisonReport.Entry {
    /// How often, where it was more than once.
    fileprivate var often: String { times > 1 ? " (\(times) times)" : "" }
}

/// The text of one session's comparison.
private struct ComparisonText {
    private let comparison: SessionComparison
    private let number: Int
    private let often: String
    private let context: Int

    init(_ comparison: SessionComparison, _ entry: ComparisonReport.Entry, context: Int) {
        self.comparison = comparison
        number = entry.number
        often = entry.often
        self.context = context
    }

    func lines() -> [String] {
        let session = comparison.expected ?? comparison.came
        let proto = session?.proto?.name ?? "unknown"
        guard let first = comparison.differences.first else {
            let exchanges = ComparisonReport.count(session?.exchanges.count ?? 0, "exchange")
            let messages =
                session?.messages.isEmpty ?? true
                ? "" : ", " + ComparisonReport.count(session?.messages.count ?? 0, "message")
            return ["session \(number)\(often): \(proto), the same: \(exchanges)\(messages)\(normalizers)"] + notes()
        }
        let count = ComparisonReport.count(comparison.differences.count, "difference")
        var lines = ["session \(number)\(often): \(proto), \(count)\(normalizers)"]
        lines += shownContext(before: first)
        lines += shown(first)
        for other in comparison.differences.dropFirst() {
            lines.append("    \(other.kind.rawValue)\(place(other)): \(other.why)\(values(other))")
        }
        return lines + notes()
    }

    private var normalizers: String {
        comparison.usedNormalizers.isEmpty
            ? "" : " (but for \(comparison.usedNormalizers.joined(separator: ", ")))"
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
                lines.append("    left out: \(verbs.joined(separator: ", ")): \(note.text)")
            case .inserted: lines.append("    inserted: \(note.text)")
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

    private func values(_ difference: Difference) -> String {
        switch (difference.expected.isEmpty, difference.came.isEmpty) {
        case (true, true): ""
        case (false, true): " (expected: \(visible(difference.expected)))"
        case (true, false): " (came: \(visible(difference.came)))"
        case (false, false): " (expected: \(visible(difference.expected)); came: \(visible(difference.came)))"
        }
    }

    /// The exchanges right before the first difference, and its command.
    private func shownContext(before difference: Difference) -> [String] {
        guard let expected = comparison.expected, let exchange = difference.exchange,
            expected.exchanges.indices.contains(exchange)
        else { return [] }
        var lines: [String] = []
        for index in max(0, exchange - context)..<exchange {
            lines += command(expected.exchanges[index])
            if let reply = expected.exchanges[index].reply { lines += replyLines(reply, mark: "    ") }
        }
        switch difference.kind {
        case .exchangeMissing, .notPlayed, .command: return lines
        default: return lines + command(expected.exchanges[exchange])
        }
    }

    private func command(_ exchange: Exchange) -> [String] {
        guard let command = exchange.command else { return [] }
        let text = command.verb == "*data" ? "(the message)" : command.line.text().text
        return ["    C: \(visible(text))"]
    }

    private func replyLines(_ reply: Reply, mark: String) -> [String] {
        ["\(mark)S: \(visible(ComparisonWork.describe(reply)))"]
    }

    private func shown(_ difference: Difference) -> [String] {
        var lines: [String] = []
        let speaker =
            switch difference.kind {
            case .status, .enhanced, .text: "S: "
            case .exchangeMissing, .exchangeExtra, .notPlayed, .command: "C: "
            // Where it came about stands the command itself.
            case .envelope where verb(difference.exchange ?? -1).map { ["MAIL", "RCPT"].contains($0) } ?? false: "C: "
            default: ""
            }
        if !difference.expected.isEmpty { lines.append("  - \(speaker)\(visible(difference.expected))    <- expected") }
        if !difference.came.isEmpty { lines.append("  + \(speaker)\(visible(difference.came))    <- came") }
        lines.append("    \(difference.kind.rawValue): \(difference.why)")
        return lines
    }

    private func visible(_ text: String) -> String { VisibleReportText.of(text) }
}
