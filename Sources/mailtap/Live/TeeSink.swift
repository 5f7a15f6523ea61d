import MailTapCore

/// Gives each session to several sinks.
final class TeeSink: TraceSink {
    private let sinks: [any TraceSink]

    init(_ sinks: [any TraceSink]) { self.sinks = sinks }

    func open(_ info: SessionInfo) -> any SessionSink { Tee(sinks.map { $0.open(info) }) }

    private final class Tee: SessionSink {
        private let sinks: [any SessionSink]

        init(_ sinks: [any SessionSink]) { self.sinks = sinks }

        var wantsMore: Bool { sinks.contains { $0.wantsMore } }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            for sink in sinks { sink.receive(bytes, from: side, at: time) }
        }

        func mark(_ mark: Mark, at time: Timestamp) { for sink in sinks { sink.mark(mark, at: time) } }

        func end(at time: Timestamp) { for sink in sinks { sink.end(at: time) } }
    }
}
