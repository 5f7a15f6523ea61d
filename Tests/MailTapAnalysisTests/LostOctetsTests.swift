import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

/// What a session comes to where a capture lacks octets: replies stay with their commands, and messages are whole or
/// not said to be.
@Suite struct LostOctetsTests {
    private func session(_ text: String, _ proto: MailProtocol = .smtp, startSeen: Bool = true) -> Session {
        var info = SessionInfo.test
        info.expecting = proto
        info.startSeen = startSeen
        return Self.session(Script("lost", text).trace(info: info))
    }

    private static func session(_ trace: Trace) -> Session {
        let builder = SessionBuilder(trace.info)
        trace.play(into: builder)
        return builder.session
    }

    /// Verb and status of each exchange; `-` for what is not there.
    private func pairs(_ session: Session) -> [String] {
        session.exchanges.map { "\($0.command?.verb ?? "-") \($0.reply?.status.text ?? "-")" }
    }

    private static let mail =
        "S: 220 mail.example.org ESMTP\nC: MAIL FROM:<a@example.org>\nS: 250 ok\n"
        + "C: RCPT TO:<b@example.net>\nS: 250 ok\n"
    private static let mailPairs = ["- 220", "MAIL 250", "RCPT 250"]
    private static let quit = "C: QUIT\nS: 221 bye"

    @Test(arguments: [Ending.clientClosed, .serverClosed, .reset, .open])
    func contentThatTheConnectionCutOffIsAnExchange(_ ending: Ending) {
        var script = Script("cut", Self.mail + "C: DATA\nS: 354 go\nC: Subject: half\nC| half a li")
        switch ending {
        case .clientClosed: script.steps.append(.mark(.eof(.client)))
        case .serverClosed: script.steps.append(.mark(.eof(.server)))
        case .reset: script.steps.append(.mark(.reset(.client)))
        default: break
        }
        let session = Self.session(script.trace())
        #expect(session.ending == ending)
        // Where the capture stops, more may have come: there is no exchange yet.
        #expect(pairs(session) == Self.mailPairs + ["DATA 354"] + (ending == .open ? [] : ["*data -"]))
        #expect(session.messages.map(\.complete) == [false] && session.messages[0].bytes == 24)
        #expect(session.messages[0].exchange == session.exchanges.count - 1)
        #expect(session.findings.contains { $0.rule == "smtp.connection-lost" } == (ending != .open))
        #expect(!session.findings.contains { $0.rule == "smtp.no-quit" || $0.rule == "smtp.no-reply" })
    }

