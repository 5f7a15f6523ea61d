import MailTapServer
import Testing

@Suite struct SMTPServerSessionTests {
    @Test func greetsWithItsName() {
        let session = SMTPServerSession(configuration: ServerConfiguration(), stamp: "<1@a>", identifier: "Q")
        #expect(String(decoding: session.greeting(), as: UTF8.self).hasPrefix("220 mail.example.org ESMTP "))
    }

    @Test func takesAMailAndUndoesDotStuffing() {
        let (deliveries, closed) = playSMTP(
            """
            C: EHLO me.test
            S: 250-mx.test greets me.test
            S: 250-PIPELINING
            S: 250-SIZE 67108864
            S: 250-8BITMIME
            S: 250-CHUNKING
            S: 250-ENHANCEDSTATUSCODES
            S: 250-SMTPUTF8
            S: 250 HELP
            C: MAIL FROM:<a@b.test> SIZE=100 BODY=8BITMIME
            S: 250 2.1.0 Ok
            C: RCPT TO:<c@d.test>
            S: 250 2.1.5 Ok
            C: RCPT TO:<Nobody@d.test>
            S: 550 5.1.1 <Nobody@d.test>: no such mailbox here
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: Subject: x
            C: 
            C: ..a
            C: b.\\n.\\nc
            C: ..
            C: .
            S: 250 2.0.0 Ok: queued as Q1
            C: QUIT
            S: 221 2.0.0 mx.test closes the connection
            """)
        #expect(closed)
        #expect(deliveries.map(\.from) == ["a@b.test"])
        #expect(deliveries.first?.to == ["c@d.test"])
        let content = deliveries.first.map { String(decoding: $0.content, as: UTF8.self) }
        #expect(content == "Subject: x\r\n\r\n.a\r\nb.\n.\nc\r\n.\r\n")
    }

    @Test func onlyADotBetweenCRLFsEndsData() {
        let (deliveries, _) = playSMTP(
            """
            C: HELO me
            S: 250 mx.test
            C: MAIL FROM:<>
            C: RCPT TO:<c@d.test>
            C: DATA
            S: 250 2.1.0 Ok
            S: 250 2.1.5 Ok
            S: 354 End data with <CR><LF>.<CR><LF>
            C! a\\n.\\r\\nb\\r\\n.\\nc\\r\\n.\\r.\\r\\r\\n.\\r\\n
            S: 250 2.0.0 Ok: queued as Q1
            """)
        let content = deliveries.first.map { String(decoding: $0.content, as: UTF8.self) }
        #expect(content == "a\n.\r\nb\r\n\nc\r\n\r.\r\r\n")
    }

    @Test func emptyDataIsAMailOfNothing() {
        let (deliveries, _) = playSMTP(
            """
            C: HELO me
            C: MAIL FROM:<a@b>
            C: RCPT TO:<c@d>
            C: DATA
            C: .
            S: 250 mx.test
            S: 250 2.1.0 Ok
            S: 250 2.1.5 Ok
            S: 354 End data with <CR><LF>.<CR><LF>
            S: 250 2.0.0 Ok: queued as Q1
            """)
        #expect(deliveries == [Delivery(from: "a@b", to: ["c@d"], content: [])])
    }

    @Test func takesChunksAndSkipsRefusedOnes() {
        let (deliveries, _) = playSMTP(
            """
            C: EHLO me.test
            S: 250-mx.test greets me.test
            S: 250-CHUNKING
            S: 250 HELP
            C: BDAT 4 LAST
            C! QUIT
            S: 503 No mail transaction with a recipient
            C: MAIL FROM:<a@b>
            C: RCPT TO:<c@d>
            C: BDAT 6
            C! .\\r\\nQUI
            C: BDAT 0
            C: BDAT 2 LAST
            C! T\\n
            S: 250 Ok
            S: 250 Ok
            S: 250 Ok: chunk taken
            S: 250 Ok: chunk taken
            S: 250 Ok: queued as Q1
            C: BDAT x
            S: 501 BDAT size [LAST] expected
            """
        ) { $0.extensions = [.chunking] }
        #expect(deliveries == [Delivery(from: "a@b", to: ["c@d"], content: [UInt8](".\r\nQUIT\n".utf8))])
    }

    @Test func keepsTheOrderOfCommands() {
        playSMTP(
            """
            C: MAIL FROM:<a@b>
            S: 503 5.5.1 EHLO comes first
            C: HELO me
            S: 250 mx.test
            C: RCPT TO:<c@d>
            S: 503 5.5.1 MAIL comes first
            C: DATA
            S: 503 5.5.1 MAIL comes first
            C: MAIL FROM:<a@b>
            S: 250 2.1.0 Ok
            C: MAIL FROM:<a@b>
            S: 503 5.5.1 A mail transaction is open
            C: DATA
            S: 554 5.5.1 No valid recipients
            C: RSET
            S: 250 2.0.0 Ok
            C: RCPT TO:<c@d>
            S: 503 5.5.1 MAIL comes first
            C: NOOP
            S: 250 2.0.0 Ok
            C: VRFY c@d
            S: 252 2.0.0 Can't verify, will try to deliver
            C: VRFY nobody
            S: 550 5.1.1 No such mailbox here
            C: EHLO
            S: 501 5.5.4 A host name is missing
            C: WHAT now
            S: 500 5.5.1 Command not known
            """)
    }

