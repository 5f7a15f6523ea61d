import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Sessions as they end, those that match the filter: JSON objects, or whole transcripts.
final class LiveEndedSink: TraceSink {
    private let format: ExportFormat
    private let options: ExportOptions
    private let filter: SessionFilter?
    private let output: LiveOutput
    private var count = 0

    /// Sessions in a format, `ndjson` or `text`; without a filter all of them.
    init(_ format: ExportFormat, _ options: ExportOptions, filter: SessionFilter?, _ output: LiveOutput) {
        self.format = format
        self.options = options
        self.filter = filter
        self.output = output
    }

    func open(_ info: SessionInfo) -> any SessionSink {
        count += 1
        let number = count
        var wanted = SessionOptions()
        wanted.keepsContent = format == .text && options.full
        return SessionBuilder(
            info, options: wanted,
            ended: { [self] builder in
                var session = builder.session
                session.number = number
                guard filter?.matches(session) ?? true else { return }
                let item = ExportItem(session: session, contents: builder.contents)
                var export = format.makeExporter(options)
                output.write { export.session(item, into: &$0) }
            })
    }
}
