import MailTapAnalysis

/// Finishes sessions on other cores, and gives them out in the order in which they came.
///
/// ```
/// reader: add(draft) --> jobs, in order --> give(session)        on the reader's own thread
///                          \--> WorkerPool: messages, notes, findings
/// ```
/// The reader hardly ever waits: when more is queued than the bound allows, it finishes sessions itself.
struct FinishingQueue<Rest> {
    private struct Batch {
        var job: FinishingJob
        var rests: [Rest]
        var weight: Int
    }

    /// Octets of memory that finished sessions may hold while one before them is not.
    private static var limit: Int { 8 << 20 }
    /// What makes a job that is worth handing to another core.
    private static var batchWeight: Int { 64 << 10 }

    private let pool: WorkerPool
    private var batches: [Batch] = []
    private var first = 0
    private var weight = 0
    /// Sessions that are no job yet.
    private var drafts: [SessionDraft] = []
    private var rests: [Rest] = []
    private var draftWeight = 0

    init(_ pool: WorkerPool) { self.pool = pool }

    /// Adds a session; gives out those at the front that are finished.
    ///
    /// - Parameter rest: what goes with the session and needs no finishing.
    mutating func add(_ draft: consuming SessionDraft, with rest: Rest, give: (Session, Rest) -> Void) {
        draftWeight += draft.weight
        drafts.append(draft)
        rests.append(rest)
        guard draftWeight >= Self.batchWeight else { return }
        closeBatch()
        drain(downTo: Self.limit, give)
    }

    /// Gives out whatever is left.
    mutating func finish(give: (Session, Rest) -> Void) {
        closeBatch()
        drain(downTo: -1, give)
    }

    private mutating func closeBatch() {
        guard !drafts.isEmpty else { return }
        var closed: [SessionDraft] = []
        swap(&closed, &drafts)
        let job = FinishingJob(closed)
        batches.append(Batch(job: job, rests: rests, weight: draftWeight))
        weight += draftWeight
        rests.removeAll(keepingCapacity: true)
        pool.add(job, weight: draftWeight)
        draftWeight = 0
    }

    private mutating func drain(downTo limit: Int, _ give: (Session, Rest) -> Void) {
        while first < batches.count {
            let batch = batches[first]
            guard let sessions = weight > limit ? batch.job.take() : batch.job.takeIfDone() else { break }
            weight -= batch.weight
            first += 1
            for (session, rest) in zip(sessions, batch.rests) { give(session, rest) }
        }
        batches.removeFirst(first)
        first = 0
    }
}
