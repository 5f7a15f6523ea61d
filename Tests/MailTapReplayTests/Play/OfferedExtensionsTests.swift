import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct OfferedExtensionsTests {
    private static func mail(_ parameters: String, content: String = "text", rcpt: String = "") -> RecordedSession {
        recording(
            """
            S: 220 mx
            C: EHLO me
            S: 250-mx
            S: 250-SIZE 1000
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250-DSN
            S: 250 PIPELINING
            C: MAIL FROM:<a@b>\(parameters)
            S: 250 2.1.0 Ok
            C: RCPT TO:<c@d>\(rcpt)
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 go
            C: \(content)
            C: .
            S: 250 2.0.0 queued
            C: QUIT
            S: 221 bye
            """)
    }

    /// What is said to a server that offers these, and takes everything.
    private func said(_ recorded: RecordedSession, offers: [String], rcpt: String = "250 ok") -> (
        [String], [ReplayNote]
    ) {
        let lines = ["mx"] + offers
        let hello = lines.enumerated().map { "250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)\r\n" }
            .joined()
        let (sent, replayer, _) = play(
            recorded,
            answers: ["220 mx\r\n", hello, "250 ok\r\n", "\(rcpt)\r\n", "354 go\r\n", "250 ok\r\n", "221 bye\r\n"])
        return (sent, replayer.notes)
    }

    @Test(
        arguments: [
            (
                " SIZE=99 BODY=7BIT RET=HDRS ENVID=\"x>y\"", ["SIZE", "8BITMIME", "DSN"],
                " SIZE=99 BODY=7BIT RET=HDRS ENVID=\"x>y\""
            ),
            (" SIZE=99 BODY=7BIT RET=HDRS", ["DSN"], " RET=HDRS"), (" size=99 x-own=1", [], " x-own=1"),
            (" AUTH=<>", ["AUTH PLAIN"], " AUTH=<>"), (" AUTH=<>", [], ""), ("", ["SIZE"], ""),
        ] as [(String, [String], String)])
    func `only what is offered is asked for`(recorded: String, offers: [String], said line: String) {
        let (sent, notes) = said(Self.mail(recorded), offers: offers)
        #expect(sent.dropFirst().first == "MAIL FROM:<a@b>\(line)\r\n")
        #expect(notes.map(\.kind) == (recorded == line ? [] : [.altered]))
        #expect(sent.count == 6)
    }

    @Test func `recipients too`() {
        let (sent, _) = said(Self.mail("", rcpt: " NOTIFY=NEVER ORCPT=rfc822;c@d"), offers: ["SIZE"])
        #expect(sent.contains("RCPT TO:<c@d>\r\n"))
    }

    @Test(
        arguments: [
            (" BODY=8BITMIME", "grün"), (" BODY=BINARYMIME", "text"), (" SMTPUTF8", "text"), (" REQUIRETLS", "text"),
        ])
    func `a mail that needs what is not offered is not sent`(parameters: String, content: String) {
        let (sent, notes) = said(Self.mail(parameters, content: content), offers: ["SIZE"])
        #expect(sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(notes.map(\.kind) == [.notPlayed, .leftOut, .leftOut, .leftOut])
    }

    @Test func `what the recorded server refused is said as it was`() {
        var refused = Self.mail(" X-WHAT=1 SIZE=5")
        for index in refused.session.exchanges.indices where refused.session.exchanges[index].command?.verb == "MAIL" {
            refused.session.exchanges[index].reply?.status = ReplyStatus(rawValue: 555)
        }
        #expect(said(refused, offers: []).0.dropFirst().first == "MAIL FROM:<a@b> X-WHAT=1 SIZE=5\r\n")
    }

    @Test func `no DATA where every recipient is refused`() {
        let (sent, notes) = said(Self.mail(""), offers: ["SIZE"], rcpt: "550 5.1.1 no")
        #expect(sent.prefix(4) == ["EHLO me\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "QUIT\r\n"])
        #expect(notes.map(\.kind) == [.leftOut, .leftOut])
        #expect(notes.map(\.text) == ["every recipient was refused", "every recipient was refused"])
    }

    @Test func `DATA that was recorded without a recipient is said, and content asked for then is empty`() {
        let script = """
            S: 220 mx
            C: HELO me
            S: 250 mx
            C: MAIL FROM:<a@b>
            S: 250 ok
            C: RCPT TO:<c@d>
            S: 550 no
            C: DATA
            S: 354 go
            C: text
            C: .
            S: 554 no valid recipients
            C: QUIT
            S: 221 bye
            """
        let (sent, replayer, _) = play(
            recording(script),
            answers: [
                "220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "550 no\r\n", "354 go\r\n", "554 no\r\n", "221 bye\r\n",
            ])
        #expect(sent.suffix(3) == ["DATA\r\n", ".\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.kind) == [.altered])
    }
}
