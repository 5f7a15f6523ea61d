import MailTapAnalysis
import MailTapCore

/// `json` and `ndjson`: sessions as `SessionJSON` writes them, streamed.
public struct JSONExport: Exporter {
    /// How the sessions stand beside each other.
    public enum Layout: Sendable {
        /// One array, one session per line.
        case array
        /// One object per line, nothing else.
        case lines
    }

    private let layout: Layout
    private let writer: SessionJSON
    private var memo = JSONMemo()
    private var isFirst = true

    /// A writer of sessions as JSON.
    public init(_ layout: Layout, reveal: Bool = false) {
        self.layout = layout
        writer = SessionJSON(reveal: reveal)
    }

    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) {
        if layout == .array { out.append("[") }
    }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        beginSession(into: &out)
        writer.append(item.session, to: &out, &memo)
        endSession(into: &out)
    }

    /// Writes one session that `append` has as a line of JSON already.
    public mutating func line(into out: inout [UInt8], _ append: (inout [UInt8]) -> Void) {
        beginSession(into: &out)
        append(&out)
        endSession(into: &out)
    }

    private mutating func beginSession(into out: inout [UInt8]) {
        if layout == .array { out.append(isFirst ? "\n" : ",\n") }
        isFirst = false
    }

    private func endSession(into out: inout [UInt8]) {
        if layout == .lines { out.append("\n") }
    }

    /// Writes what stands behind the last session.
    public mutating func end(into out: inout [UInt8]) {
        if layout == .array { out.append(isFirst ? "]\n" : "\n]\n") }
    }
}
