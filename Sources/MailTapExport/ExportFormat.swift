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
    /// One self-contained page.
    case html
    /// The sessions as Markdown.
    case markdown
    /// A sequence diagram for Mermaid.
    case mermaid
    /// The findings, as a SARIF 2.1.0 log.
    case sarif
    /// The findings, as test results.
    case junit, tap
    /// Command lines that reproduce a session with a tool of that name.
    case swaks, curl, openssl

    /// Whether items must carry their trace.
    public var needsTrace: Bool { self == .dialogue }

    /// Whether items must carry their messages' octets; `text` needs them where all is shown.
    public func needsContents(_ options: ExportOptions) -> Bool {
        switch self {
        case .mbox, .html, .swaks, .openssl: true
        case .text: options.full
        default: false
        }
    }

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
        case .html: HTMLExport(options)
        case .markdown: MarkdownExport(options)
        case .mermaid: MermaidExport(options)
        case .sarif: SARIFExport(options)
        case .junit: TestReportExport(.junit, options)
        case .tap: TestReportExport(.tap, options)
        case .swaks: CommandLineExport(.swaks)
        case .curl: CommandLineExport(.curl)
        case .openssl: CommandLineExport(.openssl)
        }
    }
}
