import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct TurnLogTests {
    /// Asks a log, in order.
    private func turns(_ log: TurnLog, _ ranges: [StreamRange]) -> [UInt32] {
        var log = log
        return ranges.map { log.turn(of: $0) }
    }

    @Test func aTurnEndsWhenTheOtherSideSpeaks() {
        var log = TurnLog()
        log.note(10, of: .server)
        log.note(4, of: .client)
        log.note(6, of: .client)
        log.note(5, of: .server)
        log.note(3, of: .client)
        let ranges = [
            StreamRange(.server, 0, 10), StreamRange(.client, 0, 10), StreamRange(.server, 10, 15),
            StreamRange(.client, 10, 13),
        ]
        #expect(turns(log, ranges) == [1, 2, 3, 4])
    }

    @Test func theLastOctetCounts() {
        var log = TurnLog()
        log.note(4, of: .client)
        log.note(5, of: .server)
        log.note(4, of: .client)
        #expect(turns(log, [StreamRange(.client, 0, 4), StreamRange(.client, 4, 8)]) == [1, 3])
        #expect(turns(log, [StreamRange(.client, 2, 5)]) == [3])
        #expect(turns(log, [StreamRange(.client, 4, 4)]) == [3])
    }

    @Test func nothingWasSaid() {
        var log = TurnLog()
        #expect(turns(log, [StreamRange(.client, 0, 0)]) == [0])
        log.note(1, of: .server)
        #expect(turns(log, [StreamRange(.client, 0, 10)]) == [0])
    }

    @Test func manyTurnsThatNobodyAsksForAreForgotten() {
        var log = TurnLog()
        for _ in 0..<10_000 {
            log.note(1, of: .client)
            log.note(1, of: .server)
        }
        #expect(turns(log, [StreamRange(.client, 9_999, 10_000)]) == [19_999])
        #expect(turns(log, [StreamRange(.server, 9_999, 10_000)]) == [20_000])
        #expect(turns(log, [StreamRange(.client, 0, 1)]).allSatisfy { $0 > 1 })
    }

    /// The turns of what was said, in the plainest way: each octet's own.
    private struct Plain {
        var client: [UInt32] = [], server: [UInt32] = []
        var speaking: Side?
        var turn: UInt32 = 0

        mutating func note(_ octets: Int, of side: Side) {
            if speaking != side { turn += 1 }
            speaking = side
            let more = Array(repeating: turn, count: octets)
            if side == .client { client += more } else { server += more }
        }
    }

    @Test(arguments: 0..<50)
    func `each line has the turn of its last octet`(seed: Int) {
        var random = seed &* 2_654_435_761 &+ 12_345
        func next(_ below: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(UInt64(bitPattern: Int64(random)) >> 33) % below
        }
        var log = TurnLog()
        var plain = Plain()
        var asked = [0, 0]
        for _ in 0..<400 {
            let side: Side = next(2) == 0 ? .client : .server
            let count = 1 + next(9)
            log.note(UInt64(count), of: side)
            plain.note(count, of: side)
            for side in [Side.client, .server] where next(3) > 0 {
                let turns = side == .client ? plain.client : plain.server
                let place = side == .client ? 0 : 1
                guard turns.count > asked[place] else { continue }
                let end = asked[place] + 1 + next(turns.count - asked[place])
                let range = StreamRange(side, UInt64(asked[place]), UInt64(end))
                asked[place] = end
                #expect(log.turn(of: range) == turns[end - 1])
            }
        }
    }
}
