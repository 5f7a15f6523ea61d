import MailTapAnalysis
import MailTapCore

/// The dialogue as a sequence diagram in SVG, for a page.
struct SequenceDiagram {
    /// Arrows that are drawn; a longer dialogue is cut and says so.
    private static let limit = 200

    private struct Arrow {
        var side: Side
        var text: String
        var isRefusal = false
    }

    private let session: Session
    private var arrows: [Arrow] = []

    init(_ session: Session, reveal: Bool) {
        self.session = session
        for exchange in session.exchanges {
            if let command = exchange.command {
                let isData = command.verb == "*data"
                arrows.append(
                    Arrow(side: .client, text: isData ? "message" : command.line.text(revealing: reveal).text))
            }
            for reply in (exchange.reply.map { [$0] } ?? []) + exchange.furtherReplies {
                let text = Self.text(of: reply, revealing: reveal)
                arrows.append(
                    Arrow(side: .server, text: reply.status.text + " " + text, isRefusal: reply.status.isNegative))
            }
        }
    }

    func append(to out: inout [UInt8]) {
        guard !arrows.isEmpty else { return }
        let shown = arrows.prefix(Self.limit)
        let height = 44 + shown.count * 26
        out.append("<details><summary class=\"head\">Sequence</summary>")
        out.append(text: "<svg viewBox=\"0 0 720 \(height)\" role=\"img\" aria-label=\"sequence diagram\">")
        out.append(text: "<line class=\"life\" x1=\"90\" x2=\"90\" y1=\"24\" y2=\"\(height)\"/>")
        out.append(text: "<line class=\"life\" x1=\"630\" x2=\"630\" y1=\"24\" y2=\"\(height)\"/>")
        label(session.info.client, x: 90, to: &out)
        label(session.info.server, x: 630, to: &out)
        for (index, arrow) in shown.enumerated() {
            let y = 54 + index * 26
            let isClient = arrow.side == .client
            let style = arrow.isRefusal ? "p no" : isClient ? "q" : "p"
            let head = arrow.isRefusal ? "noh" : isClient ? "qh" : "ph"
            let dash = isClient ? "" : " stroke-dasharray=\"5 3\""
            out.append(text: "<line class=\"\(style)\"\(dash) x1=\"92\" x2=\"628\" y1=\"\(y)\" y2=\"\(y)\"/>")
            let (tip, back) = isClient ? (628, 619) : (92, 101)
            out.append(text: "<path class=\"\(head)\" d=\"M\(tip) \(y)L\(back) \(y - 4)L\(back) \(y + 4)Z\"/>")
            out.append(text: "<text x=\"360\" y=\"\(y - 5)\" text-anchor=\"middle\">")
            out.append(html: Self.short(arrow.text, 68))
            out.append("</text>")
        }
        out.append("</svg>")
        if arrows.count > Self.limit { out.append(tag: "p", class: "dim", "\(arrows.count - Self.limit) more lines") }
        out.append("</details>\n")
    }

    private func label(_ endpoint: Endpoint, x: Int, to out: inout [UInt8]) {
        out.append(text: "<text x=\"\(x)\" y=\"14\" text-anchor=\"middle\">")
        out.append(html: Self.short(endpoint.name ?? endpoint.description, 24))
        out.append("</text>")
    }

    /// The text of a reply in short: its first line, and how many more there are.
    static func text(of reply: Reply, revealing reveal: Bool) -> String {
        let text = reply.lines.first?.text(revealing: reveal).text ?? ""
        return reply.lines.count > 1 ? "\(text) … \(reply.lines.count) lines" : text
    }

    /// The beginning of a text, with an ellipsis where it goes on.
    static func short(_ text: String, _ limit: Int) -> String {
        text.unicodeScalars.count <= limit
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
    }
}
