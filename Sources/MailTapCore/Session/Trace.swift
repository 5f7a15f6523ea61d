/// One session as raw record: what was known at its start, and everything that happened on it, in order.
///
/// A trace is the source of truth; events, exchanges and messages are derived from it.
public struct Trace: Sendable, Equatable {
    /// Octets as they came, or a mark.
    public enum Entry: Sendable, Equatable {
        /// Octets that a side sent, as received in one read.
        case chunk(Side, [UInt8])
        /// Something other than octets.
        case mark(Mark)

        /// Whether these are octets that `side` sent.
        func isChunk(of side: Side) -> Bool {
            if case .chunk(side, _) = self { true } else { false }
        }
    }

    /// What was known when the session opened.
    public var info: SessionInfo
    /// What happened, in order, each with its moment.
    public var entries: [(time: Timestamp, entry: Entry)] = []
    /// When the session was over.
    public var ended: Timestamp

    /// A trace without entries.
    public init(info: SessionInfo) {
        self.info = info
        ended = info.started
    }

    /// Plays the trace into a sink, as its source did.
    public func play(into sink: any TraceSink) {
        play(into: sink.open(info))
    }

    /// Plays the trace into a session that is open already, to its end.
    public func play(into session: any SessionSink) {
        for (time, entry) in entries {
            switch entry {
            case .chunk(let side, let bytes): session.receive(bytes.span.bytes, from: side, at: time)
            case .mark(let mark): session.mark(mark, at: time)
            }
        }
        session.end(at: ended)
    }

    /// The same information and the same entries at the same moments.
    public static func == (lhs: Trace, rhs: Trace) -> Bool {
        lhs.info == rhs.info && lhs.ended == rhs.ended
            && lhs.entries.elementsEqual(rhs.entries) { $0.time == $1.time && $0.entry == $1.entry }
    }
}

/// Collects whole traces in memory, in the order in which they opened.
public final class TraceCollector: TraceSink {
    private final class Session: SessionSink {
        var trace: Trace
        init(_ info: SessionInfo) { trace = Trace(info: info) }
        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            trace.entries.append((time, .chunk(side, [UInt8](copying: bytes))))
        }
        func mark(_ mark: Mark, at time: Timestamp) { trace.entries.append((time, .mark(mark))) }
        func end(at time: Timestamp) { trace.ended = time }
    }

    private var sessions: [Session] = []

    /// An empty collector.
    public init() {}

    /// What was collected so far.
    public var traces: [Trace] { sessions.map(\.trace) }

    /// Begins a session.
    public func open(_ info: SessionInfo) -> any SessionSink {
        let session = Session(info)
        sessions.append(session)
        return session
    }
}
