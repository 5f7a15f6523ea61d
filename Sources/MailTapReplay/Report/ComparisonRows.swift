import MailTapAnalysis
import MailTapCore

/// The two sides of a pair of exchanges, line by line.
struct ComparisonRows {
    /// Lines of a listing that are aligned; longer ones stand side by side by position.
    private static let alignmentLimit = 2000

    private struct Line {
        var shown: String
        /// What is compared: a reply's separators and the order of mechanisms say nothing.
        var key: String
        /// The keyword, where lines are a set.
        var keyword = ""
    }

    private let comparison: SessionComparison

    init(_ comparison: SessionComparison) { self.comparison = comparison }

    /// The rows of a pair.
    ///
    /// - Parameter differences: those that concern it.
    func rows(_ pair: SessionComparison.Pair, _ differences: [Difference]) -> [ComparisonRow] {
        let before = pair.expected.flatMap { comparison.expected?.exchanges[checked: $0] }
        let after = pair.came.flatMap { comparison.came?.exchanges[checked: $0] }
        switch (before, after) {
        case (let before?, let after?):
            return rows(before, after, differences)
        case (let before?, nil):
            let counts = !differences.isEmpty
            let note = comparison.notes.first {
                [.leftOut, .notPlayed].contains($0.kind) && pair.expected.map($0.exchanges.contains) ?? false
            }
            let lines = command(before, comparison.expected) + replies(before, comparison.expected)
            return lines.enumerated().map { index, line in
                ComparisonRow(
                    counts ? .gone : .free, line.shown, index == 0 ? note.map { "(left out: \($0.text))" } : nil)
            }
        case (nil, let after?):
            let lines = command(after, comparison.came) + replies(after, comparison.came)
            return lines.map { ComparisonRow(differences.isEmpty ? .free : .new, nil, $0.shown) }
        case (nil, nil): return []
        }
    }

    private func rows(_ before: Exchange, _ after: Exchange, _ differences: [Difference]) -> [ComparisonRow] {
        let kinds = Set(differences.map(\.kind))
        let verb = before.command?.verb ?? ""
        let isCommand =
            !kinds.isDisjoint(with: [.command, .messageSize, .messageDigest])
            || kinds.contains(.envelope) && ["MAIL", "RCPT"].contains(verb)
        var rows = aligned(command(before, comparison.expected), command(after, comparison.came), counts: isCommand)
        rows += excerpt(differences)
        let (left, right) = (replies(before, comparison.expected), replies(after, comparison.came))
        let isReply = !kinds.isDisjoint(with: [.status, .enhanced, .text, .messageCount])
        if kinds == [.capability] {
            return rows + capabilities(left, right, differences)
        }
        return rows + aligned(left, right, counts: isReply)
    }

    // MARK: Lines

    private func command(_ exchange: Exchange, _ session: Session?) -> [Line] {
        guard let command = exchange.command else { return [] }
        guard command.verb == "*data" else {
            let text = command.line.text().text
            return [Line(shown: "C: \(text)", key: text)]
        }
        let message = exchange.message.flatMap { session?.messages[checked: $0] }
        return [Self.message(message, "C: ")]
    }

    private static func message(_ message: Message?, _ mark: String) -> Line {
        guard let message else { return Line(shown: "\(mark)(a message)", key: "message") }
        let subject = message.content.subject.map { ", \($0)" } ?? ""
        return Line(
            shown: "\(mark)(a message of \(message.bytes) octets\(subject))", key: "message \(message.sha256)")
    }

    private func replies(_ exchange: Exchange, _ session: Session?) -> [Line] {
        guard let first = exchange.reply else {
            return exchange.command == nil ? [] : [Line(shown: "S: (no reply)", key: "")]
        }
        var lines: [Line] = []
        let isPOP3 = session?.proto == .pop3
        let isSet = ["EHLO", "LHLO"].contains(exchange.command?.verb ?? "")
        for reply in [first] + exchange.furtherReplies {
            for (index, line) in ReplyLines.shown(reply, isPOP3: isPOP3).enumerated() {
                let text = reply.lines.array[checked: index]?.text().text ?? ""
                let word = text.prefix { $0 != " " && $0 != "=" }.uppercased()
                lines.append(
                    Line(
                        shown: "S: \(line)", key: "\(ReplyLines.status(reply)) \(text)",
                        keyword: isSet && index > 0 ? word : ""))
            }
        }
        if let data = exchange.data {
            for line in data {
                let text = line.text().text
                lines.append(Line(shown: "S: \(text)", key: text, keyword: text.prefix { $0 != " " }.uppercased()))
            }
        } else if isPOP3, let message = exchange.message {
            lines.append(Self.message(session?.messages[checked: message], "S: "))
        }
        return lines
    }

    // MARK: Alignment

    /// Lines side by side in order, those that are the same opposite each other.
    private func aligned(_ left: [Line], _ right: [Line], counts: Bool) -> [ComparisonRow] {
        func row(_ one: Line?, _ other: Line?) -> ComparisonRow {
            switch (one, other) {
            case (let one?, let other?):
                return ComparisonRow(
                    one.key == other.key ? .same : counts ? .changed : .free, one.shown, other.shown)
            case (let one, let other):
                return ComparisonRow(!counts ? .free : one == nil ? .new : .gone, one?.shown, other?.shown)
            }
        }
        guard left.count != right.count, max(left.count, right.count) <= Self.alignmentLimit else {
            return (0..<max(left.count, right.count)).map { row(left[checked: $0], right[checked: $0]) }
        }
        let changes = right.map(\.key).difference(from: left.map(\.key))
        var removed: Set<Int> = [], inserted: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var rows: [ComparisonRow] = []
        var (one, other) = (0, 0)
        while one < left.count || other < right.count {
            let isGone = removed.contains(one), isNew = inserted.contains(other)
            rows.append(
                row(isGone || !isNew ? left[checked: one] : nil, isNew || !isGone ? right[checked: other] : nil))
            if isGone || !isNew { one += 1 }
            if isNew || !isGone { other += 1 }
        }
        return rows
    }

    /// What a server offers is a set: the same keyword stands opposite itself.
    private func capabilities(_ left: [Line], _ right: [Line], _ differences: [Difference]) -> [ComparisonRow] {
        let told = Set(
            differences.flatMap { [$0.expected, $0.came] }.filter { !$0.isEmpty }.map {
                $0.prefix { $0 != " " && $0 != "=" }.uppercased()
            })
        var rest = right
        var rows = left.map { line -> ComparisonRow in
            let index =
                rest.firstIndex { $0.keyword == line.keyword && $0.key == line.key }
                ?? rest.firstIndex { $0.keyword == line.keyword }
            let other = index.map { rest.remove(at: $0) }
            let counts = told.contains(line.keyword)
            guard let other else { return ComparisonRow(counts ? .gone : .free, line.shown, nil) }
            let kind: ComparisonRow.Kind = line.key == other.key ? .same : counts ? .changed : .free
            return ComparisonRow(kind, line.shown, other.shown)
        }
        rows += rest.map { ComparisonRow(told.contains($0.keyword) ? .new : .free, nil, $0.shown) }
        return rows
    }

    /// Where two messages begin to differ.
    private func excerpt(_ differences: [Difference]) -> [ComparisonRow] {
        guard let excerpt = differences.compactMap(\.excerpt).first else { return [] }
        func lines(_ texts: [String]) -> [Line] { texts.map { Line(shown: "   \($0)", key: $0) } }
        return [ComparisonRow(.fold, "… line \(excerpt.line) of the message", nil)]
            + aligned(lines(excerpt.expected), lines(excerpt.came), counts: true)
    }
}
