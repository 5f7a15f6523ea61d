import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What the lines of a session hide, whichever way it is known.
@Suite struct SessionLinesTests {
    private func line(_ lines: inout SessionLines, _ text: String, from start: UInt64) -> WireText {
        let octets = Array(text.utf8)
        return lines.line(octets.span.bytes, from: start, side: .client)
    }

    @Test func aReportedCredentialIsOfTheNextLine() {
        var lines = SessionLines()
        #expect(lines.isPlain)
        lines.note(secret: StreamRange(.client, 15, 19), .plain)
        #expect(!lines.isPlain)
        let login = line(&lines, "AUTH hush it", from: 10)
        #expect(login.secrets.map(\.range) == [5..<9] && login.secrets.map(\.kind) == [.plain])
        lines.forgetSecrets()
        #expect(lines.isPlain)
        #expect(line(&lines, "NOOP hush", from: 10).secrets.isEmpty)
    }

    @Test func onlyWhatLiesInTheLineCounts() {
        var lines = SessionLines()
        lines.note(secret: StreamRange(.client, 5, 12), .opaque)
        lines.note(secret: StreamRange(.server, 10, 20), .opaque)
        lines.note(secret: StreamRange(.client, 30, 40), .opaque)
        #expect(line(&lines, "abcdef", from: 10).secrets.map(\.range) == [0..<2])
    }

    @Test func aMaskSpeaksForItself() {
        var lines = SessionLines()
        lines.edits.note(.masked(Mask(range: StreamRange(.client, 12, 14), kind: .password)))
        lines.note(secret: StreamRange(.client, 10, 16), .opaque)
        let masked = line(&lines, "PA**WD", from: 10)
        #expect(masked.secrets.map(\.range) == [2..<4] && masked.secrets.map(\.kind) == [.password])
    }

    @Test func manyReportsWithoutALineStayBounded() {
        var lines = SessionLines()
        for place in 0..<10_000 as Range<UInt64> { lines.note(secret: StreamRange(.client, place, place + 1), .opaque) }
        let kept = line(&lines, String(repeating: "x", count: 10_000), from: 0).secrets.count
        #expect(kept <= 4_096 && kept >= 2_048)
    }
}
