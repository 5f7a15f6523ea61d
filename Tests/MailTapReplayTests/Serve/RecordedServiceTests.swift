import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapReplay

@Suite struct RecordedServiceTests {
    private static let mail = """
        S: 220 mx ESMTP
        C: EHLO me
        S: 250-mx
        S: 250-STARTTLS
        S: 250 PIPELINING
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 Ok
        C: RCPT TO:<c@d>
        S: 250 2.1.5 Ok
        C: RCPT TO:<x@d>
        S: 550 5.1.1 unknown
        C: DATA
        S: 354 go
        C: Subject: x
        C: 
        C: text
        C: .
        S: 250 2.0.0 queued as ABC
        C: QUIT
        S: 221 2.0.0 bye
        """

    private static let maildrop = """
        S: +OK ready
        C: USER u
        S: +OK
        C: PASS p
        S: +OK in
        C: LIST
        S: +OK 2
        S: 1 15
        S: 2 16
        S: .
        C: RETR 1
        S: +OK
        S: Subject: a
        S: 
        S: ..one
        S: .
        C: RETR 2
        S: +OK
        S: Subject: b
        S: 
        S: two
        S: three
        S: .
        C: QUIT
        S: +OK bye
        """

    /// What the service says to these lines, each ended with CRLF, and whether it closes.
    private func say(
        _ lines: [String], to candidates: [RecordedSession], taken: Set<Int> = []
    ) -> (said: [String], closes: Bool, chosen: Int?) {
        var service = RecordedService(candidates)
        var said = [String(decoding: service.greeting(), as: UTF8.self)]
        var closes = false
        for line in lines {
            var effects: [RecordedService.Effect] = []
            service.receive([UInt8]((line + "\r\n").utf8).span.bytes, claim: { !taken.contains($0) }, into: &effects)
            for effect in effects {
                switch effect {
                case .send(let octets): said.append(String(decoding: octets, as: UTF8.self))
                case .close: closes = true
                case .startTLS: said.append("(TLS)")
                }
            }
        }
        return (said, closes, service.chosen)
    }

