import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapAnalysis

/// Floods of what a lossy capture brings cost no memory for each.
@Suite struct AnomalyLogTests {
    private func gap(_ start: UInt64, exchange: Int = 1, _ side: Side = .client) -> DialogueAnomaly {
        DialogueAnomaly(kind: .gap, range: StreamRange(side, start, start + 1), exchange: exchange)
    }

    @Test func gapsOfOneExchangeStandTogether() {
        var log = AnomalyLog()
        for start in stride(from: UInt64(0), to: 20_000, by: 2) {
            log.append(gap(start))
            log.append(gap(start, .server))
            log.append(
                DialogueAnomaly(
                    kind: .dialogue(.afterGap), range: StreamRange(.client, start + 1, start + 2), exchange: 1))
        }
        #expect(log.all.map(\.further) == [9_999, 9_999, 9_999])
        #expect(log.all.map(\.range.start) == [0, 0, 1])
        log.append(gap(30_000, exchange: 2))
        log.append(gap(30_002))
        #expect(log.all.map(\.further) == [10_000, 9_999, 9_999, 0])
    }

    @Test func whatTheSessionKeepsAnywayIsKeptOneByOne() {
        var log = AnomalyLog()
        for start: UInt64 in 0..<3 {
            log.append(
                DialogueAnomaly(
                    kind: .dialogue(.bareLF), range: StreamRange(.client, start, start + 1), exchange: 1))
        }
        #expect(log.all.map(\.further) == [0, 0, 0])
    }

    @Test func theirFindingSaysHowManyThereWere() throws {
        let builder = SessionBuilder(SessionInfo.test)
        let time = Timestamp(nanoseconds: 1)
        func say(_ text: String, _ side: Side) { builder.receive(Array(text.utf8).span.bytes, from: side, at: time) }
        say("220 mail.example.org ESMTP\r\n", .server)
        say("EHLO client.example\r\n", .client)
        say("250 mail.example.org\r\n", .server)
        for _ in 0..<5_000 {
            builder.mark(.gap(.client, 1), at: time)
            say("x\r\n", .client)
        }
        builder.end(at: time)
        let findings = builder.session.findings.filter { $0.rule == "tcp.gap" }
        // The first gap stands at the greeting's answer, what nobody knows at the command that never came.
        #expect(findings.reduce(0) { $0 + $1.occurrences } == findings.count)
        let text = try #require(findings.first?.text)
        #expect(text.hasPrefix("1 octet is missing here, from octet 21 of what the client sent, and "))
        #expect(text.hasSuffix(" more like it"))
        #expect(builder.session.clientMissing == 5_000)
    }
}
