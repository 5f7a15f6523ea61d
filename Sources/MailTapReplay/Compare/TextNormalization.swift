import MailTapCore

/// Applies normalizers to the text of replies.
struct TextNormalization {
    private var rules: [(pattern: TextPattern, substitute: String, keepsLead: Bool, name: String)] = []
    private static let builtins = Dictionary(
        uniqueKeysWithValues: Normalizer.Builtin.allCases.map { builtin in
            (builtin, sources(builtin).compactMap { try? TextPattern($0) })
        })

    init(_ normalizers: [Normalizer]) {
        for normalizer in normalizers {
            let patterns: [TextPattern]
            let isBuiltin: Bool
            switch normalizer.rule {
            case .builtin(let builtin): (patterns, isBuiltin) = (Self.builtins[builtin] ?? [], true)
            case .pattern(let pattern): (patterns, isBuiltin) = ([pattern], false)
            }
            for pattern in patterns { rules.append((pattern, "{\(normalizer.name)}", isBuiltin, normalizer.name)) }
        }
    }

    /// The text with everything that may vary replaced.
    func apply(_ text: String) -> String { apply(text, without: nil) }

    /// The rules that made lines equal: those without which they differ, or, where several do the same, all that match.
    func needed(for left: [String], _ right: [String]) -> Set<String> {
        let names = Set(rules.map(\.name))
        let needed = names.filter { name in
            left.map { apply($0, without: name) } != right.map { apply($0, without: name) }
        }
        guard needed.isEmpty else { return needed }
        return Set(rules.filter { rule in left.contains { rule.pattern.matches($0) } }.map(\.name))
    }

    private func apply(_ text: String, without name: String?) -> String {
        rules.reduce(text) { text, rule in
            guard rule.name != name else { return text }
            return rule.pattern.replacing(in: text) { match in
                // What a built-in rule has in its first group only leads to what varies, and stays.
                (rule.keepsLead ? match.group(1) ?? "" : "") + rule.substitute
            }
        }
    }

    private static func sources(_ builtin: Normalizer.Builtin) -> [String] {
        switch builtin {
        case .dates:
            [
                #"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"#
                    + #"[a-z]* +\d{4}(?: +\d\d:\d\d(?::\d\d)?)?(?: +[+-]\d{4})?(?: +\([A-Z]+\))?"#,
                #"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?"#,
                #"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"#,
            ]
        case .queueIDs: [#"(?i)(queued as |queue id |\bid=|\bid )[A-Za-z0-9._-]+"#]
        case .messageIDs: [#"<[^<>@ ]*\d[^<>@ ]*@[^<>@ ]+>"#]
        case .addresses:
            [
                #"\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?(?::\d+)?"#,
                #"\[(?:IPv6:)?[0-9a-fA-F:]*:[0-9a-fA-F:.]+\](?::\d+)?"#,
            ]
        case .processIDs: [#"([A-Za-z])\[\d+\]"#]
        // These speak of whole lines, listings or messages, and are applied there.
        case .hosts, .uniqueIDs, .listedSizes, .boundaries, .traceFields: []
        }
    }
}

extension Normalizer {
    /// The text with everything that this rule lets vary replaced by its name in braces.
    ///
    /// Rules that speak of whole lines, listings or messages change nothing here.
    public func applied(to text: String) -> String { TextNormalization([self]).apply(text) }
}
