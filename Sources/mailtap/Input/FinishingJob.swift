import MailTapAnalysis
import MailTapCore
import Synchronization

/// A session that is over, with what is left to be worked out, and what goes with it.
struct UnfinishedSession: Sendable {
    /// 0 where that is not known yet.
    var number = 0
    private var draft: SessionDraft
    /// None or one: few sessions have one, and it takes room.
    private let traces: [Trace]
    let contents: [[UInt8]]

    init(draft: consuming SessionDraft, trace: consuming Trace?, contents: [[UInt8]]) {
        self.draft = draft
        traces = trace.map { [$0] } ?? []
        self.contents = contents
    }

    var trace: Trace? { traces.first }

    /// About how many octets of memory it holds.
    var weight: Int { draft.weight }

    /// What `use` makes of the whole session, once.
    mutating func finish<Result>(_ use: (inout Session) -> Result) -> Result? { draft.finish(use) }
}

/// Sessions that are being finished together: whoever comes first does it, under the lock, and others wait for that.
final class FinishingJob<Product: Sendable>: PoolJob {
    /// What makes a product of sessions, the first at the end of the array, which it empties.
    ///
    /// Nobody else may hold a draft while it is finished, or that would copy it.
    typealias Work = @Sendable (inout [UnfinishedSession]) -> Product

    private enum State: Sendable {
        case waiting([UnfinishedSession])
        case done(Product)
        case taken
    }

    private let state: Mutex<State>
    private let work: Work

    init(_ sessions: consuming [UnfinishedSession], _ work: @escaping Work) {
        state = Mutex(.waiting(sessions))
        self.work = work
    }

    /// Finishes the sessions, unless somebody did.
    func run() { state.withLock { finish(&$0) } }

    /// The product, once; nil while it is not there.
    func takeIfDone() -> Product? { state.withLockIfAvailable { Self.take(&$0) } ?? nil }

    /// The product, once, made here where nobody has begun.
    func take() -> Product? {
        state.withLock { state in
            finish(&state)
            return Self.take(&state)
        }
    }

    private func finish(_ state: inout State) {
        guard case .waiting(var sessions) = state else { return }
        state = .taken
        sessions.reverse()
        state = .done(work(&sessions))
    }

    private static func take(_ state: inout State) -> Product? {
        guard case .done(let product) = state else { return nil }
        state = .taken
        return product
    }
}
