import MailTapAnalysis
import Synchronization

/// Gathers messages that are to be read to jobs that are worth handing to another core.
///
/// A message that is still here when its session is finished is read then.
final class ReadingQueue: Sendable {
    private struct Batch: Sendable {
        var messages: [MessageReading] = []
        var octets = 0
    }

    private final class Job: PoolJob {
        private let messages: [MessageReading]
        init(_ messages: [MessageReading]) { self.messages = messages }
        func run() { for message in messages { message.run() } }
    }

    /// Octets that make a job.
    private static let enough = 64 << 10

    private let pool: WorkerPool
    private let batch = Mutex(Batch())

    init(_ pool: WorkerPool) { self.pool = pool }

    /// Some octets more of a message wait to be read.
    func add(_ message: MessageReading, octets: Int) {
        let full = batch.withLock { batch -> Batch? in
            batch.messages.append(message)
            batch.octets += octets
            guard batch.octets >= Self.enough else { return nil }
            defer { batch = Batch() }
            return batch
        }
        if let full { pool.add(Job(full.messages), weight: full.octets) }
    }
}
