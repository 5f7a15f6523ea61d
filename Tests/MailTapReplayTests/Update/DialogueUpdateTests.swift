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
                S: +OK
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

    @Test func `of a reply only the lines that differ change`() {
        let text = """
            S: 220 mx
            C: EHLO me
            S: 250-{any}
            # The limit:
            S: 250-SIZE 1000
            S: 250-DSN
            S: 250-X-{word}
            S: 250 8BITMIME
            C: QUIT
            S: 221 bye

            """
        let came = """
            S: 220 mx
            C: EHLO me
            S: 250-other
            S: 250-X-one
            S: 250-SIZE 2000
            S: 250-CHUNKING
            S: 250 DSN
            C: QUIT
            S: 221 bye
            """
        #expect(
            update(text, with: came)
                == text.replacing("SIZE 1000", with: "SIZE 2000").replacing("S: 250 8BITMIME", with: "S: 250 CHUNKING"))
        let open = text.replacing("250 8BITMIME", with: "250 {lines}")
        #expect(update(open, with: came) == open.replacing("SIZE 1000", with: "SIZE 2000"))
        let less = came.replacing("S: 250-CHUNKING\nS: 250 DSN", with: "S: 250 DSN")
        #expect(
            update(text, with: less)
                == text.replacing("SIZE 1000", with: "SIZE 2000").replacing("S: 250 8BITMIME\n", with: "")
                .replacing("250-X-{word}", with: "250 X-{word}"))
    }

    @Test func `patterns that held stay, behind another status`() {
        let text = "S: 220 mx\nC: NOOP\nS: {2xx} {any}\nC: RSET\nS: 250 2.0.0 queued as {word} \nC: QUIT\nS: 221 bye\n"
        let came = "S: 220 mx\nC: NOOP\nS: 450 4.1.0 no\nC: RSET\nS: 250 2.0.1 queued as A1 \nC: QUIT\nS: 221 bye"
        #expect(
            update(text, with: came)
                == text.replacing("{2xx} {any}", with: "450 4.1.0 {any}").replacing("2.0.0", with: "2.0.1"))
    }

    @Test func `replies keep to the order of the commands, and line ends to those of the file`() {
        let text = "S: 220 mx\r\nC: MAIL FROM:<a@b>\r\nC: RCPT TO:<c@d>\r\nC: QUIT\r\nS: 250 ok\r\n# end\r\n"
        let came = "S: 220 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 c\nC: QUIT\nS: 221 bye"
        #expect(
            update(text, with: came)
                == text.replacing("S: 250 ok\r\n", with: "S: 250 ok\r\nS: 250 c\r\nS: 221 bye\r\n"))
        let refused = came.replacing("MAIL FROM:<a@b>\nS: 250 ok", with: "MAIL FROM:<a@b>\nS: 450-no\nS: 450 way")
        #expect(
            update(text, with: refused)
                == text.replacing(
                    "S: 250 ok\r\n", with: "S: 450-no\r\nS: 450 way\r\nS: 250 c\r\nS: 221 bye\r\n"))
        #expect(
            update("S: 220 mx\r\nC: NOOP", with: "S: 220 mx\nC: NOOP\nS: 250 ok")
                == "S: 220 mx\r\nC: NOOP\r\nS: 250 ok")
    }

    @Test func `of a listing and a mail only what differs changes`() {
        let text = """
            S: +OK
            C: LIST
            S: +OK {any}
            S: 1 {number}
            # Gone by and by:
            S: 2 20
            S: 3 30
            S: .
            C: RETR 1
            S: +OK {any}
            S: Subject: {any}
            S: X: 1
            S:
            S: {lines}
            S: .
            C: QUIT
            S: +OK

            """
        let came = """
            S: +OK
            C: LIST
            S: +OK 3
            S: 1 11
            S: 3 31
            S: 4 40
            S: .
            C: RETR 1
            S: +OK 22
            S: Subject: x
            S: X: 2
            S: 
            S: body
            S: .
            C: QUIT
            S: +OK
            """
        #expect(
            update(text, with: came, .pop3)
                == text.replacing("S: 2 20\nS: 3 30\n", with: "S: 3 31\nS: 4 40\n").replacing("X: 1", with: "X: 2"))
    }

    @Test func `a session that broke off is not taken over`() {
        let text = "S: 220 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye"
        let notes = [ReplayNote(kind: .aborted, exchanges: 2..<3, text: "the server closed the connection")]
        #expect(update(text, with: "S: 220 mx\nC: NOOP\nS: 450 no", notes: notes) == nil)
    }
}