    @Test func aGoAheadAnswersDATAThoughRepliesBeforeItWereLost() {
        let session = session(
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example.org
            S: 250-mail.example.org
            S: 250 PIPELINING
            C: MAIL FROM:<a@example.org>
            C: RCPT TO:<b@example.net>
            C: RCPT TO:<c@example.net>
            C: DATA
            S- 250 2.1.0 ok
            S- 250 2.1.5 ok
            S: 550 5.1.1 no
            S: 354 go
            C: Subject: hello
            C:
            C: .
            S: 250 queued
            \(Self.quit)
            """)
        #expect(pairs(session).suffix(3) == ["DATA 354", "*data 250", "QUIT 221"])
        #expect(session.messages.map(\.accepted) == [true])
        #expect(!session.findings.contains { $0.rule == "smtp.reply-not-allowed" })
    }

    @Test(arguments: ["LIST", "UIDL"]) func ofAListingBehindTheEndOfTheCaptureTheStatusSaysNothing(verb: String) {
        let head = "S: +OK ready\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: STAT\nS: +OK 2 320\n"
        let first = verb == "LIST" ? "1 120" : "1 first"
        for tail in ["", "\nS: " + first] {
            let session = session(head + "C: \(verb)\nS: +OK 2 messages" + tail, .pop3)
            let rules = session.findings.map(\.rule)
            #expect(!rules.contains("pop3.bad-listing") && !rules.contains("pop3.size-mismatch"), "\(rules)")
        }
    }

    @Test func aGapIsAFindingAtItsExchange() {
        let session = session(
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example.org
            S: 250-mail.example.org
            S- 250-twenty octets!!!
            S: 250 8BITMIME
            C: NOOP
            C- NOOP
            S: 250 ok
            \(Self.quit)
            """)
        let gaps = session.findings.filter { $0.rule == "tcp.gap" }
        #expect(gaps.map(\.exchange) == [1, 2])
        #expect(
            gaps.map(\.text) == [
                "22 octets are missing here, from octet 50 of what the server sent",
                "6 octets are missing here, from octet 31 of what the client sent",
            ])
        #expect(gaps.allSatisfy { $0.side == nil && $0.severity == .note })
    }

    @Test func aMessageTellsWhereItLacksOctets() {
        let session = session(
            Self.mail
                + """
                C: DATA
                S: 354 go
                C: ..one
                C- lost
                C: two
                C- three
                C: .
                S: 250 ok
                \(Self.quit)
                """)
        // The first of two dots was put in for the journey.
        #expect(
            session.messages.map(\.gaps) == [[ContentGap(offset: 6, length: 6), ContentGap(offset: 11, length: 7)]])
        #expect(session.messages.map(\.complete) == [false])
    }

    @Test func theClientComesFirstWhereTheBeginningWasNotSeen() {
        let smtp = session("C: EHLO x\nS: 250 ok\nC: MAIL FROM:<a@x>\nS: 251 ok\n\(Self.quit)", startSeen: false)
        #expect(pairs(smtp) == ["EHLO 250", "MAIL 251", "QUIT 221"])
        let pop3 = session(
            "C: RETR 1\nS: +OK\nS: Subject: a\nS: .\nC: QUIT\nS: +OK bye", .pop3, startSeen: false)
        #expect(pairs(pop3) == ["RETR +OK", "QUIT +OK"])
        #expect(pop3.messages.map(\.bytes) == [12] && pop3.messages.map(\.complete) == [true])
    }

    @Test(arguments: [
        ("S: 250 2.0.0 Ok: queued as A", MailProtocol.smtp, false), ("S: 354 go", .smtp, false),
        ("S: 554 no", .smtp, false), ("S: 220 x ESMTP", .smtp, true), ("S: +OK Marked to be deleted.", .pop3, false),
        ("S: -ERR no", .pop3, false), ("S: +OK <1.2@x>", .pop3, true), ("S: +OK POP3 ready", .pop3, true),
    ])
    func whatReadsLikeNoGreetingIsNoneWhereTheBeginningWasNotSeen(_ line: String, _ proto: MailProtocol, isOne: Bool) {
        let further = proto == .smtp ? "\nC: RSET\nS: 250 ok\n\(Self.quit)" : "\nC: STAT\nS: +OK 0 0\nC: QUIT\nS: +OK"
        let found = session(line + further, proto, startSeen: false)
        let note = found.exchanges.first?.note ?? ""
        #expect(found.exchanges.first?.command == nil)
        #expect(note.hasPrefix(isOne ? "The server greets" : "A reply to a command that was not seen"), "\(note)")
        #expect(!found.findings.contains { $0.rule == "smtp.reply-not-allowed" })
    }

    @Test func aGoAheadIsTheNewestDATAsWhateverWasLostBeforeIt() {
        let found = session(
            """
            S: 220 x
            C: EHLO y
            S: 250-x
            S: 250 PIPELINING
            C: MAIL FROM:<a@x>
            C- RCPT TO:<b@x>
            C: DATA
            S: 250 ok
            S: 354 go
            C: hello
            C: .
            S: 250 taken
            \(Self.quit)
            """)
        #expect(pairs(found).suffix(4) == ["MAIL 250", "DATA 354", "*data 250", "QUIT 221"], "\(pairs(found))")
        #expect(found.messages.map(\.complete) == [true])
    }

    @Test func whatWasNotSeenIsNotDenied() {
        let pop3 = session("C: DELE 1\nS: +OK\nC: QUIT\nS: +OK bye", .pop3, startSeen: false)
        #expect(
            pop3.exchanges.map(\.note) == [
                "Mark message 1 for deletion at QUIT (RFC 1939 section 5)",
                "End the session and delete 1 marked message (RFC 1939 section 6)",
            ])
        #expect(SessionOverview(of: pop3).sentence.hasPrefix("The client fetched no message and deleted 1 message."))
        let idle = session("C: NOOP\nS: +OK\nC: QUIT\nS: +OK bye", .pop3, startSeen: false)
        #expect(idle.exchanges.last?.note == "End the session (RFC 1939 sections 4 and 6)")
        let smtp = session("C: RSET\nS: 250 ok\nC: RCPT TO:<a@x>\nS: 250 ok\nC: DATA\nS: 354 go\n", startSeen: false)
        #expect(smtp.exchanges.first?.note == "Start afresh (RFC 5321 section 4.1.1.5)")
        #expect(smtp.exchanges.last?.note == "Ask to send the content (RFC 5321 section 4.1.1.4)")
        let late = session("S: 220 x\nC: NOOP\nS: 250 ok\n\(Self.quit)", startSeen: false)
        #expect(SessionOverview(of: late).timeToGreeting == nil)
    }

    @Test func aReplyThatOnlyOneCommandCanHaveIsItsOwn() {
        // The replies that were lost before the server's first octets leave no gap where the beginning was not seen.
        let smtp = session(
            "C: RCPT TO:<b@x>\nC: NOOP\nS: 250 ok\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye", startSeen: false)
        #expect(pairs(smtp).last == "QUIT 221")
        let pop3 = session("S: +OK hi\nC: STAT\nC: QUIT\nS- +OK 1 2\nS: +OK bye", .pop3)
        #expect(pairs(pop3) == ["- +OK", "STAT -", "QUIT +OK"])
        let login = session(
            "S: +OK hi\nC: USER a\nC: PASS b\nC: STAT\nS- +OK\nS- +OK\nS: +OK 1 2\nC: QUIT\nS: +OK bye", .pop3)
        #expect(pairs(login) == ["- +OK", "USER -", "PASS -", "STAT +OK", "QUIT +OK"])
    }

    @Test(arguments: [
        "S- 220 x\nC: EHLO x\nS: 250 ok\n", "C: EHLO x\nS- 220 x\nS: 250 ok\n", "C| EH\nS- 220 x\nC: LO x\nS: 250 ok\n",
    ])
    func aLostGreetingShiftsNoReply(_ beginning: String) {
        let smtp = session(beginning + Self.quit)
        #expect(pairs(smtp) == ["EHLO 250", "QUIT 221"])
        #expect(!smtp.findings.contains { $0.rule == "smtp.command-before-greeting" })
        let pop3 = session(
            beginning.replacing("EHLO x", with: "NOOP").replacing("LO x", with: "OP").replacing("EH", with: "NO")
                .replacing("250", with: "+OK") + "C: QUIT\nS: +OK bye", .pop3)
        #expect(pairs(pop3) == ["NOOP +OK", "QUIT +OK"])
    }

    @Test func aGreetingAndACommandAreLost() {
        let lost = session("S- 220 x\nC- EHLO\nC: nt.example\nS: 250 ok\nC: NOOP\nS: 251 ok\n\(Self.quit)")
        #expect(pairs(lost) == ["- 250", "NOOP 251", "QUIT 221"])
        let torn = session("S- +OK\nS| dy>\\r\\n\nC- ST\nC: AT\nS: +OK 1 2\nC: RETR 1\nS: +OK\nS: a\nS: .", .pop3)
        #expect(pairs(torn) == ["- +OK", "RETR +OK"])
        #expect(torn.messages.map(\.bytes) == [3])
    }

    @Test func theCommandBehindALostDotLineIsOne() {
        let lost = session(Self.mail + "C: DATA\nS: 354 go\nC: one\nS: 250 queued\nC- two\\r\\n.\n\(Self.quit)")
        #expect(pairs(lost) == Self.mailPairs + ["DATA 354", "*data 250", "QUIT 221"])
        #expect(lost.messages.map(\.complete) == [false])
    }

    @Test func theBeginningOfAMessageIsLost() {
        let lost = session(Self.mail + "C: DATA\nS: 354 go\nC- one\nC: two\nC: .\nS: 250 queued\n\(Self.quit)")
        #expect(pairs(lost) == Self.mailPairs + ["DATA 354", "*data 250", "QUIT 221"])
        #expect(lost.messages.map(\.complete) == [false] && lost.messages.map(\.bytes) == [5])
    }

    @Test(arguments: [("DATA", true), ("DATA\\r\\none", false)])
    func aMessageWhoseDATAIsLost(_ octets: String, isComplete: Bool) {
        let lost = session(Self.mail + "S: 354 go\nC- \(octets)\nC: Subject: x\nC: .\nS: 250 queued\n\(Self.quit)")
        #expect(pairs(lost) == Self.mailPairs + ["- 354", "*data 250", "QUIT 221"])
        #expect(lost.messages.map(\.complete) == [isComplete] && lost.messages.map(\.bytes) == [12])
    }

    @Test func aReplyBehindAGapOfBothSidesGoesToNoneThatItCannotAnswer() {
        let lost = session(Self.mail + "C: DATA\nS- 354 go\nC- one\nS: 250 queued\n\(Self.quit)")
        #expect(pairs(lost) == Self.mailPairs + ["DATA -", "- 250", "QUIT 221"])
    }

    @Test func aLostPromptKeepsThePasswordsExchange() {
        let lost = session(
            "S: +OK ready\nC: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS- + UGFzc3dvcmQ6\nC: c2VjcmV0\nS: +OK in\n"
                + "C: QUIT\nS: +OK bye", .pop3)
        #expect(pairs(lost) == ["- +OK", "AUTH +", "*auth -", "*auth +OK", "QUIT +OK"])
    }

    @Test func aStatusLineBehindALostDotLineEndsTheMessage() {
        let lost = session(
            "S: +OK ready\nC: RETR 1\nS: +OK\nS: one\nC: STAT\nS- two\\r\\n.\nS: +OK 1 2\nC: QUIT\nS: +OK bye", .pop3)
        #expect(pairs(lost) == ["- +OK", "RETR +OK", "STAT +OK", "QUIT +OK"])
        #expect(lost.messages.map(\.complete) == [false] && lost.messages.map(\.bytes) == [5])
        // Nothing waits for an answer: then it is content, even behind a gap.
        let whole = session(
            "S: +OK ready\nC: RETR 1\nS: +OK\nS- one\nS: +OK is no answer\nS: .\nC: QUIT\nS: +OK bye", .pop3)
        #expect(pairs(whole) == ["- +OK", "RETR +OK", "QUIT +OK"])
        #expect(whole.messages.map(\.bytes) == [18])
    }

    /// A refusal may say the password of a PASS, or the token of an AUTH, that the capture lacks.
    @Test(arguments: [
        "C: USER bob\nS: +OK\nC- PASS hunter2\nS: -ERR [AUTH] bad password hunter2",
        "C- USER bob\\r\\nPASS hunter2\nS: +OK\nS: -ERR [AUTH] bad password hunter2",
        "C: USER bob\nS: +OK\nC- PASS hun\nC: ter2\nS: -ERR [AUTH] bad password hunter2",
        "C: USER bob\nC- PASS hunter2\nC: STAT\nS: +OK\nS: -ERR [AUTH] bad password hunter2\nS: -ERR [AUTH] no",
        // The gap is known only when more of the client's octets come.
        "C: USER bob\nS: +OK\nS: -ERR [AUTH] bad password hunter2\nC- PASS hunter2",
        "C: AUTH PLAIN\nS: + \nS: -ERR [AUTH] bad password hunter2\nC- AGJvYgBodW50ZXIy",
    ])
    func aRefusalOfALostLoginShowsNoSecret(_ text: String) {
        let lost = session("S: +OK ready\n\(text)\nC: QUIT\nS: +OK bye", .pop3)
        let shown = lost.exchanges.flatMap { [$0.command?.line].compactMap(\.self) + ($0.reply?.lines.array ?? []) }
            .map { $0.text().text }
        #expect(!shown.contains { $0.contains("hunter2") || $0.contains("ter2") })
        #expect(shown.contains("[AUTH] [redacted 20 octets]"))
    }

    @Test(arguments: [
        // Nothing is lost.
        "C: STAT\nS: -ERR not yet", "C: USER bob\nS: -ERR not yet", "C: NOOP\nS: +OK\nS: -ERR not yet",
        // Both are in step again, or somebody is logged in.
        "C- NOOP\nS: +OK\nC: STAT\nS: -ERR not yet",
        "C: USER bob\nS: +OK\nC: PASS secret\nS: +OK\nC- NOOP\nS: -ERR not yet",
    ])
    func anyOtherRefusalIsShown(_ text: String) {
        let session = session("S: +OK ready\n\(text)\nC: QUIT\nS: +OK bye", .pop3)
        #expect(session.exchanges.contains { $0.reply?.lines.first?.text().text == "not yet" })
    }

    @Test func aMessageOfWhichAChunkIsLostIsNotComplete() {
        let lost = session(Self.mail + "S: 250 ok\nC- BDAT 3\\r\\na\nC| BDAT 3 LAST\\r\\nxyz\nS: 250 ok\n\(Self.quit)")
        #expect(lost.messages.map(\.complete) == [false])
        let cut = session(
            Self.mail + "C| BDAT 9\\r\\nabc\nC- defg\nS: 250 ok\nC| BDAT 3 LAST\\r\\nxyz\nS: 250 ok\n\(Self.quit)")
        #expect(cut.messages.map(\.complete) == [false] && cut.messages.map(\.from) == ["a@example.org"])
        let middle = session("C| BDAT 3 LAST\\r\\nxyz\nS: 250 ok\n\(Self.quit)", startSeen: false)
        #expect(middle.messages.map(\.complete) == [false])
        let last = "C| BDAT 3 LAST\\r\\nxyz\nS: 250 ok\n"
        let whole = session(Self.mail + "C| BDAT 3\\r\\nabc\nS: 250 ok\n\(last)\(Self.quit)")
        #expect(whole.messages.map(\.complete) == [true])
    }

    // MARK: Commands that were lost in a group

    @Test func aCommandThatWasLostIsOwedAReply() {
        let lost = session(
            "S: 220 x\nC- MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC: RCPT TO:<c@x>\nC: DATA\nS: 250 mail\nS: 250 b\n"
                + "S: 550 c\nS: 354 go\nC: Subject: a\nC: .\nS: 250 sent\n" + Self.quit)
        #expect(
            pairs(lost) == ["- 220", "RCPT 250", "RCPT 550", "DATA 354", "- 250", "*data 250", "QUIT 221"])
        #expect(lost.messages.map(\.complete) == [true])
        #expect(lost.exchanges[1].reply?.lines.first?.text().text == "b")
    }

    @Test func halfALineIsACommandToo() {
        let lost = session(
            "S: 220 x\nC| MAIL FR\nC- OM:<a@x\nC| >\\r\\nRCPT TO:<b@x>\\r\\nDATA\\r\\n\nS: 250 mail\nS: 250 b\n"
                + "S: 354 go\nC: Subject: a\nC: .\nS: 250 sent\n" + Self.quit)
        #expect(pairs(lost).filter { $0 != "- 250" } == ["- 220", "RCPT 250", "DATA 354", "*data 250", "QUIT 221"])
        #expect(!lost.findings.contains { $0.rule == "smtp.unknown-command" || $0.rule == "smtp.reply-not-allowed" })
    }

    @Test func aReplyThatACommandCannotHaveIsThatOfAnotherThatWasLost() {
        let lost = session(
            "S: 220 x\nC- MAIL FROM:<a@x> and RCPT TO:<b@x>\nC: DATA\nS: 250 mail\nS: 250 b\nS: 354 go\n"
                + "C: Subject: a\nC: .\nS: 250 sent\n" + Self.quit)
        #expect(pairs(lost).filter { $0 != "- 250" } == ["- 220", "DATA 354", "*data 250", "QUIT 221"])
        #expect(lost.messages.map(\.bytes) == [12])
    }

    @Test func aReplyThatCameBeforeTheLossWasSeenIsOwedNoMore() {
        let lost = session("S: 220 x\nS: 250 mail\nC- MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nS: 250 b\n" + Self.quit)
        #expect(pairs(lost) == ["- 220", "- 250", "RCPT 250", "QUIT 221"])
    }

    @Test func repliesLostWithCommandsShiftNoOthers() {
        let lost = session(
            Self.mail + "C: RSET\nS- 250 ok\nC- MAIL FROM:<a@x>\nS: 250 mail\nC: RCPT TO:<b@x>\nS: 250 b\n"
                + Self.quit)
        #expect(pairs(lost) == Self.mailPairs + ["RSET -", "- 250", "RCPT 250", "QUIT 221"])
        // The reply to DATA and octets behind it: those may be the message's, to which no reply is owed but the last.
        let content = session(
            Self.mail + "C: DATA\nS- 354 go\nC- Subject\nC: : a\nC: .\nS: 554 no\nC: RSET\nS: 250 ok\n" + Self.quit)
        #expect(pairs(content).suffix(2) == ["RSET 250", "QUIT 221"])
    }

    @Test func aMessageWhoseFirstOctetsAreLostBehindALostDATAIsNotComplete() {
        let lost = session(
            Self.mail + "C- DATA\nS: 354 go\nC- Sub\nC: ject: a\nC: text\nC: .\nS: 250 sent\n" + Self.quit)
        #expect(lost.messages.map(\.complete) == [false])
        #expect(pairs(lost) == Self.mailPairs + ["- 354", "*data 250", "QUIT 221"])
    }

    // MARK: What a loss is no proof of

    @Test func aLossIsNoFaultOfThePeers() {
        // The CR, or the line end and the dot line, may be among what was lost.
        for text in [
            Self.mail + "C: DATA\nS: 354 go\nC: Subject: a\nC| te\nC- xt\nC| \\nmore\\r\\n.\\r\\n\nS: 250 sent\n"
                + Self.quit,
            Self.mail + "C: DATA\nS: 354 go\nC: Subject: a\nC| te\\r\nC- xt\nC: more\nC: .\nS: 250 sent\n" + Self.quit,
            Self.mail + "C: DATA\nS: 354 go\nC: Subject: a\nC- text\nC: .\nS: 250 sent\n" + Self.quit,
            "S: 220 x\nC: NOOP\nS- 250 o\nS| \\n\nC: NOOP\nS: 250 ok\n" + Self.quit,
        ] {
            let rules = Set(session(text).findings.map(\.rule))
            #expect(
                rules.isDisjoint(with: ["smtp.bare-lf", "smtp.bare-cr", "smtp.content-ended-early", "smtp.smuggling"]),
                "\(rules)")
        }
    }
}

