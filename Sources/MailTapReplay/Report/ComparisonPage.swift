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
            "<h2 class=\"\(mark)\">session \(entry.number)\(often): \(VisibleReportText.html(text))</h2>\n"
        }
        switch entry.outcome {
        case .skipped(let why): return line("skipped", "not played: \(why)")
        case .failed(let why): return line("different", "failed: \(why)")
        case .compared(let comparison):
            let session = comparison.expected ?? comparison.came
            let proto = session?.proto?.name ?? "unknown"
            let rules = comparison.usedNormalizers
            let but = rules.isEmpty ? "" : ", but for \(rules.joined(separator: ", "))"
            guard !comparison.isSame else {
                let count = ComparisonReport.count(session?.exchanges.count ?? 0, "exchange")
                return line("same", "\(proto), the same: \(count)\(but)")
            }
            let count = ComparisonReport.count(comparison.differences.count, "difference")
            return line("different", "\(proto), \(count)\(but)") + table(comparison)
        }
    }

    private func table(_ comparison: SessionComparison) -> String {
        var rows = "<table>\n<tr><th>expected</th><th>came</th></tr>\n"
        var told: Set<Int> = []
        let marked = comparison.pairs.indices.filter { index in
            comparison.differences.contains { Self.concerns($0, comparison.pairs[index]) }
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
                !told.contains($0) && Self.concerns(comparison.differences[$0], pair)
            }
            told.formUnion(mine)
            let left = cell(pair.expected.flatMap { comparison.expected?.exchanges[checked: $0] })
            let right = cell(pair.came.flatMap { comparison.came?.exchanges[checked: $0] })
            rows += "<tr\(mine.isEmpty ? "" : " class=\"d\"")><td>\(left)</td><td>\(right)</td></tr>\n"
            rows += mine.map { why(comparison.differences[$0]) }.joined()
        }
        rows += Self.fold(&hidden)
        for (index, difference) in comparison.differences.enumerated() where !told.contains(index) {
            rows += why(difference)
        }
        for note in comparison.notes where note.kind == .leftOut || note.kind == .inserted {
            let kind = note.kind == .leftOut ? "left out" : "inserted"
            rows += "<tr class=\"n\"><td colspan=\"2\">\(kind): \(VisibleReportText.html(note.text))</td></tr>\n"
        }
        return rows + "</table>\n"
    }

    private static func concerns(_ difference: Difference, _ pair: SessionComparison.Pair) -> Bool {
        if let exchange = difference.exchange { return pair.expected == exchange }
        return difference.cameExchange.map { pair.came == $0 } ?? false
    }

    private static func fold(_ hidden: inout Int) -> String {
        guard hidden > 0 else { return "" }
        defer { hidden = 0 }
        return "<tr class=\"n\"><td colspan=\"2\">\(ComparisonReport.count(hidden, "exchange")) the same</td></tr>\n"
    }

    private func why(_ difference: Difference) -> String {
        let values = [("expected", difference.expected), ("came", difference.came)].filter { !$0.1.isEmpty }.map {
            "\($0.0): \($0.1)"
        }
        let text = "\(difference.kind.rawValue): \(difference.why)"
        let detail = values.isEmpty ? "" : " (\(values.joined(separator: "; ")))"
        return "<tr class=\"w\"><td colspan=\"2\">\(VisibleReportText.html(text + detail))</td></tr>\n"
    }

    private func cell(_ exchange: Exchange?) -> String {
        guard let exchange else { return "" }
        var lines: [String] = []
        if let command = exchange.command {
            lines.append(command.verb == "*data" ? "C: (the message)" : "C: \(command.line.text().text)")
        }
        for reply in [exchange.reply].compactMap(\.self) + exchange.furtherReplies {
            let status = reply.acceptable.map { "{\($0.name)}" } ?? reply.status.text
            lines += reply.lines.map { "S: \(status) \($0.text().text)" }
        }
        return lines.prefix(60).map(VisibleReportText.html).joined(separator: "<br>")
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
        .d td { background: var(--bad) } .w td { color: var(--badtext); font-family: inherit }
        .n td { color: var(--soft); font-family: inherit }
        """
}
