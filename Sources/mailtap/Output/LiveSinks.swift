import MailTapAnalysis
import MailTapCore
import MailTapExport
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the threads of a live command have to tell each other.
final class LiveOutcome: Sendable {
    private struct State: Sendable {
        var failure: String?
        var isClosed = false
        var recordingFailed = false
        var reopens = false
    }

    private let state = Mutex(State())

    func fail(_ text: String) { state.withLock { if $0.failure == nil { $0.failure = text } } }

    /// The recording ended before its time; its error was said when it happened.
    func recordingFailed() { state.withLock { $0.recordingFailed = true } }

    /// What went wrong so far, in a few words; nil while all is well.
    var problem: String? {
        let state = state.withLock { $0 }
        return state.failure ?? (state.recordingFailed ? "recording failed: a part of the traffic is missing" : nil)
    }

    /// SIGHUP came: files are to be opened anew.
    func hangUp() { state.withLock { $0.reopens = true } }

    /// Whether files are to be opened anew, once for each SIGHUP.
    func takeHangUp() -> Bool {
        state.withLock { state in
            defer { state.reopens = false }
            return state.reopens
        }
    }

    /// Throws what failed while the command ran.
    func check() throws {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw Failure(.ioError, failure) }
        if state.recordingFailed { throw Ended(.ioError) }
    }

    /// The reader of standard output went away: the process ends as on SIGTERM, once.
    func outputClosed() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        if isFirst { kill(getpid(), SIGTERM) }
    }
}

/// Standard output of a live command; lives on one thread.
final class LiveOutput {
    private let outcome: LiveOutcome
    private var out: StandardOutput?

    init(_ outcome: LiveOutcome) {
        self.outcome = outcome
        out = try? StandardOutput()
    }

    /// Writes at once what `write` appends.
    func write(_ write: (inout [UInt8]) -> Void) {
        do {
            try out?.append(write)
            try out?.flush()
        } catch is StandardOutput.Closed {
            out = nil
            outcome.outputClosed()
        } catch {
            out = nil
            outcome.fail("can't write to standard output: \(StandardOutput.reason())")
        }
    }
}

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
