import MailTapAnalysis
import Synchronization

/// Sessions that are being finished together: whoever comes first does it, under the lock, and others wait for that.
final class FinishingJob: PoolJob {
    private enum State: Sendable {
        case drafts([SessionDraft])
        case done([Session])
        case taken
    }

    private let state: Mutex<State>

    init(_ drafts: consuming [SessionDraft]) { state = Mutex(.drafts(drafts)) }

    /// Finishes the sessions, unless somebody did.
    func run() { state.withLock { Self.finish(&$0) } }

    /// The sessions, once; nil while they are not finished.
    func takeIfDone() -> [Session]? { state.withLockIfAvailable { Self.take(&$0) } ?? nil }

    /// The sessions, once, finished here where nobody has begun.
    func take() -> [Session]? {
        state.withLock { state in
            Self.finish(&state)
            return Self.take(&state)
        }
    }

    private static func finish(_ state: inout State) {
        guard case .drafts(var drafts) = state else { return }
        // Nobody else may hold a draft while it is finished, or that would copy it.
        state = .taken
        drafts.reverse()
        var sessions: [Session] = []
        sessions.reserveCapacity(drafts.count)
        while let draft = drafts.popLast() { sessions.append((consume draft).finish()) }
        state = .done(sessions)
    }

    private static func take(_ state: inout State) -> [Session]? {
        guard case .done(let sessions) = state else { return nil }
        state = .taken
        return sessions
    }
}
