import MailTapReplay
import Testing

@Suite struct ReplayerChunksTests {
    private static let chunks = """
        S: 220 mx
        C: EHLO me
        S: 250-mx
        S: 250 CHUNKING
        C: MAIL FROM:<a@b>
        S: 250 ok
        C: RCPT TO:<c@d>
        S: 250 ok
        C: BDAT 4
        C! .\\r\\nx
        S: 250 ok
        C: BDAT 4 LAST
        C! yz\\r\\n
        S: 250 ok
        C: QUIT
        S: 221 bye
        """

    private func sent(_ hello: String, fallsBack: Bool, _ answers: [String]) -> ([String], [ReplayNote]) {
        var options = ReplayOptions()
        options.fallsBackToData = fallsBack
        let (sent, replayer, _) = play(
            recording(Self.chunks), options: options,
            answers: ["220 mx\r\n", hello, "250 ok\r\n", "250 ok\r\n"] + answers)
        return (Array(sent.dropFirst(3)), replayer.notes)
    }

    @Test func `chunks become DATA where CHUNKING is not offered and that is asked for`() {
        let (data, notes) = sent("250 mx\r\n", fallsBack: true, ["354 go\r\n", "250 ok\r\n", "221 b\r\n"])
        #expect(data == ["DATA\r\n", "..\r\nxyz\r\n.\r\n", "QUIT\r\n"])
        #expect(notes.map(\.kind) == [.leftOut, .inserted])
        #expect(notes.last?.came == 4)
    }

    @Test func `chunks stay chunks where they are offered, and nothing is sent where they are not`() {
        let chunks = ["BDAT 4\r\n.\r\nx", "BDAT 4 LAST\r\nyz\r\n", "QUIT\r\n"]
        let answers = ["250 ok\r\n", "250 ok\r\n", "221 b\r\n"]
        let (unoffered, notes) = sent("250 mx\r\n", fallsBack: false, answers)
        #expect(!unoffered.contains { $0.hasPrefix("BDAT") })
        #expect(notes.first?.kind == .notPlayed)
        #expect(sent("250-mx\r\n250 CHUNKING\r\n", fallsBack: true, answers).0 == chunks)
    }

    @Test func `a refused DATA leaves the mail out`() {
        let (data, notes) = sent("250 mx\r\n", fallsBack: true, ["451 no\r\n", "221 b\r\n"])
        #expect(data == ["DATA\r\n", "QUIT\r\n"])
        #expect(notes.map(\.kind) == [.leftOut, .inserted, .leftOut])
    }
}
