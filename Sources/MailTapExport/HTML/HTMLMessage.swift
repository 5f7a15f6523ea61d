import MailTapAnalysis
import MailTapCore

/// One message's part of the page: envelope, header facts, the MIME tree with its texts, the source.
struct HTMLMessage {
    /// Octets of a message or a part that are shown unless all are wanted.
    private static let limit = 65_536

    private let message: Message
    private let number: Int
    private let content: [UInt8]?
    private let options: ExportOptions

    init(_ message: Message, number: Int, content: [UInt8]?, _ options: ExportOptions) {
        self.message = message
        self.number = number
        self.content = content.flatMap { $0.isEmpty ? nil : $0 }
        self.options = options
    }

    func append(to out: inout [UInt8]) {
        out.append("<details class=\"m\"><summary class=\"head\">")
        out.append(html: "Message \(number)" + (message.content.subject.map { ": " + $0 } ?? ""))
        out.append(
            tag: "span", class: "dim",
            "  " + TranscriptWords.count(message.bytes, "octet") + (message.complete ? "" : ", incomplete"))
        out.append("</summary><dl>")
        let facts: [(String, String?)] = [
            ("envelope from", message.from.map { $0.isEmpty ? "<>" : $0 }),
            ("envelope to", message.to.isEmpty ? nil : message.to.joined(separator: ", ")),
            ("refused", message.rejected.isEmpty ? nil : message.rejected.joined(separator: ", ")),
            ("accepted", message.accepted.map { $0 ? "yes" : "no" }), ("from", message.content.from),
            ("to", message.content.to), ("date", message.content.date), ("message id", message.content.messageID),
            ("header section", message.content.facts.phrases.joined(separator: "; ")), ("SHA-256", message.sha256),
        ]
        for case (let name, let value?) in facts where !value.isEmpty {
            out.append(tag: "dt", name)
            out.append(tag: "dd", value)
        }
        out.append("</dl>")
        tree(to: &out)
        if let content { folded("source", content, to: &out) }
        out.append("</details>\n")
    }

    // MARK: The MIME tree

    private func tree(to out: inout [UInt8]) {
        let parts = message.content.parts
        let pieces = content.map(MIMEPieces.of) ?? []
        // Where the two readings of a broken structure differ, the plain list of parts is what holds.
        let leaves = pieces.count { if case .leaf = $0.kind { true } else { false } }
        guard leaves == parts.count, let content else {
            for part in parts { leaf(part, depth: 0, to: &out) }
            return
        }
        var next = parts.makeIterator()
        for piece in pieces {
            switch piece.kind {
            case .header(let header) where header.boundary != nil || header.opensMessage:
                node(piece.depth, to: &out) { out in out.append(tag: "code", header.media) }
            case .leaf(let form):
                guard let part = next.next() else { continue }
                let text = form.isText ? form.transferForm(Array(content[piece.range])).decoded : nil
                leaf(part, depth: piece.depth, text: text, to: &out)
            case .header, .around, .delimiter: break
            }
        }
    }

    private func leaf(_ part: MessagePart, depth: Int, text: [UInt8]? = nil, to out: inout [UInt8]) {
        node(depth, to: &out) { out in
            out.append(tag: "code", part.type)
            if let name = part.filename { out.append(tag: "b", name) }
            var facts = TranscriptWords.count(part.bytes, "octet")
            if let charset = part.charset { facts = charset + ", " + facts }
            out.append(tag: "span", class: "dim", facts)
            out.append("<span class=\"dim mono\" title=\"SHA-256 ")
            out.append(html: part.sha256)
            out.append("\">")
            out.append(html: String(part.sha256.prefix(12)))
            out.append("</span>")
            if let text, !text.isEmpty { folded("text", text, to: &out) }
        }
    }

    private func node(_ depth: Int, to out: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        out.append(text: "<div class=\"part\" style=\"--d:\(min(depth, 12))\">")
        write(&out)
        out.append("</div>\n")
    }

    /// Lines that unfold; never taken for markup.
    private func folded(_ name: String, _ octets: [UInt8], to out: inout [UInt8]) {
        let shown = options.full ? octets.count : min(octets.count, Self.limit)
        out.append("<details><summary>")
        out.append(html: name)
        out.append("</summary><pre>")
        for (number, line) in octets[..<shown].split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            if number > 0 { out.append("\n") }
            var visible: [UInt8] = []
            VisibleText.append(line.last == 13 ? line.dropLast() : line, to: &visible)
            out.append(htmlVisible: visible)
        }
        out.append("</pre>")
        if shown < octets.count { out.append(tag: "p", class: "dim", "\(octets.count - shown) more octets") }
        out.append("</details>")
    }
}
