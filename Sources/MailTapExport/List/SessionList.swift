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
    /// Rows that wait until the columns' widths are settled.
    private var rows: [ListRow] = []
    /// The row at hand, once they are; kept for its room.
    private var row = ListRow()
    private var widths: [Int]?
    /// Columns for which a narrow terminal has no room.
    private var hidden: Set<Int> = []
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
        session(SessionSummary(item.session), into: &out)
    }

    /// Writes one session, of which this is known.
    public mutating func session(_ summary: SessionSummary, into out: inout [UInt8]) {
        switch format {
        case .text: row(summary, to: &out)
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

    /// Writes the rows that wait for others, since none may come for long: a list of an input that grows.
    ///
    /// The columns then have room for what most sessions need.
    public mutating func pause(into out: inout [UInt8]) {
        guard case .text = format, widths == nil else { return }
        table(atLeast: Self.usualWidths, to: &out)
    }

    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {
        switch format {
        case .json: out.append(isFirst ? "]\n" : "\n]\n")
        case .text: if widths == nil { table(to: &out) }
        case .ndjson, .csv: break
        }
    }

    // MARK: Columns

    private static let headings = [
        "#", "STARTED (UTC)", "SECONDS", "PROTOCOL", "CLIENT", "SERVER", "MESSAGES", "OCTETS", "ENDING", "REFUSED",
        "WHAT",
    ]
    /// Columns of numbers, which end below each other.
    private static func isRightAligned(_ column: Int) -> Bool {
        switch column {
        case 0, 2, 6, 7: true
        default: false
        }
    }

    /// What the columns of most sessions need: four digits, an IPv4 address with its port, a host's name.
    private static let usualWidths = [4, 19, 8, 8, 21, 24, 8, 9, 13, 7]

    /// The first to go where the terminal is narrow: octets, refusals, messages, the client, seconds, the start.
    private static let dispensable = [7, 9, 6, 4, 2, 1]
    /// Columns that are left for what a session was about.
    private static let roomForWhat = 20

    /// Which columns have to go so that the last one has room.
    private static func hidden(_ widths: [Int], in width: Int) -> Set<Int> {
        var used = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        var hidden: Set<Int> = []
        for column in dispensable where used + roomForWhat > width {
            hidden.insert(column)
            used -= widths[column] + 2
        }
        // A wide column that went may have made room for a narrow one that went before.
        for column in dispensable.reversed()
        where hidden.contains(column) && used + widths[column] + 2 + roomForWhat <= width {
            hidden.remove(column)
            used += widths[column] + 2
        }
        return hidden
    }

    private static func write(_ summary: SessionSummary, into row: inout ListRow) {
        row.append(UInt64(clamping: summary.number))
        row.append(ascii: { out in
            guard summary.started.nanoseconds != 0 else { return }
            TimeText.append(moment: summary.started, decimals: 0, separator: 32, zone: false, to: &out)
        })
        row.append(ascii: { TimeText.append(seconds: summary.duration, decimals: 3, to: &$0) })
        row.append(summary.protocolMark)
        row.append(summary.client, preferringName: false)
        row.append(summary.server, preferringName: true)
        row.append(UInt64(clamping: summary.messages))
        row.append(summary.clientBytes &+ summary.serverBytes)
        row.append(summary.ending.rawValue)
        if summary.refusals == 0 { row.append("-") } else { row.append(UInt64(clamping: summary.refusals)) }
        row.append(whatOf: summary)
    }

    /// So many sessions settle the widths of the columns; those behind them are written as they come, so that a list
    /// without end needs no more memory than this.
    private static let settling = 1_000

    private mutating func row(_ summary: SessionSummary, to out: inout [UInt8]) {
        guard let widths else {
            var row = ListRow()
            row.reserveCapacity()
            Self.write(summary, into: &row)
            rows.append(row)
            if rows.count == Self.settling { table(to: &out) }
            return
        }
        row.removeAll()
        Self.write(summary, into: &row)
        line(row, widths, to: &out)
        out.append("\n")
    }

    /// Writes the headings and the rows that waited.
    private mutating func table(atLeast least: [Int] = [], to out: inout [UInt8]) {
        guard !rows.isEmpty else { return }
        var headings = ListRow()
        for heading in Self.headings { headings.append(heading) }
        var widths = Array(headings.widths)
        for (index, columns) in least.enumerated() { widths[index] = max(widths[index], columns) }
        for row in rows {
            for (index, columns) in row.widths.enumerated() { widths[index] = max(widths[index], columns) }
        }
        hidden = Self.hidden(widths, in: options.width)
        Style.aside.append(to: &out, color: options.color) { line(headings, widths, to: &$0) }
        out.append("\n")
        for row in rows {
            line(row, widths, to: &out)
            out.append("\n")
        }
        rows = []
        self.widths = widths
    }

    private func line(_ row: ListRow, _ widths: [Int], to out: inout [UInt8]) {
        let start = out.count
        var used = 0
        // Spaces that stand before the next cell, if there is one.
        var spaces = 0
        for (index, cell) in row.cells.enumerated() where hidden.isEmpty || !hidden.contains(index) {
            let isLast = index == row.cells.count - 1
            let padding = max(0, widths[index] - cell.columns)
            if index > 0 {
                // Nothing but the last column is ever cut, and it only at the edge of the terminal.
                if isLast, cell.range.isEmpty { break }
                spaces += 2
                used += 2
            }
            if Self.isRightAligned(index) { spaces += padding }
            out.append(spaces: spaces)
            spaces = Self.isRightAligned(index) ? 0 : padding
            let limit = max(12, options.width - used)
            if isLast, cell.columns > limit {
                let text = String(decoding: row.octets[cell.range], as: UTF8.self)
                out.append(text: Self.cut(text, to: limit))
            } else {
                row.octets.withUnsafeBufferPointer {
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: $0[cell.range]))
                }
            }
            used += max(widths[index], cell.columns)
        }
        while out.count > start, out.last == 32 { out.removeLast() }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        var columns = 1
        var short = ""
        for scalar in text.unicodeScalars {
            columns += scalar.terminalColumns
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
            TranscriptWords.endpoint(Endpoint(address: summary.client.address, port: summary.client.port)),
            TranscriptWords.endpoint(Endpoint(address: summary.server.address, port: summary.server.port)),
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
