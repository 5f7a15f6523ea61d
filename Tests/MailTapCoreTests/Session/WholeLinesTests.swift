import MailTapTesting
import Testing

@testable import MailTapCore

/// Lines that are measured together are those that are found one by one.
@Suite struct WholeLinesTests {
    private func lines(_ octets: [UInt8], from start: Int, stoppingAt stop: UInt8?) -> LineRun {
        var run = LineRun(end: start)
        while let end = octets[run.end...].firstIndex(of: 10), octets[run.end] != stop {
            let hasCR = end > run.end && octets[end - 1] == 13
            if hasCR { run.endingInCRLF += 1 } else { run.endingInLF += 1 }
            run.longest = max(run.longest, hasCR ? end - 1 - run.end : end - run.end)
            run.end = end + 1
        }
        return run
    }

    @Test(arguments: [2, 3, 5, 20, 60])
    func `lines of any lengths are counted and measured`(spread: UInt8) {
        var random = SeededGenerator(seed: UInt64(spread))
        for length in 0...300 {
            let octets = (0..<length).map { _ in
                let choice = UInt8.random(in: 0..<4 * spread, using: &random)
                return choice < 4 ? ([10, 13, 45, 10] as [UInt8])[Int(choice)] : 65
            }
            for start in [0, length / 3] {
                for stop in [nil, 45] as [UInt8?] {
                    #expect(
                        octets.span.bytes.wholeLines(from: start, stoppingAt: stop)
                            == lines(octets, from: start, stoppingAt: stop))
                }
            }
        }
    }

    @Test(arguments: ["\r\n", "\n"])
    func `lines that are all alike are measured`(lineEnd: String) {
        for width in [0, 1, 15, 16, 17, 76, 998] {
            let octets = Array(String(repeating: String(repeating: "A", count: width) + lineEnd, count: 300).utf8)
            let run = octets.span.bytes.wholeLines(from: 0)
            #expect(run == lines(octets, from: 0, stoppingAt: nil))
            #expect(run.longest == width && run.endingInCRLF + run.endingInLF == 300)
        }
    }
}
