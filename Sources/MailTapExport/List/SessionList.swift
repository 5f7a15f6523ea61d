import MailTapAnalysis
import MailTapCore

/// `list`: one line per session, in columns, or as JSON or CSV.
public struct SessionList: Exporter {
    /// How the lines are written.
    public enum Format: String, Sendable, CaseIterable {
        /// Columns for a terminal, with a line of headings.
        case text
        /// One array of objects.
        case json
        /// One object per line.
        case ndjson
        /// RFC 4180, with a line of headings.
        case csv
    }

    private let format: Format
    private let options: ExportOptions
    private var rows: [[String]] = []
    private var isFirst = true

    /// A list in `format`.
    public init(_ format: Format, _ options: ExportOptions = ExportOptions()) {
        self.format = format
        self.options = options
    }

    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) {
        switch format {
        case .json: out.append("[")
        case .csv:
            CSV.append(
                [
                    "session", "source", "started", "duration", "protocol", "tls", "client", "server", "server_name",
                    "user",
                    "from", "recipients", "refused", "messages", "message_bytes", "client_bytes", "server_bytes",
                    "ending",
                    "refusals",
                ], to: &out)
        case .text, .ndjson: break
        }
    }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        let summary = SessionSummary(item.session)
        switch format {
        case .text: rows.append(Self.columns(summary))
        case .csv: CSV.append(Self.fields(summary), to: &out)
        case .json:
            out.append(isFirst ? "\n" : ",\n")
            Self.append(summary, to: &out)
        case .ndjson:
            Self.append(summary, to: &out)
            out.append("\n")
        }
        isFirst = false
    }

    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {
        switch format {
        case .json: out.append(isFirst ? "]\n" : "\n]\n")
        case .text: table(to: &out)
        case .ndjson, .csv: break
        }
    }

    // MARK: Columns

    private static let headings = [
        "#", "STARTED (UTC)", "SECONDS", "PROTOCOL", "CLIENT", "SERVER", "MESSAGES", "OCTETS", "ENDING", "REFUSED",
        "WHAT",
    ]
    /// Columns of numbers, which end below each other.
    private static let rightAligned: Set<Int> = [0, 2, 6, 7]

    private static func columns(_ summary: SessionSummary) -> [String] {
        var moment: [UInt8] = []
        if summary.started.nanoseconds != 0 {
            TimeText.append(moment: summary.started, decimals: 0, separator: 32, zone: false, to: &moment)
        }
        let server = summary.server.name.map { "\(VisibleText.of($0)):\(summary.server.port)" }
        return [
            "\(summary.number)", String(decoding: moment, as: UTF8.self),
            TimeText.text(seconds: summary.duration, decimals: 3), summary.protocolMark,
            TranscriptFormatter.endpoint(summary.client), server ?? TranscriptFormatter.endpoint(summary.server),
            "\(summary.messages)", "\(summary.clientBytes &+ summary.serverBytes)", summary.ending.rawValue,
            summary.refusals == 0 ? "-" : "\(summary.refusals)", VisibleText.of(summary.what),
        ]
    }

    private func table(to out: inout [UInt8]) {
        guard !rows.isEmpty else { return }
        var widths = Self.headings.map { VisibleText.columns(of: $0) }
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], VisibleText.columns(of: cell)) }
        }
        Style.aside.append(to: &out, color: options.color) { line(Self.headings, widths, to: &$0) }
        out.append("\n")
        for row in rows {
            line(row, widths, to: &out)
            out.append("\n")
        }
    }

    private func line(_ cells: [String], _ widths: [Int], to out: inout [UInt8]) {
        var used = 0
        for (index, cell) in cells.enumerated() {
            let padding = widths[index] - VisibleText.columns(of: cell)
            if index > 0 {
                // Nothing but the last column is ever cut, and it only at the edge of the terminal.
                if index == cells.count - 1, cell.isEmpty { break }
                out.append("  ")
                used += 2
            }
            if Self.rightAligned.contains(index) { out.append(spaces: padding) }
            if index == cells.count - 1 {
                out.append(text: Self.cut(cell, to: max(12, options.width - used)))
            } else {
                out.append(text: cell)
            }
            if !Self.rightAligned.contains(index), index < cells.count - 1 { out.append(spaces: padding) }
            used += widths[index]
        }
        while out.last == 32 { out.removeLast() }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard VisibleText.columns(of: text) > width else { return text }
        var columns = 1
        var short = ""
        for scalar in text.unicodeScalars {
            columns += VisibleText.columns(of: scalar)
            guard columns <= width else { break }
            short.unicodeScalars.append(scalar)
        }
        return short + "…"
    }

    // MARK: Other formats

    private static func fields(_ summary: SessionSummary) -> [String] {
        [
            "\(summary.number)", summary.source, TimeText.text(moment: summary.started),
            TimeText.text(seconds: summary.duration, decimals: 6), summary.proto, summary.tls?.start.rawValue ?? "",
            TranscriptFormatter.endpoint(Endpoint(address: summary.client.address, port: summary.client.port)),
            TranscriptFormatter.endpoint(Endpoint(address: summary.server.address, port: summary.server.port)),
            summary.server.name ?? "", summary.user ?? "", summary.from ?? "",
            summary.recipients.joined(separator: " "), summary.refused.joined(separator: " "), "\(summary.messages)",
            "\(summary.messageBytes)", "\(summary.clientBytes)", "\(summary.serverBytes)", summary.ending.rawValue,
            "\(summary.refusals)",
        ]
    }

    private static func append(_ summary: SessionSummary, to out: inout [UInt8]) {
        out.append("{\"session\":")
        out.append(json: summary.number)
        out.append(",\"source\":")
        out.append(json: summary.source)
        out.append(",\"protocol\":")
        out.append(json: summary.proto)
        out.append(",\"tls\":")
        out.append(json: summary.tls?.start.rawValue)
        for (key, endpoint) in [("client", summary.client), ("server", summary.server)] {
            out.append(",\"")
            out.append(text: key)
            out.append("\":{\"address\":")
            out.append(json: endpoint.address?.description)
            out.append(",\"port\":")
            out.append(json: UInt64(endpoint.port))
            out.append(",\"name\":")
            out.append(json: endpoint.name)
            out.append("}")
        }
        out.append(",\"started\":\"")
        TimeText.append(moment: summary.started, to: &out)
        out.append("\",\"duration\":")
        TimeText.append(seconds: summary.duration, to: &out)
        out.append(",\"user\":")
        out.append(json: summary.user)
        out.append(",\"from\":")
        out.append(json: summary.from)
        out.append(",\"to\":")
        out.append(json: summary.recipients)
        out.append(",\"rejected\":")
        out.append(json: summary.refused)
        out.append(",\"messages\":")
        out.append(json: summary.messages)
        out.append(",\"message_bytes\":")
        out.append(json: summary.messageBytes)
        out.append(",\"bytes\":{\"client\":")
        out.append(json: summary.clientBytes)
        out.append(",\"server\":")
        out.append(json: summary.serverBytes)
        out.append("},\"ending\":")
        out.append(json: summary.ending.rawValue)
        out.append(",\"refusals\":")
        out.append(json: summary.refusals)
        out.append("}")
    }
}
