public import MailTapCore
import Synchronization

/// Counts what sessions do, for a monitoring system.
///
/// Memory is that of the decoder and a number for each command that waits for its reply: flat, however long a session.
/// The counts may be read from any thread; as a sink it is used from one at a time.
public final class TrafficMetrics: Sendable {
    private let counts = Mutex(TrafficCounts())

    /// Nothing was counted yet.
    public init() {}

    /// The counts so far.
    public var current: TrafficCounts { counts.withLock { $0 } }

    /// A sink that counts here.
    public func sink(limits: Limits = Limits()) -> any TraceSink { Sink(self, limits) }

    fileprivate func count(_ change: (inout TrafficCounts) -> Void) { counts.withLock { change(&$0) } }

    private final class Sink: TraceSink {
        private let metrics: TrafficMetrics
        private let limits: Limits

        init(_ metrics: TrafficMetrics, _ limits: Limits) {
            self.metrics = metrics
            self.limits = limits
        }

        func open(_ info: SessionInfo) -> any SessionSink {
            metrics.count { $0.open += 1 }
            return Watched(info, metrics, limits)
        }
    }

    private final class Watched: SessionSink {
        private let metrics: TrafficMetrics
        private var dialogue: Dialogue
        private var watch: ReplyWatch
        private var ending = EndingTracker()

        init(_ info: SessionInfo, _ metrics: TrafficMetrics, _ limits: Limits) {
            self.metrics = metrics
            dialogue = Dialogue(info, limits: limits)
            watch = ReplyWatch(started: info.started)
        }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            let octets = UInt64(bytes.byteCount)
            dialogue.receive(bytes, from: side, at: time, &watch)
            metrics.count { counts in
                if side == .client { counts.clientOctets &+= octets } else { counts.serverOctets &+= octets }
                watch.settle(into: &counts)
            }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            ending.note(mark)
            dialogue.mark(mark, at: time, &watch)
        }

        func end(at time: Timestamp) {
            dialogue.end(at: time, &watch)
            ending.command(isQuit: watch.endsWithQuit)
            let key = TrafficCounts.SessionKey(proto: watch.proto, ending: ending.ending(quitReply: watch.quitReply))
            metrics.count { counts in
                watch.settle(into: &counts)
                counts.open -= 1
                counts.ended[key, default: 0] &+= 1
            }
        }
    }
}
