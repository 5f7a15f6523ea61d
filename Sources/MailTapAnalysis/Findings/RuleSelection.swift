/// Which findings count, and how much: `--only`, `--ignore`, and a file of severities.
///
/// A pattern is a rule's id, or the beginning of one with a star: `smtp.*`.
public struct RuleSelection: Sendable {
    /// A severity that is given to rules; nil switches them off.
    struct Override: Sendable {
        var pattern: String
        var severity: Severity?
    }

    private var only: [String] = []
    private var ignored: [String] = []
    private var overrides: [Override] = []

    /// Every finding, as its rule has it.
    public init() {}

    /// Every finding that `only` names (all, where it names none) and `ignored` does not.
    ///
    /// - Parameters:
    ///   - only: patterns; several may stand in one text, with commas between.
    ///   - ignored: the same.
    /// - Throws: `RuleSelectionError` for a pattern that fits no rule.
    public init(only: [String], ignoring ignored: [String]) throws(RuleSelectionError) {
        self.only = try Self.patterns(only)
        self.ignored = try Self.patterns(ignored)
    }

    /// Adds the severities of a rules file.
    ///
    /// Lines are `PATTERN = error`, `warning`, `note` or `off`, of which the last that fits a rule holds; what stands behind
    /// `#` is a comment. Lines end in any usual way, a mark of the octet order may stand at the beginning, and case does
    /// not count.
    ///
    /// - Throws: `RuleSelectionError` with the number of the line that can't be read.
    public mutating func add(rulesFile text: String) throws(RuleSelectionError) {
        let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
        // A CR and the LF behind it are one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        for (index, line) in lines.enumerated() {
            let code = line.prefix { $0 != "#" }
            let words = code.split { $0 == " " || $0 == "\t" || $0 == "=" }.map { $0.lowercased() }
            if words.isEmpty { continue }
            guard words.count == 2 else {
                throw RuleSelectionError(problem: "line \(index + 1): a rule and a severity belong there")
            }
            guard Self.fitsSomething(words[0]) else {
                throw RuleSelectionError(problem: "line \(index + 1): there is no rule \"\(ShownText.of(words[0]))\"")
            }
            let severity = Severity(rawValue: words[1])
            guard severity != nil || words[1] == "off" else {
                throw RuleSelectionError(
                    problem: "line \(index + 1): \"\(ShownText.of(words[1]))\" is none of error, warning, note, off")
            }
            overrides.append(Override(pattern: words[0], severity: severity))
        }
    }

    /// The findings that count, each with the severity that it has here.
    public func apply(to findings: [Finding]) -> [Finding] {
        if only.isEmpty, ignored.isEmpty, overrides.isEmpty { return findings }
        return findings.compactMap { finding in
            guard only.isEmpty || only.contains(where: { Self.matches($0, finding.rule) }) else { return nil }
            guard !ignored.contains(where: { Self.matches($0, finding.rule) }) else { return nil }
            guard let override = overrides.last(where: { Self.matches($0.pattern, finding.rule) }) else {
                return finding
            }
            guard let severity = override.severity else { return nil }
            var changed = finding
            changed.severity = severity
            return changed
        }
    }

    /// Whether a pattern names a rule.
    static func matches(_ pattern: String, _ rule: String) -> Bool {
        guard pattern.hasSuffix("*") else { return pattern == rule }
        return rule.hasPrefix(pattern.dropLast())
    }

    private static func fitsSomething(_ pattern: String) -> Bool {
        RuleBook.all.contains { matches(pattern, $0.id) }
    }

    private static func patterns(_ texts: [String]) throws(RuleSelectionError) -> [String] {
        var patterns: [String] = []
        for part in texts.flatMap({ $0.split { $0 == "," || $0 == " " }.map(String.init) }) {
            guard fitsSomething(part) else {
                throw RuleSelectionError(problem: "there is no rule \"\(ShownText.of(part))\"")
            }
            patterns.append(part)
        }
        return patterns
    }
}

/// A pattern or a line of a rules file that can't be used.
public struct RuleSelectionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, and where.
    public var problem: String
    /// The problem, and where the rules are listed.
    public var description: String { "\(problem); mailtap help rules lists them" }
}
