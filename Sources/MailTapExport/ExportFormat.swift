/// The formats of `export` that are one stream of octets; `eml` is `MessageFiles`, `pcapng` belongs to the recorder.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// The annotated transcript.
    case text
    /// An array of sessions, or one session per line.
    case json, ndjson
    /// A dialogue file.
    case dialogue
    /// The messages as a mailbox (mboxrd).
    case mbox
    /// One record per exchange.
    case csv

    /// Whether items must carry their trace.
    public var needsTrace: Bool { self == .dialogue }

    /// Whether items must carry their messages' octets; `text` needs them where all is shown.
    public func needsContents(_ options: ExportOptions) -> Bool { self == .mbox || (self == .text && options.full) }

    /// Whether sessions are to come by number; otherwise in the order of ending.
    public var isOrdered: Bool { self != .ndjson }

    /// The format's writer.
    public func makeExporter(_ options: ExportOptions) -> any Exporter {
        switch self {
        case .text: TranscriptExport(options)
        case .json: JSONExport(.array, reveal: options.reveal)
        case .ndjson: JSONExport(.lines, reveal: options.reveal)
        case .dialogue: DialogueExport(reveal: options.reveal)
        case .mbox: MboxExport()
        case .csv: CSVExport(options)
        }
    }
}
