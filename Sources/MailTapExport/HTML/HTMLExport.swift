import MailTapAnalysis
import MailTapCore

/// `html`: one self-contained page; nothing is fetched, nothing runs, and nothing that a mail holds becomes markup.
public struct HTMLExport: Exporter {
    private let options: ExportOptions
    /// The sessions' part of the page, which stands below the list of them.
    private var body: [UInt8] = []
    private var rows: [UInt8] = []
    private var count = 0

    /// A page; message content is shown, folded, where the items carry it.
    public init(_ options: ExportOptions = ExportOptions()) { self.options = options }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        count += 1
        row(SessionSummary(item.session))
        HTMLSession(item, options).append(to: &body)
    }

    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {
        out.append(
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
            <meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="generator" content="MailTap"><title>
            """)
        let title = "MailTap: " + TranscriptWords.count(UInt64(count), "session")
        out.append(html: title)
        out.append("</title>\n<style>\n")
        out.append(HTMLStyle.sheet)
        out.append("\n</style></head>\n<body>\n<h1>")
        out.append(html: title)
        out.append("</h1>\n")
        if count > 0 {
            out.append("<div class=\"scroll list\"><table>\n<tr>")
            for heading in [
                "#", "started (UTC)", "seconds", "protocol", "client", "server", "messages", "octets", "ending",
                "findings", "what",
            ] {
                out.append(tag: "th", heading)
            }
            out.append("</tr>\n")
            out += rows
            out.append("</table></div>\n")
        }
        out += body
        out.append("</body></html>\n")
        body = []
        rows = []
    }

    private mutating func row(_ summary: SessionSummary) {
        rows.append(text: "<tr><td class=\"r\"><a href=\"#s\(summary.number)\">\(summary.number)</a></td>")
        rows.append(tag: "td", summary.started.nanoseconds == 0 ? "" : HTMLSession.moment(summary.started, decimals: 0))
        rows.append(tag: "td", class: "r", TimeText.text(seconds: summary.duration, decimals: 3))
        rows.append(tag: "td", summary.protocolMark)
        rows.append(tag: "td", TranscriptWords.endpoint(summary.client))
        rows.append(
            tag: "td",
            summary.server.name.map { "\($0):\(summary.server.port)" } ?? TranscriptWords.endpoint(summary.server))
        rows.append(tag: "td", class: "r", "\(summary.messages)")
        rows.append(tag: "td", class: "r", "\(summary.clientBytes &+ summary.serverBytes)")
        rows.append(tag: "td", summary.ending.rawValue)
        let style: StaticString = summary.errors > 0 ? "error" : summary.warnings > 0 ? "warning" : "note"
        rows.append(tag: "td", class: style, summary.findings)
        rows.append(tag: "td", class: "wide", summary.what.replacingArrows)
        rows.append("</tr>\n")
    }
}

extension String {
    /// With real arrows, which do not break at the end of a line.
    fileprivate var replacingArrows: String {
        split(separator: " -> ", omittingEmptySubsequences: false).joined(separator: " \u{2192} ")
    }
}
