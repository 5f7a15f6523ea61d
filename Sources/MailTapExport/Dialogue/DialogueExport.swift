public import MailTapCore

/// `dialogue`: sessions as a dialogue file (`docs/dialogue-files.md`).
public struct DialogueExport: Exporter {
    /// Gives octets of the same number in place of a secret token.
    public typealias Masking = @Sendable (_ token: [UInt8], _ kind: SecretKind) -> [UInt8]

    private let mask: Masking?
    private var writer = DialogueFileWriter()

    /// A dialogue file of the items' traces; an item without its trace is left out.
    ///
    /// - Parameter mask: replaces secrets; nil to write them as they stand in the trace.
    public init(mask: Masking?) { self.mask = mask }

    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        guard var trace = item.trace else { return }
        if let mask { trace = TraceMasking.masked(trace, by: mask) }
        writer.write(trace, to: &out)
    }
}
