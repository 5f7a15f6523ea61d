import MailTapAnalysis
import MailTapCore
import NIOCore
import Synchronization

/// Which sessions were played, and with what result.
final class SessionTable: Sendable {
    private struct State {
        var claimed: Set<Int> = []
        var entries: [Int: ComparisonReport.Entry] = [:]
        var traces: [Trace] = []
        var isDone = false
    }

    let finished: EventLoopPromise<Void>
    private let sessions: [RecordedSession]
    private let comparison: Comparison
    private let servesTLS: Bool
    private let credentials: Credentials?
    /// The sessions as they can be served.
    private let served: [RecordedSession]
    private let state: Mutex<State>

    init(
        _ sessions: [RecordedSession], _ comparison: Comparison, servesTLS: Bool, credentials: Credentials?,
        finished: EventLoopPromise<Void>
    ) {
        self.credentials = credentials
        self.servesTLS = servesTLS
        served = sessions.map { $0.served(servesTLS: servesTLS) }
        self.sessions = sessions
        self.comparison = comparison
        self.finished = finished
        var state = State()
        for (index, recorded) in sessions.enumerated() {
            guard let why = Self.reasonToSkip(recorded.session) else { continue }
            state.claimed.insert(index)
            state.entries[index] = ComparisonReport.Entry(
                number: Self.number(recorded, index), outcome: .skipped(why))
        }
        self.state = Mutex(state)
        if self.state.withLock({ $0.entries.count }) == sessions.count { finish() }
    }

    private static func reasonToSkip(_ session: Session) -> String? {
        if let why = ReplayRun.unreadable(session) { return why }
        guard session.proto == .smtp || session.proto == .pop3 else { return "its protocol can't be served" }
        guard session.exchanges.contains(where: { $0.command != nil }) else { return "its client said nothing" }
        return nil
    }

    private static func number(_ recorded: RecordedSession, _ index: Int) -> Int {
        recorded.session.number > 0 ? recorded.session.number : index + 1
    }

    /// The sessions that nobody plays yet, with their places.
    func free() -> [(index: Int, recorded: RecordedSession)] {
        let claimed = state.withLock { $0.claimed }
        return sessions.indices.filter { !claimed.contains($0) }.map { ($0, served[$0]) }
    }

    /// The service for one connection, of sessions that are free.
    func service(_ free: [RecordedSession]) -> RecordedService {
        RecordedService(
            prepared: free, servesTLS: servesTLS, credentials: credentials, nonce: "\(UInt64.random(in: 0 ... .max))")
    }

    func claim(_ index: Int) -> Bool { state.withLock { $0.claimed.insert(index).inserted } }

    /// Gives a session back: another one fits the client better.
    func release(_ index: Int) { state.withLock { _ = $0.claimed.remove(index) } }

    /// Takes a session that is over, with the one that was played.
    func over(_ trace: Trace, _ index: Int) {
        let came = RecordedSession(trace, findsFaults: comparison.extras.contains(.findings))
        let comparison = comparison.compare(
            served[index], with: came,
            notes: sessions[index].servedNotes(servesTLS: servesTLS, credentials: credentials, came: came))
        let entry = ComparisonReport.Entry(number: Self.number(sessions[index], index), outcome: .compared(comparison))
        let isComplete = state.withLock { state in
            state.entries[index] = entry
            state.traces.append(trace)
            return state.entries.count == sessions.count
        }
        if isComplete { finish() }
    }

    func finish() {
        let isFirst = state.withLock { state in
            defer { state.isDone = true }
            return !state.isDone
        }
        if isFirst { finished.succeed() }
    }

    /// The sessions in order; those that nobody asked for are missing.
    var report: ComparisonReport {
        let entries = state.withLock { $0.entries }
        return ComparisonReport(
            sessions.indices.map { index in
                entries[index]
                    ?? ComparisonReport.Entry(
                        number: Self.number(sessions[index], index),
                        outcome: .compared(comparison.compare(sessions[index], with: nil)))
            })
    }

    var traces: [Trace] { state.withLock { $0.traces } }
}
