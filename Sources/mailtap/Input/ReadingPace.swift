import Dispatch
import Synchronization

/// Keeps several readers of one file close together, so that little of what one found has to wait for the others.
final class ReadingPace: Sendable {
    private struct Reader {
        var offset: UInt64 = 0
        var isWaiting = false
    }

    /// Octets that a reader may be ahead of the slowest.
    private let lead: UInt64
    private let readers: Mutex<[Reader]>
    private let turns: [DispatchSemaphore]

    init(_ count: Int, lead: UInt64) {
        self.lead = lead
        readers = Mutex([Reader](repeating: Reader(), count: count))
        turns = (0..<count).map { _ in DispatchSemaphore(value: 0) }
    }

    /// The reader is so far, or done (`.max`); returns once it is not too far ahead of the others.
    func advance(_ reader: Int, to offset: UInt64) {
        while !mayGoOn(reader, offset) { turns[reader].wait() }
    }

    private func mayGoOn(_ reader: Int, _ offset: UInt64) -> Bool {
        readers.withLock { readers in
            readers[reader].offset = offset
            let slowest = readers.lazy.map(\.offset).min() ?? offset
            // Half of the lead at once, so that who waits does not have to again for every piece.
            for other in readers.indices
            where readers[other].isWaiting && readers[other].offset <= slowest &+ lead / 2 {
                readers[other].isWaiting = false
                turns[other].signal()
            }
            // Who is done waits for nobody; `&+` reaches it only where all are.
            let isAhead = offset != .max && slowest != .max && offset > slowest &+ lead
            readers[reader].isWaiting = isAhead
            return !isAhead
        }
    }
}
