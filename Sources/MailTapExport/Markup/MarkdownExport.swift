import MailTapAnalysis
import MailTapCore

/// `markdown`: a section per session, with the transcript in a code block and tables of messages and findings.
public struct MarkdownExport: Exporter {
    private let options: ExportOptions

    /// A Markdown document (CommonMark with tables).
    public init(_ options: ExportOptions = ExportOptions()) {
        self.options = ExportOptions(
            reveal: options.reveal, color: false, width: max(100, options.width), full: options.full,
            version: options.version)
    }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        let session = item.session
        let summary = SessionSummary(session)
        out.append(text: "## Session \(session.number): \(summary.protocolMark), \(session.ending.rawValue)\n\n")
        out.append(text: "| | |\n|---|---|\n")
        if session.info.started.nanoseconds != 0 {
            row(["started", TimeText.text(moment: session.info.started)], to: &out)
        }
        row(["duration", TimeText.text(seconds: session.duration, decimals: 3) + " s"], to: &out)
        row(["client", TranscriptWords.endpoint(session.info.client)], to: &out)
        row(["server", TranscriptWords.endpoint(session.info.server)], to: &out)
        for tunnel in session.tunnels { row(["tunnel", tunnel.description], to: &out) }
        row(["octets", "\(session.clientBytes) from the client, \(session.serverBytes) from the server"], to: &out)
        if !session.info.source.isEmpty { row(["source", session.info.source], to: &out) }
        out.append("\n")
        var transcript: [UInt8] = []
        var exporter = TranscriptExport(options)
        exporter.session(item, into: &transcript)
        let fence = [UInt8](repeating: UInt8(ascii: "`"), count: max(3, Self.longestRun(transcript) + 1))
        out += fence
        out.append("text\n")
        out += transcript
        out += fence
        out.append("\n\n")
        if !session.messages.isEmpty {
            out.append("| message | subject | from | to | octets | SHA-256 |\n|---|---|---|---|---|---|\n")
            for (index, message) in session.messages.enumerated() {
                row(
                    [
                        "\(index + 1)", message.content.subject ?? "", message.from ?? "",
                        message.to.joined(separator: ", "),
                        "\(message.bytes)", message.sha256,
                    ], to: &out)
            }
            out.append("\n")
        }
        if !session.findings.isEmpty {
            out.append("| severity | rule | finding | reference |\n|---|---|---|---|\n")
            for finding in session.findings {
                row([finding.severity.rawValue, finding.rule, finding.text, finding.reference], to: &out)
            }
            out.append("\n")
        }
    }

    private func row(_ cells: [String], to out: inout [UInt8]) {
        out.append("|")
        for cell in cells {
            out.append(" ")
            // Whatever Markdown or HTML would take for its own is said to be none.
            for octet in VisibleText.of(cell).utf8 {
                if Array("\\`*_{}[]()<>#+!|~&$@:".utf8).contains(octet) { out.append(UInt8(ascii: "\\")) }
                out.append(octet)
            }
            out.append(" |")
        }
        out.append("\n")
    }

    private static func longestRun(_ octets: [UInt8]) -> Int {
        var longest = 0
        var run = 0
        for octet in octets {
            run = octet == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
