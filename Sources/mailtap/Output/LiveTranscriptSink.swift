import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Shows sessions while they run, line by line.
final class LiveTranscriptSink: TraceSink {
    private let options: ExportOptions
    private let output: LiveOutput
    private var count = 0
    private var open = 0

    init(_ options: ExportOptions, _ output: LiveOutput) {
        self.options = options
        self.output = output
    }

    func open(_ info: SessionInfo) -> any SessionSink {
        count += 1
        open += 1
        return Watched(info, number: count, by: self)
    }

    private final class Watched: SessionSink {
        private var builder: SessionBuilder?
        private var transcript: LiveTranscript
        private let number: Int
        private let sink: LiveTranscriptSink

        init(_ info: SessionInfo, number: Int, by sink: LiveTranscriptSink) {
            self.number = number
            self.sink = sink
            transcript = LiveTranscript(sink.options)
            var options = SessionOptions()
            options.keepsContent = sink.options.full
            builder = SessionBuilder(
                info, options: options,
                progress: { [unowned self] progress, session in show(progress, session) })
            var session = Session(info: info)
            session.number = number
            sink.output.write { transcript.open(session, into: &$0) }
        }

        private func show(_ progress: SessionProgress, _ session: Session) {
            transcript.prefix = sink.open > 1 ? "\(number) " : ""
            sink.output.write { out in
                transcript.progress(progress, session, content: { _ in nil }, into: &out)
            }
        }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            builder?.receive(bytes, from: side, at: time)
        }

        func mark(_ mark: Mark, at time: Timestamp) { builder?.mark(mark, at: time) }

        func end(at time: Timestamp) {
            builder?.end(at: time)
            if var session = builder?.session {
                session.number = number
                transcript.prefix = sink.open > 1 ? "\(number) " : ""
                sink.output.write { transcript.end(session, into: &$0) }
            }
            builder = nil
            sink.open -= 1
        }
    }
}
