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
}
