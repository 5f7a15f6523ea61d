import MailTapCapture
import Synchronization

/// Puts what several readers of a capture found into the order in which it happened, and gives it out.
final class MomentMerge<Item: Sendable>: Sendable {
    /// Something that happened.
    struct Entry: Sendable {
        var moment: CaptureMoment
        var item: Item
    }

    private struct Share {
        var entries: [Entry] = []
        var first = 0
        /// Whatever follows comes no earlier.
        var next = CaptureMoment(packet: 0)

        var front: CaptureMoment { first < entries.count ? entries[first].moment : next }
    }

    // Sendable in truth: `give` is called under the lock alone, while whoever owns what it touches waits for the readers.
    private struct Stage: @unchecked Sendable {
        var shares: [Share] = []
        let give: (Item) -> Bool

        /// Gives out what is certain to come next; false once nobody wants more.
        mutating func advance() -> Bool {
            while let earliest = shares.indices.min(by: { shares[$0].front < shares[$1].front }) {
                let index = shares[earliest].first
                guard index < shares[earliest].entries.count else { return true }
                shares[earliest].first += 1
                if !give(shares[earliest].entries[index].item) { return false }
            }
            return true
        }
    }

    private let stage: Mutex<Stage>
    private let stopped = Atomic<Bool>(false)

    /// - Parameter give: takes each item in turn, on whichever thread; false once it wants no more.
    init(readers: Int, give: @escaping (Item) -> Bool) {
        stage = Mutex(Stage(shares: [Share](repeating: Share(), count: readers), give: give))
    }

    /// Whether nobody wants the rest.
    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// Takes what a share found since, in its order; what follows happens at `next` or later.
    func add(_ entries: [Entry], of share: Int, next: CaptureMoment) {
        let goesOn = stage.withLock { stage in
            stage.shares[share].entries.removeFirst(stage.shares[share].first)
            stage.shares[share].first = 0
            stage.shares[share].entries += entries
            stage.shares[share].next = next
            return stage.advance()
        }
        if !goesOn { stopped.store(true, ordering: .relaxed) }
    }
}
