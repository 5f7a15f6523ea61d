import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport
import Synchronization

/// Puts the sessions that several readers tallied into the order in which they opened, and gives them out.
final class TallyMerge: ShareMerge {
    /// A session that is over; nil for what is no mail.
    struct Finished: Sendable {
        var order: Order
        var summary: SessionSummary?
    }

    /// Sessions opened in this order: by the packet, and for those that a capture's end opened by their beginning.
    struct Order: Comparable, Sendable {
        var packet: UInt64
        var started = Timestamp(nanoseconds: .min)

        static func < (lhs: Order, rhs: Order) -> Bool {
            lhs.packet == rhs.packet ? lhs.started < rhs.started : lhs.packet < rhs.packet
        }
    }

    private struct Share {
        var finished: [Finished] = []
        var first = 0
        /// Whatever follows comes no earlier.
        var next = Order(packet: 0)

        var front: Order { first < finished.count ? finished[first].order : next }
    }

    // Sendable in truth: `give` is called under the lock alone, while whoever owns what it touches waits for the readers.
    private struct Stage: @unchecked Sendable {
        var shares: [Share] = []
        let give: (SessionSummary) -> Bool

        /// Gives out what is certain to come next; false once nobody wants more.
        mutating func advance() -> Bool {
            while let earliest = shares.indices.min(by: { shares[$0].front < shares[$1].front }) {
                let index = shares[earliest].first
                guard index < shares[earliest].finished.count else { return true }
                shares[earliest].first += 1
                if let summary = shares[earliest].finished[index].summary, !give(summary) { return false }
            }
            return true
        }
    }

    private let stage: Mutex<Stage>
    private let stopped = Atomic<Bool>(false)

    /// - Parameter give: takes each mail session in turn, on whichever thread; false once it wants no more.
    init(readers: Int, give: @escaping (SessionSummary) -> Bool) {
        stage = Mutex(Stage(shares: [Share](repeating: Share(), count: readers), give: give))
    }

    var wantsConflicts: Bool { false }

    var isStopped: Bool { stopped.load(ordering: .relaxed) }

    func sink(of share: CaptureShare, _ position: PacketPosition) -> any ShareSink {
        TallyShare(share, position, self)
    }

    /// Takes what a share finished since, in the order of opening; what follows comes at `next` or later.
    func add(_ finished: [Finished], of share: Int, next: Order) {
        let goesOn = stage.withLock { stage in
            stage.shares[share].finished.removeFirst(stage.shares[share].first)
            stage.shares[share].first = 0
            stage.shares[share].finished += finished
            stage.shares[share].next = next
            return stage.advance()
        }
        if !goesOn { stopped.store(true, ordering: .relaxed) }
    }
}
