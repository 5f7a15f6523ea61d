import MailTapAnalysis
import MailTapCore

extension ComparisonWork {
    /// Compares a reply whose text is expected to be like patterns: those hold in every mode that looks at texts.
    mutating func compareWithPatterns(_ was: Reply, _ now: Reply, _ exchange: Exchange, _ left: Int, _ right: Int) {
        let startsOpen = was.lines.first?.patterns.first?.range.lowerBound == 0
        if !startsOpen, was.enhanced != now.enhanced {
            add(
                .enhanced, left, right, describe(was), describe(now),
                Self.enhanced(was, now))
            return
        }
        var lines = (was.lines.array, now.lines.map { $0.text().text })
        if CapabilitySet(exchange, without: builtins) != nil {
            // What stands behind the first line is a set, and is compared as one.
            guard lines.0.first?.isAnyLines != true else { return }
            lines = (Array(lines.0.prefix(1)), Array(lines.1.prefix(1)))
        }
        let expected = ExpectedLines(lines.0)
        let isExact = mode == .exact
        guard !expected.match(lines.1, literal: { !isExact || text.apply($0) == text.apply($1) }) else { return }
        add(
            .text, left, right, describe(was), describe(now),
            "the reply is not what the pattern asks for" + expected.excuse)
    }

    /// Compares a listing whose lines are expected to be like patterns.
    mutating func compareWithPatterns(_ was: [WireText], _ now: [WireText], _ left: Int, _ right: Int) {
        let lines = now.map { $0.text().text }
        let expected = ExpectedLines(was)
        guard !expected.match(lines, literal: ==) else { return }
        let only = Self.onlyOnOneSide(was.map { $0.text().text }, lines)
        add(
            .text, left, right, only.expected, only.came,
            "the listing is not what the patterns ask for" + expected.excuse)
    }

    /// Whether a message is what the patterns in the expected one ask for, after the normalizers.
    mutating func meet(_ places: [ReplyPattern], _ index: Int, _ other: Int, isReceived: Bool) -> Bool {
        guard let left = expected.content(of: index), let right = came.content(of: other) else { return false }
        let rules = MessageNormalization(builtins.intersection([.dates, .messageIDs, .boundaries, .traceFields]))
        var rest = places[...]
        let lines = Self.lines(rules.apply(left, isReceived: isReceived)).map { line in
            var text = WireText(line)
            var position = 0
            // In order: a place that a normalizer took out together with its field is passed over.
            while let next = rest.indices.first(where: { Self.find(rest[$0].octets, in: line, from: position) != nil }),
                let start = Self.find(rest[next].octets, in: line, from: position)
            {
                let end = start + rest[next].octets.count
                text.patterns.append(WireText.Pattern(range: start..<end, pattern: rest[next]))
                position = end
                rest = rest[(next + 1)...]
            }
            return text
        }
        let now = Self.lines(rules.apply(right, isReceived: isReceived)).map { WireText.decode($0).text }
        return ExpectedLines(lines).match(now, literal: ==)
    }

    /// The lines of a message, without their ends.
    static func lines(_ octets: [UInt8]) -> [[UInt8]] {
        octets.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            [UInt8](line.last == 0x0D ? line.dropLast() : line)
        }
    }

    private static func find(_ needle: [UInt8], in line: [UInt8], from: Int) -> Int? {
        guard let first = needle.first, from < line.count else { return nil }
        var search = from
        while let found = line[search...].firstIndex(of: first) {
            if line[found...].starts(with: needle) { return found }
            search = found + 1
            guard search < line.count else { return nil }
        }
        return nil
    }
}
