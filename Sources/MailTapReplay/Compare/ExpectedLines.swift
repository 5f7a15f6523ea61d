import MailTapAnalysis
import MailTapCore

/// Lines of which a dialogue file lets some vary, to be held against those that came.
struct ExpectedLines {
    private enum Item {
        case literal(String)
        case pattern(TextPattern)
        /// Any number of lines.
        case lines
    }

    private let items: [Item]

    /// What is expected; letters match in either case where `ignoringCase`.
    init(_ lines: [WireText], ignoringCase: Bool = false) {
        items = lines.map { line in
            guard !line.patterns.isEmpty else { return .literal(line.text().text) }
            if line.isAnyLines { return .lines }
            guard let pattern = try? TextPattern(line.regexSource, ignoringCase: ignoringCase) else {
                return .literal(line.text().text)
            }
            return .pattern(pattern)
        }
    }

    /// Whether the lines are as expected.
    ///
    /// - Parameter literal: whether a line without patterns stands for another one.
    func match(_ came: [String], literal: (_ expected: String, _ came: String) -> Bool) -> Bool {
        func matches(_ item: Item, _ line: String) -> Bool {
            switch item {
            case .literal(let text): literal(text, line)
            case .pattern(let pattern): pattern.matchesWhole(line)
            case .lines: true
            }
        }
        // As with a * among characters: on a mismatch the latest `lines` takes one line more.
        var (item, line) = (0, 0)
        var retry: (item: Int, line: Int)?
        while line < came.count {
            if item < items.count, case .lines = items[item] {
                retry = (item, line)
                item += 1
            } else if item < items.count, matches(items[item], came[line]) {
                item += 1
                line += 1
            } else if let again = retry {
                retry = (again.item, again.line + 1)
                (item, line) = (again.item + 1, again.line + 1)
            } else {
                return false
            }
        }
        return items[item...].allSatisfy { if case .lines = $0 { true } else { false } }
    }

    /// Whether a line is what one of the patterns means; false for lines without any.
    func matchesPattern(_ line: String) -> Bool {
        items.contains { if case .pattern(let pattern) = $0 { pattern.matchesWhole(line) } else { false } }
    }

    /// What to add where lines don't match, since a pattern took more steps on one of them than it may; else nothing.
    var excuse: String {
        let gaveUp = items.contains { if case .pattern(let pattern) = $0 { pattern.hasGivenUp } else { false } }
        return gaveUp ? ": on some line it takes too many steps, which counts as no match" : ""
    }

    /// Whether any number of other lines may stand among these.
    var allowsMore: Bool { items.contains { if case .lines = $0 { true } else { false } } }
}

extension WireText {
    /// Whether the line stands for any number of lines.
    var isAnyLines: Bool {
        patterns.count == 1 && patterns[0].pattern.kind == .lines && patterns[0].range == 0..<octets.count
    }

    /// The line as a regular expression.
    fileprivate var regexSource: String {
        var source = ""
        var position = 0
        for place in patterns where place.range.lowerBound >= position && place.range.upperBound <= octets.count {
            source += Self.quoted(octets[position..<place.range.lowerBound])
            switch place.pattern.kind {
            case .any, .lines, .codes: source += ".*"
            case .word: source += #"\S+"#
            case .number: source += #"\d+"#
            case .regex(let own): source += "(?:\(own))"
            }
            position = place.range.upperBound
        }
        return source + Self.quoted(octets[position...])
    }

    private static func quoted(_ octets: ArraySlice<UInt8>) -> String {
        guard !octets.isEmpty else { return "" }
        return #"\Q"# + decode([UInt8](octets)).text.replacing(#"\E"#, with: #"\E\\E\Q"#) + #"\E"#
    }
}
