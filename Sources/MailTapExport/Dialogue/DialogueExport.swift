import MailTapCore

/// `dialogue`: sessions as a dialogue file (`docs/dialogue-files.md`).
public struct DialogueExport: Exporter {
    private let reveal: Bool
    private var writer = DialogueFileWriter()

    /// A dialogue file of the items' traces; an item without its trace is left out.
    ///
    /// - Parameter reveal: whether secrets are written as they stand in the trace.
    public init(reveal: Bool = false) { self.reveal = reveal }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        guard let trace = item.trace else { return }
        writer.write(reveal ? trace : TraceMasking.masked(trace), to: &out)
    }
}
