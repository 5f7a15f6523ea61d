import MailTapTesting
import Testing

@testable import MailTapCore

/// Ranges of streams: however they are added, they don't overlap, and are found.
@Suite struct StreamRangeMapTests {
    private func range(_ start: UInt64, _ end: UInt64) -> StreamRange { StreamRange(.client, start, end) }

    private func map(_ ranges: [(UInt64, UInt64)]) -> StreamRangeMap<Int> {
        var map = StreamRangeMap<Int>()
        for (number, one) in ranges.enumerated() { map.insert(range(one.0, one.1), number) }
        return map
    }

    private func all(_ map: StreamRangeMap<Int>) -> [String] {
        map.touching(range(0, 1_000)).map { "\($0.range.start)-\($0.range.end):\($0.value)" }
    }

    @Test(
        arguments: [
            ([(0, 2), (4, 6)], ["0-2:0", "4-6:1"]), ([(4, 6), (0, 2)], ["0-2:1", "4-6:0"]),
            ([(0, 4), (2, 6)], ["0-4:0", "4-6:1"]), ([(2, 6), (0, 4)], ["0-2:1", "2-6:0"]),
            ([(0, 9), (2, 4)], ["0-9:0"]), ([(2, 4), (5, 6), (0, 9)], ["0-9:2"]), ([(2, 4), (2, 4)], ["2-4:1"]),
            ([(0, 2), (4, 6), (1, 5)], ["0-2:0", "2-4:2", "4-6:1"]), ([(0, 4), (4, 6), (2, 5)], ["0-4:0", "4-6:1"]),
            ([(0, 2), (2, 2), (2, 4)], ["0-2:0", "2-2:1", "2-4:2"]), ([(0, 4), (2, 2)], ["0-4:0"]),
        ] as [([(UInt64, UInt64)], [String])])
    func neverOverlap(_ added: [(UInt64, UInt64)], _ expected: [String]) { #expect(all(map(added)) == expected) }

    @Test func areFoundWhereTheyTouch() {
        let map = map([(2, 4), (6, 8), (8, 10)])
        #expect(map.touching(range(4, 6)).isEmpty)
        #expect(map.touching(range(3, 9)).map(\.value) == [0, 1, 2])
        #expect(map.touching(StreamRange(.server, 3, 9)).isEmpty)
        #expect(map.covers(range(7, 10)) && !map.covers(range(3, 7)) && !map.covers(range(9, 11)))
        #expect(map.octets(of: .client) == 6 && map.octets(of: .server) == 0)
    }

    /// As a set of octets would have it, whatever the order.
    @Test(arguments: UInt64(0)..<64) func coverWhatWasAdded(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var map = StreamRangeMap<Int>()
        var octets: Set<UInt64> = []
        for number in 0..<40 {
            let start = UInt64.random(in: 0..<200, using: &random)
            let end = start + UInt64.random(in: 1...30, using: &random)
            map.insert(range(start, end), number)
            octets.formUnion(start..<end)
            let items = map.touching(range(0, 1_000))
            #expect(zip(items, items.dropFirst()).allSatisfy { $0.range.end <= $1.range.start })
            #expect(items.allSatisfy { !$0.range.isEmpty })
            #expect(map.octets(of: .client) == UInt64(octets.count))
        }
        for place in UInt64(0)..<230 { #expect(map.covers(range(place, place + 1)) == octets.contains(place)) }
    }
}
