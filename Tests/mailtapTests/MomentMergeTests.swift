import MailTapCapture
import Synchronization
import Testing

@testable import mailtap

/// What several readers found comes out in the order of packets, as soon as that is certain.
@Suite struct MomentMergeTests {
    private typealias Merge = MomentMerge<String>

    /// What was given out.
    private final class Given: Sendable {
        private let items = Mutex<[String]>([])
        var all: [String] { items.withLock { $0 } }
        func add(_ item: String) { items.withLock { $0.append(item) } }
    }

    private static func entries(_ packets: [UInt64], _ name: String) -> [Merge.Entry] {
        packets.map { Merge.Entry(moment: CaptureMoment(packet: $0), item: "\(name)\($0)") }
    }

    @Test func order() {
        let given = Given()
        let merge = Merge(readers: 2) {
            given.add($0)
            return true
        }
        merge.add(Self.entries([1, 4, 6], "a"), of: 0, next: CaptureMoment(packet: 7))
        #expect(given.all == [], "the other may still have found something earlier")
        merge.add(Self.entries([2, 3], "b"), of: 1, next: CaptureMoment(packet: 5))
        #expect(given.all == ["a1", "b2", "b3", "a4"])
        merge.add([], of: 1, next: CaptureMoment(packet: .max))
        #expect(given.all == ["a1", "b2", "b3", "a4", "a6"])
        merge.add(Self.entries([9, 9], "a"), of: 0, next: CaptureMoment(packet: .max))
        #expect(given.all.suffix(2) == ["a9", "a9"])
    }

    /// All connections belong to one share.
    @Test(arguments: 0..<3) func oneShareAlone(_ share: Int) {
        let given = Given()
        let merge = Merge(readers: 3) {
            given.add($0)
            return true
        }
        for other in 0..<3 where other != share { merge.add([], of: other, next: CaptureMoment(packet: 100)) }
        merge.add(Self.entries([5, 99, 100], "x"), of: share, next: CaptureMoment(packet: 101))
        #expect(given.all.starts(with: ["x5", "x99"]))
        for other in 0..<3 where other != share { merge.add([], of: other, next: CaptureMoment(packet: .max)) }
        #expect(given.all == ["x5", "x99", "x100"])
    }

    @Test func whoWantsNoMoreIsGivenNoMore() {
        let given = Given()
        let merge = Merge(readers: 2) {
            given.add($0)
            return false
        }
        merge.add(Self.entries([1, 2], "a"), of: 0, next: CaptureMoment(packet: 3))
        #expect(!merge.isStopped)
        merge.add(Self.entries([4], "b"), of: 1, next: CaptureMoment(packet: 5))
        #expect(given.all == ["a1"])
        #expect(merge.isStopped)
    }
}
