/// Applies normalizers to the text of replies.
struct TextNormalization {
    /// Regular expressions compile once for each comparison, as they can't be shared between threads.
    private var rules: [(regex: Regex<AnyRegexOutput>, substitute: String)] = []

    init(_ normalizers: [Normalizer]) {
        for normalizer in normalizers {
            let patterns: [String]
            switch normalizer.rule {
            case .builtin(let builtin): patterns = Self.patterns(builtin)
            case .pattern(let pattern): patterns = [pattern]
            }
            for pattern in patterns {
                guard let regex = try? Regex(pattern) else { continue }
                rules.append((regex, "{\(normalizer.name)}"))
            }
        }
    }

    /// The text with everything that may vary replaced.
    func apply(_ text: String) -> String {
        rules.reduce(text) { $0.replacing($1.regex, with: $1.substitute) }
    }

    private static func patterns(_ builtin: Normalizer.Builtin) -> [String] {
        switch builtin {
        case .dates:
            [
                #"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"#
                    + #"[a-z]* +\d{4}(?: +\d\d:\d\d(?::\d\d)?)?(?: +[+-]\d{4})?(?: +\([A-Z]+\))?"#,
                #"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?"#,
                #"\b\d\d:\d\d:\d\d(?:\.\d+)?\b"#,
            ]
        case .queueIDs: [#"(?i)(?<=queued as |queue id |\bid=|\bid )[A-Za-z0-9._-]+"#]
        case .messageIDs: [#"<[^<>@ ]*\d[^<>@ ]*@[^<>@ ]+>"#]
        case .addresses: [#"\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?(?::\d+)?"#, #"\[(?:IPv6:)?[0-9a-fA-F:]*:[0-9a-fA-F:.]+\](?::\d+)?"#]
        case .processIDs: [#"(?<=[A-Za-z])\[\d+\]"#]
        // These speak of whole lines, listings or messages, and are applied there.
        case .hosts, .uniqueIDs, .listedSizes, .boundaries, .traceFields: []
        }
    }
}
