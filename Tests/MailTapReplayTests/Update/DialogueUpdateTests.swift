import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct DialogueUpdateTests {
    /// The file after what came was taken over; nil where it can't be.
    private func update(
        _ text: String, with came: String, notes: [ReplayNote] = [], _ proto: MailProtocol = .smtp
    ) -> String? {
        let file = DialogueFileReader.read([UInt8](text.utf8), source: "test")
        #expect(file.errors.isEmpty)
        let expected = RecordedSession(file.sessions.first?.trace ?? trace(""))
        let live = recording(came, proto)
        var update = DialogueUpdate([UInt8](text.utf8), file.sessions)
        let comparison = Comparison().compare(expected, with: live, notes: notes)
        guard update.take(0, comparison, came: live) == nil else { return nil }
        let result = String(decoding: update.updated, as: UTF8.self)
        let again = DialogueFileReader.read([UInt8](result.utf8), source: "test")
        let expectation = RecordedSession(again.sessions.first?.trace ?? trace(""))
        #expect(Comparison().compare(expectation, with: live).isSame, "\(result)")
        return result
    }

    @Test func `only what differs is rewritten, and comments stay`() {
        let text = """
            # A refused recipient.
            S: 220 mx {any}

            C: EHLO me
            S: 250-mx
            S: 250 SIZE {number}
            C: MAIL FROM:<a@b>
              @0.1 S: 250 2.1.0 Ok
            # This one is refused:
            C: RCPT TO:<x@b>
            S: 250 2.1.5 Ok
            C: QUIT
            S: 221 2.0.0 Bye

            """
        let came = """
            S: 220 mx now
            C: EHLO me
            S: 250-other
            S: 250 SIZE 99
            C: MAIL FROM:<a@b>
            S: 250-2.1.7 two
            S: 250 2.1.7 lines {x}
            C: RCPT TO:<x@b>
            S: 550 5.1.1 no
            C: QUIT
            S: 221 2.0.0 now
            """
        #expect(
            update(text, with: came)
                == text.replacing(
                    "  @0.1 S: 250 2.1.0 Ok",
                    with: "  @0.1 S: 250-2.1.7 two\n       S: 250 2.1.7 lines \\{x}"
                ).replacing("S: 250 2.1.5 Ok", with: "S: 550 5.1.1 no"))
    }

    @Test func `what could not be said any more becomes a comment`() {
        let text = """
            S: 220 mx
            C: HELO me
            S: 250 mx
            C: DATA
            S: 354 go
            C: Subject: x
            C:
            C: .
            S: 250 done
            C: QUIT
            S: 221 bye
            """
        let came = "S: 220 mx\nC: HELO me\nS: 250 mx\nC: DATA\nS: 503 no\nC: QUIT\nS: 221 bye"
        let notes = [ReplayNote(kind: .leftOut, exchanges: 3..<4, text: "DATA was refused")]
        #expect(
            update(text, with: came, notes: notes) == """
                S: 220 mx
                C: HELO me
                S: 250 mx
                C: DATA
                S: 503 no
                # left out: DATA was refused
                # C: Subject: x
                # C:
                # C: .
                # S: 250 done
                C: QUIT
                S: 221 bye
                """)
    }

    @Test func `what nothing was expected of gets its answer`() {
        let text = "S: 220 mx\nC: HELO me\nC: QUIT\n"
        let came = "S: 220 mx\nC: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye"
        #expect(update(text, with: came) == "S: 220 mx\nC: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye\n")
    }

    @Test func `listings and messages are written as they travel`() {
        let text = "S: +OK\nC: LIST\nS: +OK\nS: .\nC: RETR 1\nS: -ERR\nC: QUIT\nS: +OK\n"
        let came = """
            S: +OK
            C: LIST
            S: +OK 1
            S: 1 20
            S: .
            C: RETR 1
            S: +OK
            S: Subject: x
            S: 
            S: ..y\\n z
            S: .
            C: QUIT
            S: +OK
            """
        #expect(
            update(text, with: came, .pop3) == """
                S: +OK
                C: LIST
                S: +OK 1
                S: 1 20
                S: .
                C: RETR 1
                S: +OK
                S: Subject: x
                S:
                S: ..y\\n\\
                S:  z
                S: .
                C: QUIT
                S: +OK

                """)
    }

    @Test func `a session that broke off is not taken over`() {
        let text = "S: 220 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye"
        let notes = [ReplayNote(kind: .aborted, exchanges: 2..<3, text: "the server closed the connection")]
        #expect(update(text, with: "S: 220 mx\nC: NOOP\nS: 450 no", notes: notes) == nil)
    }
}
