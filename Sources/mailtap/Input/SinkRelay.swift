import MailTapCore
import Synchronization

/// Lets another core work for a sink: the reader gathers what happens, in batches, which are played to the sink in
/// their order.
///
/// ```
/// reader: open, receive, mark, end --> batch --> WorkerPool: play --> sink
/// ```
/// From a pipe, everything is played at once, on the reader's own thread.
final class SinkRelay: TraceSink, LaggingSink {
    /// A session as the reader sees it.
    private final class Session: SessionSink {
        let place: Int
        let interest: SinkInterest
        let relay: SinkRelay

        init(_ place: Int, _ interest: SinkInterest, _ relay: SinkRelay) {
            self.place = place
            self.interest = interest
            self.relay = relay
        }

        var wantsMore: Bool { interest.wantsMore.load(ordering: .relaxed) }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            let start = relay.batch.octets.count
            bytes.withUnsafeBytes { relay.batch.octets.append(contentsOf: $0) }
            let end = start + bytes.byteCount
            relay.append(SinkBatch.Entry(place: place, time: time, kind: .chunk(side, start: start, end: end)))
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            relay.append(SinkBatch.Entry(place: place, time: time, kind: .mark(mark)))
        }

        func end(at time: Timestamp) {
            // Batches are played in order, so whoever opens next at this place does so behind this end.
            relay.free.append(place)
            relay.append(SinkBatch.Entry(place: place, time: time, kind: .end))
        }
    }

    private let player: SinkPlayer
    private let pool = WorkerPool()
    private var batch = SinkBatch()
    /// Places of sessions that are over, for others to take.
    private var free: [Int] = []
    private var places = 0
    var mayLag = true

    /// - Parameter sink: not to be touched by anybody before `finish` has returned.
    init(_ sink: any TraceSink) { player = SinkPlayer(sink) }

    func open(_ info: SessionInfo) -> any SessionSink {
        let place: Int
        if let freed = free.popLast() {
            place = freed
        } else {
            place = places
            places += 1
        }
        let interest = SinkInterest()
        append(SinkBatch.Entry(place: place, time: info.started, kind: .open(info, interest)))
        return Session(place, interest, self)
    }

    /// Plays whatever is left; to be called behind the last INPUT.
    func finish() {
        pass()
        player.run()
    }

    private func append(_ entry: SinkBatch.Entry) {
        batch.entries.append(entry)
        guard !mayLag || batch.weight >= SinkBatch.fullWeight else { return }
        pass()
        if !mayLag { player.run() }
    }

    private func pass() {
        guard !batch.entries.isEmpty else { return }
        let weight = batch.weight
        batch = player.add(batch)
        if mayLag { pool.add(player, weight: weight) }
    }
}

/// Whether a session's sink still has a use for its octets; told from one thread to another.
final class SinkInterest: Sendable {
    let wantsMore = Atomic<Bool>(true)
}

/// What happened on several sessions, in order, the octets in one array.
struct SinkBatch: Sendable {
    struct Entry: Sendable {
        var place: Int
        var time: Timestamp
        var kind: Kind
    }

    enum Kind: Sendable {
        indirect case open(SessionInfo, SinkInterest)
        /// The octets `start..<end` of the batch.
        case chunk(Side, start: Int, end: Int)
        indirect case mark(Mark)
        case end
    }

    /// What makes a batch that is worth handing to another core.
    static let fullWeight = 256 << 10

    var entries: [Entry] = []
    var octets: [UInt8] = []

    var weight: Int { octets.count + entries.count * MemoryLayout<Entry>.stride }

    /// Empties the batch and keeps its room.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        octets.removeAll(keepingCapacity: true)
    }
}

/// Plays batches to a sink, one after another, on whichever thread comes first.
private final class SinkPlayer: PoolJob {
    // Sendable in truth: the sink is touched under the lock alone, until the relay has finished.
    private struct Stage: @unchecked Sendable {
        let sink: any TraceSink
        var sessions: [(session: any SessionSink, interest: SinkInterest)?] = []

        mutating func play(_ batch: SinkBatch) {
            for entry in batch.entries {
                switch entry.kind {
                case .open(let info, let interest):
                    while sessions.count <= entry.place { sessions.append(nil) }
                    sessions[entry.place] = (sink.open(info), interest)
                case .chunk(let side, let start, let end):
                    guard let (session, interest) = sessions[entry.place] else { continue }
                    session.receive(batch.octets.span.bytes.extracting(start..<end), from: side, at: entry.time)
                    if !session.wantsMore { interest.wantsMore.store(false, ordering: .relaxed) }
                case .mark(let mark):
                    sessions[entry.place]?.session.mark(mark, at: entry.time)
                case .end:
                    sessions[entry.place]?.session.end(at: entry.time)
                    sessions[entry.place] = nil
                }
            }
        }
    }

    private let waiting = Mutex<[SinkBatch]>([])
    private let spare = Mutex<[SinkBatch]>([])
    private let stage: Mutex<Stage>

    init(_ sink: any TraceSink) { stage = Mutex(Stage(sink: sink)) }

    /// Queues a batch; returns an empty one.
    func add(_ batch: SinkBatch) -> SinkBatch {
        waiting.withLock { $0.append(batch) }
        return spare.withLock { $0.popLast() } ?? SinkBatch()
    }

    /// Plays what waits.
    func run() {
        stage.withLock { stage in
            while var batch = waiting.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                stage.play(batch)
                batch.removeAll()
                spare.withLock { [batch] in $0.append(batch) }
            }
        }
    }
}
