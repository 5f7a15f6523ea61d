public import MailTapCore

/// What the hub's thread feeds: sinks, and what is to be done between and after.
///
/// Not `Sendable`: it is made on the hub's thread and never leaves it.
public struct TraceConsumer {
    /// Where each session's octets and marks go, in this order.
    public var sinks: [any TraceSink]
    /// Called at least every 100 ms while the hub runs, and once after the last entry.
    public var flush: () -> Void
    /// Called once, after the last flush.
    public var finish: () -> Void

    /// What the hub's thread feeds.
    public init(
        sinks: [any TraceSink], flush: @escaping () -> Void = {}, finish: @escaping () -> Void = {}
    ) {
        self.sinks = sinks
        self.flush = flush
        self.finish = finish
    }
}

/// Plays batches into the sinks; lives on the hub's thread.
struct BatchPlayer {
    private let consumer: TraceConsumer
    private var sessions: [UInt64: [any SessionSink]] = [:]

    init(_ consumer: TraceConsumer) { self.consumer = consumer }

    mutating func play(_ batch: borrowing TraceBatch) {
        let octets = batch.octets.span.bytes
        for entry in batch.entries {
            switch entry.kind {
            case .open(let info):
                sessions[entry.session] = consumer.sinks.map { $0.open(info) }
            case .chunk(let side, let start, let end):
                let bytes = octets.extracting(start..<end)
                for sink in sessions[entry.session] ?? [] { sink.receive(bytes, from: side, at: entry.time) }
            case .mark(let mark):
                for sink in sessions[entry.session] ?? [] { sink.mark(mark, at: entry.time) }
            case .end:
                for sink in sessions.removeValue(forKey: entry.session) ?? [] { sink.end(at: entry.time) }
            }
        }
    }

    func flush() { consumer.flush() }

    func finish() { consumer.finish() }
}
