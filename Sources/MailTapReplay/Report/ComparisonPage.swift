import MailTapAnalysis
import MailTapCore

/// A report as one self-contained page: each session with both sides next to each other.
public struct ComparisonPage {
    /// Exchanges that are shown around a difference.
    private static let context = 2
    private let report: ComparisonReport
    private let title: String

    /// The page of a report.
    public init(_ report: ComparisonReport, title: String) {
        self.report = report
        self.title = title
    }

    /// The page; nothing in it is fetched or executed.
    public var html: String {
        let title = VisibleReportText.html(title)
        var body = "<h1>\(title)</h1>\n<p class=\"\(report.isSame ? "same" : "different")\">"
        body += VisibleReportText.html(report.summary) + "</p>\n"
        if let load = report.load {
            body += "<p>\(load.text.map(VisibleReportText.html).joined(separator: "<br>"))</p>\n"
        }
        for entry in report.entries { body += section(entry) }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            \(body)</body>
            </html>

            """
    }

    private func section(_ entry: ComparisonReport.Entry) -> String {
        let often = entry.times > 1 ? ", \(entry.times) times" : ""
        func line(_ mark: String, _ text: String) -> String {
            "<h2 class=\"\(mark)\">session \(entry.name)\(often): \(VisibleReportText.html(text))</h2>\n"
        }
        switch entry.outcome {
        case .skipped(let why): return line("skipped", "not played: \(why)")
        case .failed(let why): return line("different", "failed: \(why)")
        case .compared(let comparison):
            let session = comparison.expected ?? comparison.came
            let proto = session?.proto?.name ?? "unknown"
            let rules = comparison.usedNormalizers
            let but = rules.isEmpty ? "" : ", let vary: \(rules.joined(separator: ", "))"
            guard !comparison.isSame else {
                let count = ComparisonReport.count(session?.exchanges.count ?? 0, "exchange")
                return line("same", "\(proto), the same: \(count)\(but)")
            }
            let count = ComparisonReport.count(comparison.differences.count, "difference")
            return line("different", "\(proto), \(count)\(but)") + table(comparison)
        }
    }

    private func table(_ comparison: SessionComparison) -> String {
        var rows = "<table>\n<tr><th>expected</th><th class=\"m\"></th><th>came</th></tr>\n"
        let builder = ComparisonRows(comparison)
        var told: Set<Int> = []
        let marked = comparison.pairs.indices.filter { index in
            comparison.differences.contains { $0.concerns(comparison.pairs[index]) }
        }
        let shown = Set(marked.flatMap { max(0, $0 - Self.context)...($0 + Self.context) })
        var hidden = 0
        for (index, pair) in comparison.pairs.enumerated() {
            guard shown.contains(index) else {
                hidden += 1
                continue
            }
            rows += Self.fold(&hidden)
            let mine = comparison.differences.indices.filter {
                !told.contains($0) && comparison.differences[$0].concerns(pair)
            }
            told.formUnion(mine)
            let lines = builder.rows(pair, mine.map { comparison.differences[$0] })
            rows += ComparisonRow.folding(lines).map(row).joined()
            rows += mine.map { why(comparison.differences[$0]) }.joined()
        }
        rows += Self.fold(&hidden)
        for (index, difference) in comparison.differences.enumerated() where !told.contains(index) {
            rows += why(difference)
        }
        for note in comparison.notes {
            guard let kind = [.leftOut: "left out", .inserted: "inserted", .altered: "said otherwise"][note.kind] else {
                continue
            }
            rows += Self.across("n", "\(kind): \(note.text)")
        }
        return rows + "</table>\n"
    }

    private func row(_ row: ComparisonRow) -> String {
        guard row.kind != .fold else { return Self.across("n", row.left ?? "") }
        let (left, right) = (VisibleReportText.html(row.left ?? ""), VisibleReportText.html(row.right ?? ""))
        let look =
            switch row.kind {
            case .changed, .gone, .new: " class=\"d\""
            case .free: " class=\"f\""
            case .same, .fold: ""
            }
        let mark = VisibleReportText.html(String(row.kind.rawValue))
        return "<tr\(look)><td>\(left)</td><td class=\"m\">\(mark)</td><td>\(right)</td></tr>\n"
    }

    private static func across(_ look: String, _ text: String) -> String {
        "<tr class=\"\(look)\"><td colspan=\"3\">\(VisibleReportText.html(text))</td></tr>\n"
    }

    private static func fold(_ hidden: inout Int) -> String {
        guard hidden > 0 else { return "" }
        defer { hidden = 0 }
        return across("n", "\(ComparisonReport.count(hidden, "exchange")) the same")
    }

    private func why(_ difference: Difference) -> String {
        let values = [("expected", difference.expected), ("came", difference.came)].filter { !$0.1.isEmpty }.map {
            "\($0.0): \($0.1.replacing("\n", with: " / "))"
        }
        let detail = values.isEmpty ? "" : " (\(values.joined(separator: "; ")))"
        return Self.across("w", "\(difference.kind.rawValue): \(difference.why)\(detail)")
    }

    private static let style = """
        :root { color-scheme: light dark; --line: #d0d4da; --soft: #6a737d; --bad: #fdecea; --badtext: #a61b12; \
        --good: #1a7f37 }
        @media (prefers-color-scheme: dark) { :root { --line: #3a4048; --soft: #9aa4af; --bad: #3d1f1d; \
        --badtext: #ff9b92; --good: #57c478 } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
        h1 { font-size: 1.3rem; overflow-wrap: anywhere } h2 { font-size: 1rem; margin: 1.5rem 0 .4rem }
        .same { color: var(--good) } .different { color: var(--badtext) } .skipped { color: var(--soft) }
        table { border-collapse: collapse; width: 100%; table-layout: fixed }
        th, td { border: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top }
        td { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
        td { white-space: pre-wrap } .m { width: 1.2rem; text-align: center; padding: .3rem 0 }
        .f td { color: var(--soft) } .d td { background: var(--bad) } .w td { color: var(--badtext); font-family: inherit }
        .n td { color: var(--soft); font-family: inherit }
        """
}
