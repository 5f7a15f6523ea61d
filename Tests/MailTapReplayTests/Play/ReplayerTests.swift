import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct ReplayerTests {
    private static let mail = """
        S: 220 mx ESMTP
        C: EHLO me
        S: 250-mx
        S: 250 PIPELINING
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 Ok
        C: RCPT TO:<c@d>
        S: 250 2.1.5 Ok
        C: DATA
        S: 354 go
        C: Subject: x
        C: 
        C: ..dot
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<e@f>
        S: 250 2.1.0 Ok
        C: RSET
        S: 250 2.0.0 Ok
        C: QUIT
        S: 221 bye
        """

    @Test func playsInLockStep() {
        let (sent, replayer, effects) = play(
            recording(Self.mail),
            answers: [
                "220-live\r\n220 mx\r\n", "250-mx\r\n250 SIZE\r\n", "250 ok\r\n", "25", "0 ok\r\n", "354 go\r\n",
                "250 done\r\n", "250 ok\r\n", "250 ok\r\n", "221 bye\r\n",
            ])
        #expect(
            sent == [
                "EHLO me\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "DATA\r\n",
                "Subject: x\r\n\r\n..dot\r\n.\r\n", "MAIL FROM:<e@f>\r\n", "RSET\r\n", "QUIT\r\n",
            ])
        #expect(replayer.notes.isEmpty)
        #expect(replayer.isOver)
        #expect(effects.last == .close)
    }

    @Test func refusedDATAMeansNoContentAndRSET() {
        let (sent, replayer, _) = play(
            recording(Self.mail),
            answers: [
                "220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "451 later\r\n", "250 reset\r\n", "250 ok\r\n",
                "250 ok\r\n", "221 bye\r\n",
            ])
        #expect(
            sent == [
                "EHLO me\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "DATA\r\n", "RSET\r\n",
                "MAIL FROM:<e@f>\r\n", "RSET\r\n", "QUIT\r\n",
            ])
        #expect(replayer.notes.map(\.kind) == [.leftOut, .inserted])
    }

    @Test func refusedMAILLeavesItsMailOut() {
        let (sent, replayer, _) = play(
            recording(Self.mail),
            answers: ["220 mx\r\n", "250 mx\r\n", "550 no\r\n", "250 ok\r\n", "250 ok\r\n", "221 bye\r\n"])
        #expect(sent == ["EHLO me\r\n", "MAIL FROM:<a@b>\r\n", "MAIL FROM:<e@f>\r\n", "RSET\r\n", "QUIT\r\n"])
        #expect(replayer.notes.map(\.kind) == [.leftOut, .leftOut, .leftOut])
    }

    @Test func unexpectedGoAheadForContentClosesWithoutADot() {
        let recorded = recording(
            """
            S: 220 mx
            C: HELO me
            S: 250 mx
            C: MAIL FROM:<a@b>
            S: 250 ok
            C: RCPT TO:<c@d>
            S: 550 no
            C: DATA
            S: 554 no
            C: QUIT
            S: 221 bye
            """)
        let (sent, replayer, effects) = play(
            recorded, answers: ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 oops\r\n"])
        #expect(sent.last == "DATA\r\n")
        #expect(effects.last == .abort)
        #expect(replayer.notes.map(\.kind) == [.aborted])
    }

    @Test func whatWasPipelinedShowsWithoutTimes() throws {
        var pipelined = trace(
            "S: 220 x\nC: EHLO me\nS: 250 x\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nS: 250 ok\nS: 250 ok\nC: RSET")
        for index in pipelined.entries.indices { pipelined.entries[index].time = pipelined.info.started }
        pipelined.ended = pipelined.info.started
        let plan = try #require(ReplayPlan(RecordedSession(pipelined)))
        #expect(plan.steps.map(\.isPipelined) == [false, false, true, false])
    }

    @Test func pipelinesWhereRecordedAndOffered() {
        let script = """
            S: 220 mx
            C: EHLO me
            S: 250-mx
            S: 250 PIPELINING
            C: MAIL FROM:<a@b>
            C: RCPT TO:<c@d>
            C: DATA
            S: 250 ok
            S: 250 ok
            S: 354 go
            C: x
            C: .
            S: 250 ok
            C: QUIT
            S: 221 bye
            """
        let offered = play(
            recording(script),
            answers: [
                "220 mx\r\n", "250-mx\r\n250 pipelining\r\n", "250 ok\r\n250 ok\r\n354 go\r\n", "250 ok\r\n",
                "221 bye\r\n",
            ])
        #expect(
            offered.sent == [
                "EHLO me\r\n", "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "x\r\n.\r\n", "QUIT\r\n",
            ])
        let withheld = play(recording(script), answers: ["220 mx\r\n", "250 mx\r\n", "250 ok\r\n"])
        #expect(withheld.sent == ["EHLO me\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n"])
    }

    @Test func playsChunksAsRecorded() {
        let recorded = recording(
            """
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
            C: BDAT 2 LAST
            C! yz
            S: 250 ok
            C: QUIT
            S: 221 bye
            """)
        let answers = ["250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "221 b\r\n"]
        let (sent, _, _) = play(recorded, answers: ["220 mx\r\n", "250-mx\r\n250 CHUNKING\r\n"] + answers)
        #expect(sent.suffix(3) == ["BDAT 4\r\n.\r\nx", "BDAT 2 LAST\r\nyz", "QUIT\r\n"])
        let refused = play(recorded, answers: ["220 mx\r\n", "250 mx\r\n"] + answers)
        #expect(!refused.sent.contains { $0.hasPrefix("BDAT") })
        #expect(refused.replayer.notes.contains { $0.kind == .notPlayed })
    }

    @Test func lmtpWaitsForOneReplyPerRecipient() {
        let recorded = recording(
            """
            S: 220 mx
            C: LHLO me
            S: 250 mx
            C: MAIL FROM:<a@b>
            S: 250 ok
            C: RCPT TO:<c@d>
            S: 250 ok
            C: RCPT TO:<e@f>
            S: 250 ok
            C: DATA
            S: 354 go
            C: x
            C: .
            S: 250 one
            S: 250 two
            C: QUIT
            S: 221 bye
            """)
        let (sent, _, _) = play(
            recorded,
            answers: [
                "220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 one\r\n",
                "250 two\r\n",
            ])
        #expect(sent.suffix(2) == ["x\r\n.\r\n", "QUIT\r\n"])
        let fewer = play(
            recorded,
            answers: [
                "220 mx\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "550 no\r\n", "354 go\r\n", "250 one\r\n",
            ])
        #expect(fewer.sent.last == "QUIT\r\n")
    }

    @Test func answersChallengesAfresh() {
        let script = """
            S: 220 mx
            C: EHLO me
            S: 250 AUTH CRAM-MD5
            C: AUTH CRAM-MD5
            S: 334 PDE+
            C: dGltIGRlYWRiZWVm
            S: 235 ok
            C: QUIT
            S: 221 bye
            """
        let challenge = "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"
        let answers = ["220 mx\r\n", "250-mx\r\n250 AUTH CRAM-MD5\r\n", challenge, "235 ok\r\n", "221 bye\r\n"]
        let options = ReplayOptions(credentials: Credentials(password: "tanstaaftanstaaf"))
        let with = play(recording(script), options: options, answers: answers)
        #expect(with.sent[2] == "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n")
        let without = play(
            recording(script), answers: ["220 mx\r\n", "250-mx\r\n250 AUTH CRAM-MD5\r\n", "221 bye\r\n"])
        #expect(without.sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(without.replayer.notes.map(\.kind) == [.notPlayed])
    }

    @Test func knownPasswordsNeedNoCredentials() {
        let recorded = recording(
            """
            S: 220 mx
            C: EHLO me
            S: 250 AUTH LOGIN
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: dGlt
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 235 ok
            C: QUIT
            S: 221 bye
            """)
        let answers = [
            "220 mx\r\n", "250-x\r\n250 AUTH PLAIN LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n",
            "235 ok\r\n", "221 b\r\n",
        ]
        let (sent, _, _) = play(recorded, answers: answers)
        // Nobody who did not offer the mechanism gets a password.
        #expect(play(recorded, answers: ["220 mx\r\n", "250 x\r\n", "221 b\r\n"]).sent == ["EHLO me\r\n", "QUIT\r\n"])
        #expect(sent == ["EHLO me\r\n", "AUTH LOGIN\r\n", "dGlt\r\n", "c2VjcmV0\r\n", "QUIT\r\n"])
        let options = ReplayOptions(credentials: Credentials(user: "tom", password: "other"))
        #expect(play(recorded, options: options, answers: answers).sent[2...3] == ["dG9t\r\n", "b3RoZXI=\r\n"])
    }

    @Test func aMaskedPOP3LoginIsLeftOutWithWhatNeedsIt() {
        let script = """
            S: +OK ready
            C: USER tim
            S: +OK
            C: PASS ******
            S: +OK in
            C: STAT
            S: +OK 0 0
            C: QUIT
            S: +OK bye
            """
        var recorded = recording(script, .pop3)
        recorded.session.exchanges[2].command?.line.isMasked = true
        let (sent, replayer, _) = play(recorded, answers: ["+OK ready\r\n", "+OK bye\r\n"])
        #expect(sent == ["QUIT\r\n"])
        #expect(replayer.notes.first?.kind == .notPlayed)
        let options = ReplayOptions(credentials: Credentials(password: "se cret"))
        let with = play(
            recorded, options: options, answers: ["+OK ready\r\n", "+OK\r\n", "+OK in\r\n", "+OK 0 0\r\n", "+OK\r\n"])
        #expect(with.sent == ["USER tim\r\n", "PASS se cret\r\n", "STAT\r\n", "QUIT\r\n"])
    }

    @Test func knowsWherePOP3ResponsesEnd() {
        let recorded = recording(
            """
            S: +OK ready
            C: CAPA
            S: +OK
            S: TOP
            S: .
            C: RETR 1
            S: +OK
            S: a
            S: .
            C: LIST 1
            S: +OK 1 3
            C: RETR 2
            S: -ERR no
            C: QUIT
            S: +OK bye
            """, .pop3)
        let (sent, _, _) = play(
            recorded,
            answers: [
                "+OK ready\r\n", "+OK\r\nTOP\r\n.\r", "\n", "+OK\r\na\n.\nb\r\n..\r\n", ".\r\n", "+OK 1 3\r\n",
                "-ERR no\r\n", "+OK bye\r\n",
            ])
        #expect(sent == ["CAPA\r\n", "RETR 1\r\n", "LIST 1\r\n", "RETR 2\r\n", "QUIT\r\n"])
    }

    @Test func aServerThatClosesEndsTheReplay() {
        let recorded = recording(Self.mail)
        var (_, replayer, _) = play(recorded, answers: ["220 mx\r\n"])
        var effects: [Replayer.Effect] = []
        replayer.end(into: &effects)
        #expect(replayer.isOver)
        #expect(replayer.notes.map(\.kind) == [.aborted])
        let refused = play(recorded, answers: ["554 go away\r\n", "221 bye\r\n"])
        #expect(refused.sent == ["QUIT\r\n"])
        let busy = play(recorded, answers: ["220 mx\r\n", "421 busy\r\n"])
        #expect(busy.effects.last == .close)
        #expect(busy.replayer.notes.map(\.kind) == [.aborted])
        #expect(play(recorded, answers: ["* OK IMAP4 ready\r\n"]).effects == [.close])
    }
}