    @Test func answersByStateNotByPosition() {
        let result = say(
            [
                "EHLO me", "NOOP", "MAIL FROM:<a@b>", "RCPT TO:<x@d>", "RCPT TO:<c@d>", "DATA", "Subject: x", "",
                "text",
                ".", "QUIT",
            ], to: [recording(Self.mail)])
        #expect(
            result.said == [
                "220 mx ESMTP\r\n", "250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n", "250 2.0.0 Ok\r\n",
                "250 2.1.0 Ok\r\n",
                "550 5.1.1 unknown\r\n", "250 2.1.5 Ok\r\n", "354 go\r\n", "250 2.0.0 queued as ABC\r\n",
                "221 2.0.0 bye\r\n",
            ])
        #expect(result.closes)
    }

    @Test func tlsThatCannotBeServedIsNotOfferedWhereItWasUsed() {
        let script = "S: 220 mx\nC: EHLO me\nS: 250-mx\nS: 250-STARTTLS\nS: 250 DSN\nC: STARTTLS\nS: 220 go"
        let result = say(["EHLO me", "STARTTLS"], to: [recording(script)])
        #expect(result.said.dropFirst() == ["250-mx\r\n250 DSN\r\n", "454 4.7.0 TLS is not served\r\n"])
    }

    /// Logs in by SCRAM, by initial response or without, and says what the service answered.
    private func logIn(
        _ mechanism: String, password: String, credentials: Credentials?, hasInitial: Bool, recorded: String
    ) throws -> [String] {
        var service = RecordedService([recording(recorded)], credentials: credentials, nonce: "n")
        var client = try #require(SASLClient(mechanism, user: "u,1", password: password, nonce: "c"))
        var said: [String] = []
        func send(_ line: String) {
            var effects: [RecordedService.Effect] = []
            service.receive([UInt8]((line + "\r\n").utf8).span.bytes, claim: { _ in true }, into: &effects)
            for case .send(let octets) in effects { said.append(String(decoding: octets, as: UTF8.self)) }
        }
        send("EHLO me")
        if hasInitial {
            let response = client.initialResponse()
            let first = try #require(response)
            send("AUTH \(mechanism) " + String(decoding: Base64.encode(first), as: UTF8.self))
        } else {
            send("AUTH \(mechanism)")
        }
        for _ in 0..<4 {
            guard let last = said.last, last.hasPrefix("334 ") else { break }
            let challenge = try #require(Base64.decode([UInt8](last.utf8.dropFirst(4).dropLast(2))))
            send(client.respond(to: challenge).map { String(decoding: Base64.encode($0), as: UTF8.self) } ?? "*")
        }
        return said
    }

    @Test(arguments: ["SCRAM-SHA-1", "SCRAM-SHA-256"], [true, false])
    func `a login by SCRAM is served where the password is known`(mechanism: String, hasInitial: Bool) throws {
        let script = """
            S: 220 mx
            C: EHLO me
            S: 250-mx
            S: 250 AUTH PLAIN \(mechanism)
            C: AUTH PLAIN AHUAcA==
            S: 235 2.7.0 in
            """
        let known = Credentials(user: "u,1", password: "secret")
        let said = try logIn(
            mechanism, password: "secret", credentials: known, hasInitial: hasInitial, recorded: script)
        #expect(said.last == "235 2.7.0 in\r\n")
        // The client checked the server's signature, or it had cancelled.
        #expect(said.count(where: { $0.hasPrefix("334 ") }) == (hasInitial ? 2 : 3))
        let wrong = try logIn(
            mechanism, password: "guess", credentials: known, hasInitial: hasInitial, recorded: script)
        #expect(wrong.last == "535 5.7.8 Authentication failed\r\n")
        let unknown = try logIn(
            mechanism, password: "secret", credentials: nil, hasInitial: hasInitial, recorded: script)
        #expect(unknown.last?.hasPrefix("504 5.5.4 ") == true)
        let refused = try logIn(
            mechanism, password: "secret", credentials: known, hasInitial: hasInitial,
            recorded: script.replacing("PLAIN AHUAcA==", with: "\(mechanism) biwsbj11LHI9Yw==")
                .replacing("235 2.7.0 in", with: "535 5.7.8 no"))
        #expect(refused.last == "535 5.7.8 no\r\n")
    }

    @Test func servesTheMaildropInAnyOrder() {
        let result = say(
            ["USER u", "PASS other", "RETR 2", "TOP 2 1", "LIST 2", "RETR 1", "RETR 7", "DELE 1", "QUIT"],
            to: [recording(Self.maildrop, .pop3)])
        #expect(
            result.said == [
                "+OK ready\r\n", "+OK\r\n", "+OK in\r\n", "+OK\r\nSubject: b\r\n\r\ntwo\r\nthree\r\n.\r\n",
                "+OK\r\nSubject: b\r\n\r\ntwo\r\n.\r\n", "+OK 2 16\r\n", "+OK\r\nSubject: a\r\n\r\n..one\r\n.\r\n",
                "-ERR No such message\r\n", "+OK\r\n", "+OK bye\r\n",
            ])
    }

    @Test func listsAMaildropThatWasFetchedWithoutAListing() {
        let script = Self.maildrop.replacing("C: LIST\nS: +OK 2\nS: 1 15\nS: 2 16\nS: .\n", with: "")
        let result = say(["APOP u x", "STAT", "LIST", "UIDL", "LIST 2"], to: [recording(script, .pop3)])
        #expect(
            result.said.dropFirst() == [
                "+OK in\r\n", "+OK 2 46\r\n", "+OK\r\n1 20\r\n2 26\r\n.\r\n",
                "+OK\r\n1 recorded-1\r\n2 recorded-2\r\n.\r\n", "+OK 2 26\r\n",
            ])
    }

    @Test func logsInByAnotherMechanismThanWasRecorded() {
        let script = """
            S: 220 mx
            C: EHLO me
            S: 250-mx
            S: 250 AUTH PLAIN SCRAM-SHA-256 LOGIN CRAM-MD5
            C: AUTH PLAIN AHUAcA==
            S: 235 2.7.0 in
            C: QUIT
            S: 221 bye
            """
        let login = say(["EHLO me", "AUTH LOGIN", "dQ==", "cA=="], to: [recording(script)])
        #expect(
            login.said.dropFirst() == [
                "250-mx\r\n250 AUTH PLAIN SCRAM-SHA-256 LOGIN CRAM-MD5\r\n", "334 VXNlcm5hbWU6\r\n",
                "334 UGFzc3dvcmQ6\r\n",
                "235 2.7.0 in\r\n",
            ])
        let cram = say(["EHLO me", "AUTH CRAM-MD5", "dSBhYg=="], to: [recording(script)])
        #expect(cram.said.suffix(2) == ["334 PDFAcmVjb3JkZWQ+\r\n", "235 2.7.0 in\r\n"])
        let scram = say(["EHLO me", "AUTH SCRAM-SHA-256 bm8="], to: [recording(script)])
        #expect(
            scram.said.last
                == "504 5.5.4 SCRAM-SHA-256 needs the password, which no recording has; use PLAIN or LOGIN\r\n")
    }

    @Test func aRecipientIsFoundByItsAddress() {
        let script = """
            S: 220 mx
            C: EHLO me
            S: 250 mx
            C: MAIL FROM:<a@b> SIZE=10
            S: 250 a
            C: RCPT TO:<c@d> NOTIFY=NEVER
            S: 250 c
            C: RCPT TO:<x@d>
            S: 550 x
            C: QUIT
            S: 221 bye
            """
        let lines = ["EHLO me", "MAIL FROM: <a@b>", "RCPT TO:<x@d> ORCPT=x", "RCPT TO:<c@d>"]
        let result = say(lines, to: [recording(script)])
        #expect(result.said.suffix(2) == ["550 x\r\n", "250 c\r\n"])
    }

    @Test func patternsOfADialogueFileAreFilledIn() {
        let text = """
            S: 220 {any}
            C: EHLO me
            S: 250-{word}
            S: 250-SIZE {number}
            S: 250 {lines}
            C: NOOP
            S: {2xx} {re a+}
            C: QUIT
            S: 221 {lines}
            """
        let trace = DialogueFileReader.read([UInt8](text.utf8)).sessions.first?.trace
        let recorded = RecordedSession(trace ?? MailTapReplayTests.trace(""))
        #expect(
            say(["EHLO me", "NOOP", "QUIT"], to: [recorded]).said == [
                "220 ok\r\n", "250-recorded\r\n250 SIZE 1\r\n", "250 recorded\r\n", "221 \r\n",
            ])
    }

    @Test func theNearestOpeningChoosesTheSession() {
        let other = recording(Self.mail.replacing("a@b", with: "z@b").replacing("2.1.0", with: "2.1.9"))
        let result = say(["EHLO me", "MAIL FROM:<z@b>"], to: [recording(Self.mail), other])
        #expect(result.chosen == 1)
        #expect(result.said.last == "250 2.1.9 Ok\r\n")
        #expect(say(["EHLO me", "MAIL FROM:<q@b>"], to: [recording(Self.mail), other]).chosen == 0)
    }

    @Test func aSessionThatIsTakenIsNotServedAgain() {
        let result = say(["EHLO me"], to: [recording(Self.mail)], taken: [0])
        #expect(result.chosen == nil)
        #expect(result.said.last == "421 4.3.2 All sessions are played\r\n")
        #expect(result.closes)
    }

    @Test func contentThatHoldsTheEndMarkPiecewiseEndsOnce() {
        var service = RecordedService([recording(Self.mail)])
        var said = 0
        for octet in "EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n..\r\n\r.\r\n\r\n.\r\nQUIT\r\n".utf8 {
            var effects: [RecordedService.Effect] = []
            service.receive([octet].span.bytes, claim: { _ in true }, into: &effects)
            said += effects.count
        }
        // EHLO, MAIL, RCPT, DATA, the content, QUIT and the close behind it.
        #expect(said == 7)
    }

    @Test(
        arguments: [
            (["RCPT TO:<c@d>"], "503 5.5.1 MAIL first"), (["MAIL FROM:<a@b>"], "503 5.5.1 EHLO first"),
            (["EHLO me", "MAIL FROM:<a@b>", "MAIL FROM:<a@b>"], "503 5.5.1 A mail transaction is under way"),
            (["EHLO me", "RCPT TO:<c@d>"], "503 5.5.1 MAIL first"), (["EHLO me", "DATA"], "503 5.5.1 MAIL first"),
            (["EHLO me", "MAIL FROM:<a@b>", "DATA"], "503 5.5.1 No recipient was accepted"),
            (["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<x@d>", "DATA"], "503 5.5.1 No recipient was accepted"),
            (["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "RSET", "DATA"], "503 5.5.1 MAIL first"),
            (["EHLO me", "MAIL FROM:<a@b>", "EHLO me", "RCPT TO:<c@d>"], "503 5.5.1 MAIL first"),
            (["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", ".", "DATA"], "503 5.5.1 MAIL first"),
            (["EHLO me", "BDAT 4 LAST", "ab"], "503 5.5.1 MAIL first"),
            (["LHLO me"], "500 5.5.1 This is SMTP: EHLO expected"), (["HELO me"], "250 mx"),
        ] as [([String], String)])
    func `SMTP commands are answered by state`(lines: [String], last: String) {
        #expect(say(lines, to: [recording(Self.mail)]).said.last == last + "\r\n")
    }

    @Test(
        arguments: [
            (["STAT"], "-ERR Log in first"), (["RETR 1"], "-ERR Log in first"), (["PASS p"], "-ERR USER first"),
            (["USER u", "PASS p", "USER u"], "-ERR Already logged in"), (["USER u", "LIST"], "-ERR Log in first"),
            (["USER u", "PASS p", "DELE 1", "RETR 1"], "-ERR Message 1 is deleted"),
            (["USER u", "PASS p", "DELE 1", "DELE 1"], "-ERR Message 1 is deleted"),
            (["USER u", "PASS p", "DELE 1", "TOP 1 0"], "-ERR Message 1 is deleted"),
            (["USER u", "PASS p", "DELE 1", "LIST 1"], "-ERR Message 1 is deleted"),
            (["USER u", "PASS p", "DELE 1", "STAT"], "+OK 1 16"), (["USER u", "PASS p", "STAT"], "+OK 2 31"),
            (["USER u", "PASS p", "DELE 1", "LIST"], "+OK\r\n2 16\r\n."),
            (["USER u", "PASS p", "DELE 2", "UIDL"], "+OK\r\n1 recorded-1\r\n."),
            (["USER u", "PASS p", "DELE 1", "RSET", "LIST"], "+OK 2\r\n1 15\r\n2 16\r\n."),
            (["USER u", "PASS p", "DELE 3"], "-ERR No such message"),
            (["USER u", "PASS p", "UIDL 2"], "+OK 2 recorded-2"),
        ] as [([String], String)])
    func `POP3 commands are answered by state`(lines: [String], last: String) {
        #expect(say(lines, to: [recording(Self.maildrop, .pop3)]).said.last == last + "\r\n")
    }

    @Test func `LMTP answers once for each recipient that was accepted`() {
        let script = """
            S: 220 mx
            C: LHLO me
            S: 250 mx
            C: MAIL FROM:<a@b>
            S: 250 a
            C: RCPT TO:<c@d>
            S: 250 c
            C: RCPT TO:<e@d>
            S: 250 e
            C: DATA
            S: 354 go
            C: x
            C: .
            S: 250 one
            S: 452 two
            C: QUIT
            S: 221 bye
            """
        func data(_ recipients: [String]) -> String? {
            let lines = ["LHLO me", "MAIL FROM:<a@b>"] + recipients.map { "RCPT TO:<\($0)>" } + ["DATA", "x", "."]
            return say(lines, to: [recording(script)]).said.last
        }
        #expect(data(["c@d", "e@d"]) == "250 one\r\n452 two\r\n")
        #expect(data(["c@d"]) == "250 one\r\n")
        #expect(say(["EHLO me"], to: [recording(script)]).said.last == "500 5.5.1 This is LMTP: LHLO expected\r\n")
    }

    @Test func hostileOctetsEndInReplies() {
        let lines = [
            "\u{0}\u{1}", "AUTH", "AUTH X", "BDAT", "BDAT 99999999999999999999", "BDAT -1", "RETR -1", "TOP 1", ".",
        ]
        for candidates in [[recording(Self.mail)], [recording(Self.maildrop, .pop3)], []] {
            #expect(say(lines, to: candidates).said.count > (candidates.isEmpty ? 1 : lines.count))
        }
    }
}