    @Test func refusesWhatTheExtensionsForbid() {
        playSMTP(
            """
            C: HELO me
            S: 250 mx.test
            C: MAIL FROM:<a@b> SIZE=1
            S: 555 5.5.4 Parameter SIZE=1 not known
            C: EHLO me
            S: 250-mx.test greets me
            S: 250-SIZE 10
            S: 250-ENHANCEDSTATUSCODES
            S: 250 HELP
            C: MAIL FROM:<a@b> SIZE=11
            S: 552 5.3.4 Message exceeds the size limit
            C: MAIL FROM:<a@b> SIZE=x
            S: 501 5.5.4 SIZE is no number
            C: MAIL FROM:<é@b>
            S: 553 5.6.7 A non-ASCII address needs SMTPUTF8
            C: MAIL FROM: a@b
            S: 501 5.5.4 MAIL FROM:<reverse-path> expected
            C: MAIL FROM:<"x> y"@b>
            S: 250 2.1.0 Ok
            C: RCPT TO:<c@d>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: 123456789
            C: .
            S: 552 5.3.4 Message exceeds the size limit
            """
        ) {
            $0.extensions = [.size, .enhancedStatusCodes]
            $0.sizeLimit = 10
        }
    }

    @Test func linesEndWithCRLFAloneAndHaveALimit() {
        playSMTP(
            """
            C! NOOP\\n
            C: NOOP
            S: 500 5.5.2 Bare CR, bare LF or NUL in a command line
            C: NOOP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            S: 500 5.5.6 Line too long
            C: NOOP
            S: 250 2.0.0 Ok
            """
        ) { $0.lineLimit = 30 }
    }

    @Test func lmtpAnswersForEachRecipient() {
        let (deliveries, _) = playSMTP(
            """
            C: EHLO me
            S: 500 Command not known
            C: LHLO me
            S: 250-mx.test greets me
            S: 250 HELP
            C: MAIL FROM:<a@b>
            C: RCPT TO:<c@d>
            C: RCPT TO:<nobody@d>
            C: RCPT TO:<e@d>
            C: DATA
            S: 250 Ok
            S: 250 Ok
            S: 550 <nobody@d>: no such mailbox here
            S: 250 Ok
            S: 354 End data with <CR><LF>.<CR><LF>
            C: x
            C: .
            S: 250 <c@d> Ok: queued as Q1
            S: 250 <e@d> Ok: queued as Q1
            """
        ) {
            $0.isLMTP = true
            $0.extensions = []
        }
        #expect(deliveries.first?.to == ["c@d", "e@d"])
    }

    /// The digest is RFC 2195 section 3's construction over this server's stamp.
    @Test(arguments: [
        "C: AUTH PLAIN AGFsaWNlAHNlIGNyZXQ=\nS: 235 2.7.0 Authentication succeeded",
        "C: AUTH PLAIN\nS: 334 \nC: AGFsaWNlAHNlIGNyZXQ=\nS: 235 2.7.0 Authentication succeeded",
        "C: AUTH PLAIN AGFsaWNlAHg=\nS: 535 5.7.8 Authentication credentials invalid",
        "C: AUTH PLAIN AGFs*\nS: 501 5.5.2 The response is no base 64",
        "C: AUTH login\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6\nC: c2UgY3JldA==\n"
            + "S: 235 2.7.0 Authentication succeeded",
        "C: AUTH LOGIN YWxpY2U=\nS: 334 UGFzc3dvcmQ6\nC: *\nS: 501 5.7.0 Authentication cancelled",
        "C: AUTH CRAM-MD5\nS: 334 PDEuMkBteC50ZXN0Pg==\nC: YWxpY2UgYjY2Yzg5\nS: 535 5.7.8 Authentication credentials invalid",
        "C: AUTH CRAM-MD5 AAAA\nS: 535 5.7.8 Authentication credentials invalid",
        "C: AUTH GSSAPI\nS: 504 5.5.4 Mechanism not known",
    ])
    func authenticates(script: String) {
        playSMTP(
            """
            C: EHLO me
            S: 250-mx.test greets me
            S: 250-ENHANCEDSTATUSCODES
            S: 250-AUTH PLAIN LOGIN CRAM-MD5
            S: 250 HELP
            C: MAIL FROM:<a@b>
            S: 530 5.7.0 Authentication required

            """ + script
        ) {
            $0.extensions = [.enhancedStatusCodes]
            $0.accounts = ["alice": "se cret"]
            $0.requiresAuthentication = true
        }
    }

    /// RFC 2195 section 3's own example.
    @Test func cramMD5OfTheStandard() {
        var configuration = ServerConfiguration()
        configuration.accounts = ["tim": "tanstaaftanstaaf"]
        let stamp = "<1896.697170952@postoffice.reston.mci.net>"
        var session = SMTPServerSession(configuration: configuration, stamp: stamp, identifier: "Q")
        var deliveries: [Delivery] = []
        var closed = false
        let script = "EHLO me\r\nAUTH CRAM-MD5\r\ndGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n"
        let sent = session.answer([UInt8](script.utf8), deliveries: &deliveries, closed: &closed)
        let text = String(decoding: sent, as: UTF8.self)
        #expect(text.contains("334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n235 2.7.0 "))
    }
}
