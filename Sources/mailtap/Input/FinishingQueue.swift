import MailTapAnalysis

/// Finishes sessions on other cores, and gives out what was made of them in the order in which they came.
///
/// ```
/// reader: add(session) --> jobs, in order --> give(product)        on the reader's own thread
///                            \--> WorkerPool: messages, notes, findings, text
/// ```
/// The reader hardly ever waits: when more is queued than the bound allows, it finishes sessions itself.
struct FinishingQueue<Product: Sendable> {
    private struct Batch {
        var job: FinishingJob<Product>
        var weight: Int
    }

    /// Octets of memory that finished sessions may hold while one before them is not.
    private static var limit: Int { 8 << 20 }
    /// What makes a job that is worth handing to another core.
    private static var batchWeight: Int { 128 << 10 }

    private let pool: WorkerPool
    private let work: FinishingJob<Product>.Work
    private var batches: [Batch] = []
    private var weight = 0
    /// Sessions that are no job yet.
    private var sessions: [UnfinishedSession] = []
    private var sessionsWeight = 0

    init(_ pool: WorkerPool, _ work: @escaping FinishingJob<Product>.Work) {
        self.pool = pool
        self.work = work
    }

    /// Adds a session; gives out what is finished of those at the front.
    mutating func add(_ session: consuming UnfinishedSession, give: (Product) -> Void) {
        sessionsWeight += session.weight
        sessions.append(session)
        guard sessionsWeight >= Self.batchWeight else { return }
        closeBatch()
        drain(downTo: Self.limit, give)
    }

    /// Gives out whatever is left.
    mutating func finish(give: (Product) -> Void) {
        closeBatch()
        // Better than to wait for the first, which another core may be at.
        pool.help()
        drain(downTo: -1, give)
    }

    private mutating func closeBatch() {
        guard !sessions.isEmpty else { return }
        var closed: [UnfinishedSession] = []
        swap(&closed, &sessions)
        let job = FinishingJob(closed, work)
        batches.append(Batch(job: job, weight: sessionsWeight))
        weight += sessionsWeight
        pool.add(job, weight: sessionsWeight)
        sessionsWeight = 0
    }

    private mutating func drain(downTo limit: Int, _ give: (Product) -> Void) {
        var given = 0
        while given < batches.count {
            let batch = batches[given]
            guard let product = weight > limit ? batch.job.take() : batch.job.takeIfDone() else { break }
            weight -= batch.weight
            given += 1
            give(product)
        }
        batches.removeFirst(given)
    }
}