/// Chunks that never become a whole message (RFC 3030 section 2).
@Suite struct UnfinishedChunksTests {
    private func messages(_ text: String) -> [Message] {
        let mail = "S: 220 x ESMTP\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@x>\nS: 250 ok\n"
        let trace = Script("chunks", mail + text + "\nC: QUIT\nS: 221 bye").trace()
        let builder = SessionBuilder(trace.info)
        trace.play(into: builder)
        return builder.session.messages
    }

    @Test(arguments: ["RSET", "EHLO x", "NOOP"]) func keepTheirEnvelope(_ next: String) {
        let found = messages("C| BDAT 3\\r\\nabc\nS: 250 ok\nC: \(next)\nS: 250 ok")
        #expect(found.map(\.from) == ["a@x"] && found.map(\.to) == [["b@x"]])
        #expect(found.map(\.accepted) == [nil] && found.map(\.complete) == [false])
    }

    @Test func areOverWhenRefused() {
        let found = messages(
            "C| BDAT 3\\r\\nabc\nS: 552 no\nC: MAIL FROM:<c@x>\nS: 250 ok\nC: RCPT TO:<d@x>\nS: 250 ok\n"
                + "C| BDAT 2 LAST\\r\\nxy\nS: 250 ok")
        #expect(found.map(\.from) == ["a@x", "c@x"] && found.map(\.to) == [["b@x"], ["d@x"]])
        #expect(found.map(\.accepted) == [false, true] && found.map(\.bytes) == [3, 2])
    }
}
