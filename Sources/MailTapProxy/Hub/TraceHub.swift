public import MailTapCore
import Synchronization

/// Carries what happens on all sessions from the event loops to one thread that feeds the sinks.
///
/// ```
/// event loops --append--> batch (mutex) --swap--> hub's thread --> recorder, live transcript, JSON
/// ```
/// Nothing is ever dropped: when more than `highWater` octets wait, `receive` says so, the relay pauses its reads and
/// asks to be called back. Any thread may call; entries of one session must come from one thread.
public final class TraceHub: Sendable {
    private struct State: Sendable {
        var batch = TraceBatch()
        /// Weight of what the consumer took and has not finished.
        var inFlight = 0
        var peak = 0
        var nextSession: UInt64 = 1
        /// When the consumer took what it works on, or was found idle.
        var waitingSince: Int64?
        var isLagging = false
        var isFinishing = false
        var isFinished = false
        var hasRung = false
        var waiters: [@Sendable () -> Void] = []
        var finishers: [CheckedContinuation<Void, Never>] = []

        var weight: Int { batch.weight &+ inFlight }
    }

    private let state = Mutex(State())
    private let doorbell: Doorbell
    private let highWater: Int
    private let isImmediate: Bool

    /// A hub whose thread runs from now on.
    ///
    /// - Parameters:
    ///   - highWater: octets that may wait before reads are paused; they resume at half of it.
    ///   - immediate: whether a sink shows things as they happen; otherwise the thread looks every 50 ms.
    ///   - consumer: makes the sinks, on the hub's thread, where they stay. May capture what it alone uses.
    /// - Throws: `ProxyError` where no descriptor is left.
    public init(
        highWater: Int = 8 << 20, immediate: Bool = false, consumer: sending @escaping () -> TraceConsumer
    ) throws(ProxyError) {
        guard let doorbell = Doorbell() else {
            throw ProxyError(
                code: .resources, context: "can't start the recorder: no file descriptor is left; raise ulimit -n")
        }
        self.doorbell = doorbell
        self.highWater = highWater
        isImmediate = immediate
        TraceThread.start { [self] in consume(BatchPlayer(consumer())) }
    }

    /// A session opens; the number is the hub's own, for the calls below.
    public func open(_ info: SessionInfo) -> UInt64 {
        let (session, rings) = state.withLock { state -> (UInt64, Bool) in
            let session = state.nextSession
            state.nextSession &+= 1
            state.batch.entries.append(.init(session: session, time: info.started, kind: .open(info)))
            return (session, self.mustRing(&state))
        }
        if rings { doorbell.ring() }
        return session
    }

    /// Octets that `side` sent; copied once.
    ///
    /// - Returns: whether the hub lags, so that the caller stops reading and calls `whenDrained`.
    public func receive(_ bytes: RawSpan, session: UInt64, from side: Side, at time: Timestamp) -> Bool {
        let (lags, rings) = bytes.withUnsafeBytes { bytes in
            state.withLock { state -> (Bool, Bool) in
                let start = state.batch.octets.count
                state.batch.octets.append(contentsOf: bytes)
                let end = state.batch.octets.count
                state.batch.entries.append(
                    .init(session: session, time: time, kind: .chunk(side, start: start, end: end)))
                let weight = state.weight
                state.peak = max(state.peak, weight)
                if weight > self.highWater { state.isLagging = true }
                return (state.isLagging, self.mustRing(&state))
            }
        }
        if rings { doorbell.ring() }
        return lags
    }

    /// Something other than octets happened.
    public func mark(_ mark: Mark, session: UInt64, at time: Timestamp) {
        append(.mark(mark), session, time)
    }

    /// The session is over.
    public func end(session: UInt64, at time: Timestamp) {
        append(.end, session, time)
    }

    /// Calls `resume` once, from any thread, when the hub has caught up; at once where it does not lag.
    public func whenDrained(_ resume: @escaping @Sendable () -> Void) {
        let waits = state.withLock { state in
            if state.isLagging { state.waiters.append(resume) }
            return state.isLagging
        }
        if !waits { resume() }
    }

    /// Returns when everything that was handed over has reached the sinks, they were flushed and the thread ended.
    ///
    /// Entries that come later are dropped. May be called more than once.
    public func finish() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                state.isFinishing = true
                if !state.isFinished { state.finishers.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() } else { doorbell.ring() }
        }
    }

    /// The most octets that ever waited at once, with some for each entry.
    public var peakBacklog: Int { state.withLock { $0.peak } }

    /// Octets that wait now, with some for each entry.
    public var backlog: Int { state.withLock { $0.weight } }

    /// Nanoseconds since the sinks began with what they work on, or last looked; 0 while nothing waits.
    ///
    /// At most some 50 milliseconds while they keep up.
    public var lag: Int64 {
        let since = state.withLock { $0.weight > 0 ? $0.waitingSince : nil }
        return since.map { max(0, SessionClock.monotonic &- $0) } ?? 0
    }

    private func append(_ kind: TraceBatch.Kind, _ session: UInt64, _ time: Timestamp) {
        let rings = state.withLock { state in
            state.batch.entries.append(.init(session: session, time: time, kind: kind))
            return self.mustRing(&state)
        }
        if rings { doorbell.ring() }
    }

    /// Whether the thread is to be woken: once a batch, for an immediate sink, or when a quarter of the room is used.
    private func mustRing(_ state: inout State) -> Bool {
        guard !state.hasRung, isImmediate || state.batch.weight > highWater / 4 else { return false }
        state.hasRung = true
        return true
    }

    // MARK: The hub's thread

    private func consume(_ player: consuming BatchPlayer) {
        var player = player
        var batch = TraceBatch()
        var lastFlush = SessionClock.monotonic
        while true {
            let isLast = take(&batch)
            if batch.isEmpty, !isLast {
                doorbell.wait(milliseconds: 50)
            } else {
                player.play(batch)
                let resumed = finished(&batch)
                for resume in resumed { resume() }
                // Without an immediate sink, entries gather for a while, so that they come in batches.
                if !isLast, !isImmediate { doorbell.wait(milliseconds: 50) }
            }
            let now = SessionClock.monotonic
            if isLast || now &- lastFlush >= 50_000_000 {
                player.flush()
                lastFlush = now
            }
            if isLast {
                player.finish()
                break
            }
        }
        let finishers = state.withLock { state in
            state.isFinished = true
            return state.finishers
        }
        for finisher in finishers { finisher.resume() }
    }

    /// Swaps the full batch for an emptied one.
    private func take(_ batch: inout TraceBatch) -> Bool {
        let now = SessionClock.monotonic
        return state.withLock { state in
            state.inFlight = state.batch.weight
            state.waitingSince = now
            state.hasRung = false
            swap(&state.batch, &batch)
            return state.isFinishing
        }
    }

    /// Notes that the batch was played, and returns whom to call because the backlog is small again.
    private func finished(_ batch: inout TraceBatch) -> [@Sendable () -> Void] {
        batch.reset()
        return state.withLock { state in
            state.inFlight = 0
            guard state.isLagging, state.weight <= self.highWater / 2 else { return [] }
            state.isLagging = false
            defer { state.waiters = [] }
            return state.waiters
        }
    }
}
