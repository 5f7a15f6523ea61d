import MailTapCore
import MailTapTesting
import Testing

@Suite struct LimitsTests {
    /// However many sessions are open, what all of them may hold back is some hundred MiB at most.
    @Test func manySessionsShareWhatMayBeHeldBack() {
        let limits = Limits()
        #expect(limits.shared(among: 1) == limits)
        #expect(limits.shared(among: 32) == limits)
        #expect(limits.shared(among: 512).lineLength == 65_536)
        #expect(limits.shared(among: 1 << 20).lineLength == 4096)
        #expect(limits.shared(among: 1 << 20).undecided == 4096)
        let total = (1...65_536).reduce(0) { $0 + limits.shared(among: $1).undecided }
        #expect(total < 600 << 20)
        #expect(Limits(undecided: 100).shared(among: 1 << 20).undecided == 100)
    }

    private func content(_ octets: String, pieces: Int, then end: String) -> EventCollector {
        let script = Script(
            "flood",
            """
            S: 220 mail.example.org ESMTP
            C: HELO client.example
            S: 250 ok
            C: DATA
            S: 354 go
            """)
        var trace = script.trace()
        for _ in 0..<pieces { trace.entries.append((trace.ended, .chunk(.client, Array(octets.utf8)))) }
        trace.entries += Script("end", end).trace().entries
        return EventCollector.collect(trace, limits: Limits(undecided: 4_096))
    }

    private func dotLines(_ collected: EventCollector) -> [Anomaly] {
        collected.events.compactMap { event in
            guard case .anomaly(let anomaly) = event.kind else { return nil }
            switch anomaly {
            case .dotLineWithOddEnds, .oddEndOfData: return anomaly
            default: return nil
            }
        }
    }

    private func commands(_ collected: EventCollector) -> Int {
        collected.events.count { if case .command = $0.kind { true } else { false } }
    }

    static let oddLines: [(text: String, line: DotLine)] = [
        ("\n.\n", DotLine(before: .lf, after: .lf)), ("\r.\r\n", DotLine(before: .cr, after: .crlf)),
        ("\r\n.\r\r\n", DotLine(before: .crlf, after: .crcrlf)),
    ]

    /// More than may wait comes behind an odd dot line, and no answer: the line is content, as all others are.
    @Test(arguments: oddLines) func aFloodBehindAnOddDotLineIsContent(_ text: String, _ line: DotLine) {
        let piece = "x" + text + String(repeating: "more\r\n", count: 10)
        let ended = content(piece, pieces: 400, then: "C| \\r\\n.\\r\\n\nS: 250 taken\nC: QUIT\nS: 221 bye")
        #expect(dotLines(ended) == [.dotLineWithOddEnds(line)])
        #expect(commands(ended) == 3)
        let cut = content(piece, pieces: 400, then: "")
        #expect(dotLines(cut) == [.dotLineWithOddEnds(line)])
        #expect(commands(cut) == 2)
    }

    /// At the end of all an odd dot line ends the content where a command stands behind it, or nothing.
    @Test(arguments: oddLines) func theLastOddDotLineIsTheEnd(_ text: String, _ line: DotLine) {
        #expect(dotLines(content("x" + text, pieces: 1, then: "")) == [.oddEndOfData(line)])
        #expect(dotLines(content("x" + text + "QUIT\r\n", pieces: 1, then: "")) == [.oddEndOfData(line)])
        #expect(dotLines(content("x" + text + "more\r\n", pieces: 1, then: "")) == [.dotLineWithOddEnds(line)])
    }
}
