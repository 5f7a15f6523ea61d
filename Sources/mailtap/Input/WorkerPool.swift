import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Work that can be done by whoever comes first.
protocol PoolJob: AnyObject, Sendable {
    /// Does it; again where it is done, nothing.
    func run()
}

/// Does jobs on the cores that the reader leaves free, the oldest first.
final class WorkerPool: Sendable {
    private struct State: Sendable {
        var jobs: [(job: any PoolJob, weight: Int)] = []
        var first = 0
        var weight = 0
        var workers = 0

        mutating func next() -> (any PoolJob)? {
            guard first < jobs.count else { return nil }
            let (job, weight) = jobs[first]
            self.weight -= weight
            first += 1
            if first == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                first = 0
            } else if first > 256, first > jobs.count / 2 {
                jobs.removeFirst(first)
                first = 0
            }
            return job
        }
    }

    /// Octets that may wait; beyond, who adds a job does the oldest.
    private static let limit = 4 << 20

    private let state = Mutex(State())
    private let mostWorkers = max(1, min(8, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1))

    /// Does the job soon, unless somebody else does before.
    ///
    /// - Parameter weight: octets of memory that it holds.
    func add(_ job: any PoolJob, weight: Int) {
        let startsWorker = state.withLock { state in
            state.jobs.append((job, weight))
            state.weight += weight
            guard state.workers < mostWorkers else { return false }
            state.workers += 1
            return true
        }
        // It ends by itself, and the reader waits for what it does: nothing is left to cancel or to await.
        if startsWorker { Task.detached { self.work() } }
        while let job = state.withLock({ $0.weight > Self.limit ? $0.next() : nil }) { job.run() }
    }

    /// Does what waits, until nothing does; others may still be at their last job.
    func help() {
        while let job = state.withLock({ $0.next() }) { job.run() }
    }

    private func work() {
        while let job = next() { job.run() }
    }

    /// The next job; nil where there is none, and the worker ends.
    private func next() -> (any PoolJob)? {
        state.withLock { state in
            let job = state.next()
            if job == nil { state.workers -= 1 }
            return job
        }
    }
}
