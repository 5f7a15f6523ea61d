import MailTapCore
import MailTapTesting
import Testing

/// What must hold for every dialogue, whatever it says.
@Suite struct DialogueInvariantTests {
    @Test(arguments: Scripts.all) func eventsDoNotDependOnChunking(_ script: Script) {
        let whole = EventCollector.collect(script.trace()).withoutTimes
        for size in [1, 2, 3, 5, 7, 16] {
            let cut = EventCollector.collect(script.trace().cut(into: size)).withoutTimes
            #expect(cut == whole, "cut into \(size) octets")
        }
    }

    @Test(arguments: Scripts.all) func eventsDoNotDependOnWhereOneChunkIsSplit(_ script: Script) {
        let whole = EventCollector.collect(script.trace()).withoutTimes
        let trace = script.trace()
        for (index, entry) in trace.entries.enumerated() {
            guard case .chunk(let side, let octets) = entry.entry, octets.count > 1 else { continue }
            for at in 1..<octets.count {
                var split = trace
                split.entries[index].entry = .chunk(side, Array(octets[..<at]))
                split.entries.insert((entry.time, .chunk(side, Array(octets[at...]))), at: index + 1)
                #expect(EventCollector.collect(split).withoutTimes == whole, "chunk \(index) split at \(at)")
            }
        }
    }

    /// Dialogues with gaps, each a way back that the decoders know.
    static let withGaps = [
        "S- 220 x\nC: EHLO x\nS: 250 ok\nC: QUIT\nS: 221 bye",
        "S| 22\nS- 0 x\nC: EHLO x\nC: NOOP\nS: 250 ok\nS: 250 ok",
        "S: 220 x ESMTP\nC: DATA\nS: 354 go\nC: one\nS: 250 ok\nC- two\nC: QUIT\nS: 221 bye",
        "S: 220 x ESMTP\nC: DATA\nS: 354 go\nC- one\nC: two\nC: .\nS: 250 ok",
        "S: 220 x ESMTP\nC: NOOP\nS: 250 ok\nS: 354 go\nC- DATA\nC: two\nC: .\nS: 250 ok",
        "S: 220 x ESMTP\nC: DATA\nS- 354 go\nC- one\nS: 250 ok\nC: QUIT\nS: 221 bye",
        "S: 220 x ESMTP\nC: AUTH LOGIN\nS- 334 VXNl\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 235 ok",
        "S: 220 x ESMTP\nC| AU\nC- TH PLA\nC: IN c2VjcmV0\nS: 235 ok",
        "S: +OK x\nC: AUTH LOGIN\nS- + VXNl\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: c2VjcmV0\nS: +OK",
        "S: +OK x\nC: RETR 1\nS: +OK\nS: one\nC: STAT\nS- two\nS: +OK 1 2\nC: QUIT\nS: +OK",
        "S: +OK x\nC: RETR 1\nS: +OK\nC: STAT\nS- one\nS| tw\nS: o\nS: +O\nS: +OK 1 2\nC: QUIT\nS: +OK",
    ]

    @Test(arguments: withGaps) func eventsBehindGapsDoNotDependOnChunking(_ text: String) {
        let script = Script("gap", text)
        let whole = EventCollector.collect(script.trace()).withoutTimes
        for size in [1, 2, 3, 5, 7] {
            #expect(EventCollector.collect(script.trace().cut(into: size)).withoutTimes == whole, "cut into \(size)")
        }
        for side in Side.allCases {
            let length = script.steps.reduce(UInt64(0)) { sum, step in
                switch step {
                case .octets(side, let octets): sum + UInt64(octets.count)
                case .mark(.gap(side, let lost)): sum + lost
                default: sum
                }
            }
            expectTiling(whole.events, side, length: length)
        }
    }

    @Test(arguments: Scripts.all) func rangesCoverEachStreamOnce(_ script: Script) {
        let collected = EventCollector.collect(script.trace())
        for side in Side.allCases {
            expectTiling(collected.events, side, length: UInt64(script.stream(side).count))
        }
    }

    @Test func randomOctetsAreTiledToo() {
        var random = SeededGenerator(seed: 7)
        let pieces: [[UInt8]] = [
            "EHLO x\r\n", "MAIL FROM:<a>\r\n", "RCPT TO:<b>\r\n", "DATA\r\n", "BDAT 5\r\n", "BDAT 9 LAST\r\n",
            "AUTH LOGIN\r\n",
            "AUTH PLAIN abc\r\n", "STARTTLS\r\n", "QUIT\r\n", ".\r\n", ".\n", "..\r\n", "220 x ESMTP\r\n", "250-a\r\n",
            "250 ok\r\n", "354 go\r\n", "334 VXNlcm5hbWU6\r\n", "235 ok\r\n", "554 no\r\n", "+OK x\r\n", "-ERR\r\n",
            "+ \r\n",
            "RETR 1\r\n", "LIST\r\n", "TOP 1 1\r\n", "STLS\r\n", "PASS x\r\n", "USER y\r\n", "CAPA\r\n", "\r\n", "\n",
            "\r",
            "\u{16}\u{3}\u{1}\0\u{2}ab", "line of text\r\n", "x", "LHLO z\r\n", "RSET\r\n",
            "CONNECT x:25 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ok\r\n\r\n", "\u{5}\u{1}\0", "\u{5}\0", "\u{5}\u{2}",
            "\u{1}\u{1}u\u{1}p", "\u{1}\0", "\u{5}\u{1}\0\u{1}abcd\0\u{19}", "\u{5}\0\0\u{1}abcd\0\u{19}",
            "PROXY TCP4 1.2.3.4 1.2.3.4 1 25\r\n",
        ].map { Array($0.utf8) }
        for _ in 0..<3_000 {
            var steps: [Script.Step] = []
            for _ in 0..<Int(random.next() % 24) {
                let side: Side = random.next() % 2 == 0 ? .client : .server
                if random.next() % 12 == 0 {
                    steps.append(.mark(.gap(side, random.next() % 20 + 1)))
                } else {
                    steps.append(.octets(side, pieces[Int(random.next() % UInt64(pieces.count))]))
                }
            }
            let script = Script("random", steps: steps)
            var info = SessionInfo.test
            info.expecting = [nil, .smtp, .pop3][Int(random.next() % 3)]
            info.startSeen = random.next() % 4 != 0
            let trace = script.trace(info: info)
            let whole = EventCollector.collect(trace, limits: Limits(lineLength: 64, undecided: 256, pendingReplies: 8))
            for side in Side.allCases {
                var length = UInt64(script.stream(side).count)
                for case .mark(.gap(side, let lost)) in steps { length += lost }
                expectTiling(whole.events, side, length: length)
            }
        }
    }

    private func expectTiling(_ events: [Event], _ side: Side, length: UInt64) {
        let ranges = events.filter { $0.kind.coversOctets && $0.range.side == side }.map(\.range)
            .filter { !$0.isEmpty }.sorted { $0.start < $1.start }
        var position: UInt64 = 0
        for range in ranges {
            #expect(range.start == position, "\(side): \(ranges)")
            position = range.end
        }
        #expect(position == length, "\(side) ends at \(position) of \(length): \(events)")
    }
}
