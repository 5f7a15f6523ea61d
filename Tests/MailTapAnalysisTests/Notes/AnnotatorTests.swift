import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct AnnotatorTests {
    private func note(_ line: String, _ reply: String? = "250 ok", verb: String? = nil) -> String {
        var script = SessionScript(.smtp)
        script.say(line, reply, verb: verb)
        return script.notes().last.flatMap { $0 } ?? ""
    }

    private func popNote(_ line: String, _ reply: String? = "+OK") -> String {
        var script = SessionScript(.pop3)
        script.say(line, reply)
        return script.notes().last.flatMap { $0 } ?? ""
    }

    @Test func theContractsExample() {
        #expect(
            note("MAIL FROM:<a@example.org> SIZE=1200")
                == "Start a mail from a@example.org, 1200 octets declared (RFC 1870)")
    }

    @Test(arguments: [
        ("MAIL FROM:<a@b> BODY=8BITMIME", "above 127"), ("MAIL FROM:<>", "null sender"),
        ("MAIL FROM:<a@b> RET=HDRS ENVID=x+2By", "envelope id x+y"), ("MAIL FROM:<a@b> AUTH=<>", "nobody"),
        ("MAIL FROM:<a@b> BY=120;R", "within 120 seconds, else to be returned"),
        ("MAIL FROM:<a@b> MT-PRIORITY=3", "priority 3"),
        ("MAIL FROM:<a@b> HOLDFOR=60", "held for 60 seconds"), ("MAIL FROM:<a@b> REQUIRETLS", "RFC 8689"),
        ("RCPT TO:<c@d> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;e@f", "on success, on failure"),
        ("RCPT TO:<@x:c@d>", "source route"),
        ("BDAT 100 LAST", "the last chunk of 100 octets"), ("BDAT x", "no number"),
        ("ETRN @example.org", "example.org and below"),
        ("XCLIENT NAME=spike ADDR=192.0.2.1", "name spike, addr 192.0.2.1"), ("VRFY bob", "bob"),
        ("TURN", "exchange the roles"),
        ("LHLO me", "LMTP"), ("BURL imap://u;auth=x@host/INBOX;uid=1;urlauth=a:internal:deadbeef LAST", "at host"),
    ])
    func commandsTellTheirValues(line: String, part: String) {
        #expect(note(line).contains(part), "\(note(line))")
    }

    @Test func tokensOfURLsAreNotTold() {
        #expect(!note("BURL imap://u@host/x;urlauth=a:internal:deadbeef LAST").contains("deadbeef"))
    }

    @Test func passwordsOfProxiesAreNotTold() {
        let text = note("XCLIENT LOGIN=bob PASSWORD=hunter22 ADDR=192.0.2.1")
        #expect(text.contains("login bob, a password, addr 192.0.2.1"))
        #expect(!text.contains("hunter22"))
    }

    @Test func unknownCommandsAreNotQuoted() {
        #expect(!note("c2VjcmV0", "500 what").lowercased().contains("c2vjcmv0"))
    }

    @Test func refusalsSayWhy() {
        let text = note("RCPT TO:<c@d>", "550 5.1.1 no such user")
        #expect(text.contains("Refused: the recipient does not exist or is refused"))
        #expect(text.contains("5.1.1, a failure that stays: the mailbox does not exist (RFC 3463 section 3.2)"))
        #expect(note("RCPT TO:<c@d>", "451 later").contains("Refused for now"))
        #expect(note("NOOP", nil).hasSuffix("no reply was seen"))
    }

    @Test func plainTellsTheUserNotThePassword() {
        // NUL "alice" NUL "hunter2"
        let text = note("AUTH PLAIN AGFsaWNlAGh1bnRlcjI=", "235 ok")
        #expect(text.contains("user alice"))
        #expect(!text.contains("hunter2") && !text.contains("aHVu") && !text.contains("AGFs"))
    }

    @Test func loginStepByStep() {
        var script = SessionScript(.smtp)
        script.say("AUTH LOGIN", "334 VXNlcm5hbWU6")
        script.say("YWxpY2U=", "334 UGFzc3dvcmQ6", verb: "*auth")
        script.say("aHVudGVyMg==", "535 5.7.8 no", verb: "*auth")
        let notes = script.notes().compactMap { $0 }
        #expect(notes[1].contains("asks for the user name"))
        #expect(notes[2].contains("user alice") && notes[2].contains("asks for the password"))
        #expect(notes[3].contains("the password") && notes[3].contains("credentials are not valid"))
        #expect(!notes[3].contains("hunter2") && !notes[3].contains("aHVudGVyMg"))
    }

    @Test func bearerFailureIsRead() {
        var script = SessionScript(.smtp)
        // user=bob^Aauth=Bearer tok^A^A
        script.say(
            "AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgdG9rAQE=", "334 eyJzdGF0dXMiOiI0MDEiLCJzY29wZSI6Im1haWwifQ==")
        script.say("", "535 no", verb: "*auth")
        let notes = script.notes().compactMap { $0 }
        #expect(notes[1].contains("user bob with a bearer token") && notes[1].contains("status 401, scope mail"))
        #expect(!notes[1].contains("Bearer tok"))
        #expect(notes[2].contains("Acknowledge the failure"))
    }

    @Test func scramAndCRAM() {
        var script = SessionScript(.smtp)
        // n,,n=user,r=abc   then   r=abcdef,s=QSXCR+Q6sek8bf92,i=4096
        script.say("AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9YWJj", "334 cj1hYmNkZWYscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==")
        script.say("AUTH CRAM-MD5", "334 PDFAeD4=")
        script.say("dXNlciBiOTEzYTYwMmM3ZWRhN2E0OTViNGU2ZTczMzRkMzg5MA==", "235 ok", verb: "*auth")
        let notes = script.notes().compactMap { $0 }
        #expect(notes[1].contains("user user and a nonce") && notes[1].contains("4096 iterations"))
        #expect(notes[3].contains("user user with a digest") && !notes[3].contains("b913"))
    }

    @Test(arguments: [
        ("USER bob", "+OK", "user name bob"), ("PASS swordfish", "+OK", "Give the password"),
        ("APOP bob c4c9334bac560ecc979e58001b3e22fb", "+OK", "Log in as bob"),
        ("STAT", "+OK 2 320", "2 messages, 320 octets"),
        ("DELE 1", "+OK", "Mark message 1"), ("TOP 1 10", "+OK", "10 lines of message 1"), ("STLS", "+OK", "RFC 2595"),
        ("PASS x", "-ERR [IN-USE] busy", "another session holds the maildrop"), ("UTF8", "+OK", "RFC 6856"),
        ("QUIT", "+OK", "nobody logged in"), ("LAST", "+OK 1", "RFC 1460"),
    ])
    func pop3CommandsTellTheirValues(line: String, reply: String, part: String) {
        let text = popNote(line, reply)
        #expect(text.contains(part), "\(text)")
        #expect(!text.contains("swordfish") && !text.contains("c4c9334b"))
    }

    @Test func quitThatFailsDeletesSomeOrNone() {
        var script = SessionScript(.pop3)
        script.say("PASS x", "+OK")
        script.say("DELE 1", "+OK")
        script.say("QUIT", "-ERR some messages stay")
        #expect(script.notes().last??.contains("1 marked message, of which the server removed some or none") == true)
    }

    @Test func whoLoggedInIsWhoWasTaken() {
        var script = SessionScript(.smtp)
        script.say("AUTH PLAIN AG1hbGxvcnkAeA==", "535 no")
        #expect(LoginName.accepted(in: script.session) == [])
        #expect(SessionOverview(of: script.session).sentence.hasPrefix("The client failed to log in as mallory"))
        script.say("AUTH LOGIN", "334 VXNlcm5hbWU6")
        script.say("Ym9i", "334 UGFzc3dvcmQ6", verb: "*auth")
        script.say("c2VjcmV0", "235 ok", verb: "*auth")
        #expect(LoginName.accepted(in: script.session) == ["bob"])
        #expect(SessionOverview(of: script.session).sentence.hasPrefix("The client logged in as bob"))
        script.say("AUTH PLAIN AG1hbGxvcnkAeA==", "503 once")
        #expect(SessionOverview(of: script.session).sentence.hasPrefix("The client logged in as bob"))
    }

    @Test func whoGaveUSERAndPASSIsToldWhenTaken() {
        var script = SessionScript(.pop3)
        script.say("USER mallory", "+OK")
        script.say("PASS x", "-ERR no")
        #expect(LoginName.accepted(in: script.session) == [])
        script.say("USER bob", "+OK")
        script.say("PASS y", "+OK")
        #expect(LoginName.accepted(in: script.session) == ["bob"])
    }

    @Test func quitTellsWhatItDeletes() {
        var script = SessionScript(.pop3)
        script.say("USER bob", "+OK")
        script.say("PASS x", "+OK")
        script.say("DELE 1", "+OK")
        script.say("QUIT", "+OK")
        #expect(script.notes().last == "End the session and delete 1 marked message (RFC 1939 section 6)")
    }

    @Test func capabilitiesAreExplained() {
        var script = SessionScript(.smtp)
        script.say("EHLO me", "250 mx\n250 SIZE 1000\n250 AUTH PLAIN X-FOO\n250 WHATEVER")
        let notes = Annotator.capabilityNotes(for: script.session.exchanges[1])
        #expect(notes.count == 4 && notes[0] == nil)
        #expect(notes[1] == "SIZE: a message's size may be declared beforehand: at most 1000 octets (RFC 1870)")
        #expect(notes[2]?.contains("PLAIN (RFC 4616), X-FOO") == true)
        #expect(notes[3]?.contains("not known") == true)
        #expect(Annotator.capabilityNotes(for: script.session.exchanges[0]).isEmpty)
    }

    @Test func controlCharactersStayOutOfNotes() {
        #expect(!note("VRFY a\u{1B}[2Jb").unicodeScalars.contains("\u{1B}"))
        #expect(note("VRFY " + String(repeating: "x", count: 5000)).count < 300)
    }

    @Test func enhancedCodes() {
        #expect(EnhancedStatusCodes.meaning(of: "5.7.30")?.text.contains("REQUIRETLS") == true)
        #expect(EnhancedStatusCodes.meaning(of: "5.1.99")?.text.contains("no registry knows") == true)
        #expect(EnhancedStatusCodes.meaning(of: "9.1.1") == nil)
        #expect(EnhancedStatusCodes.meaning(of: "5") == nil)
        for code in EnhancedStatusCodes.registered { #expect(EnhancedStatusCodes.meaning(of: "5.\(code)") != nil) }
    }

    @Test func everySMTPVerbHasItsNote() {
        for verb in SMTPVerb.allCases where verb != .unknown {
            #expect(!note(verb.keyword).contains("no RFC known here"), "\(verb.keyword)")
        }
        for verb in POP3Verb.allCases where verb != .unknown {
            #expect(!popNote(verb.keyword).contains("no RFC known here"), "\(verb.keyword)")
        }
    }

    @Test func summaryTellsWhatVanished() {
        var script = SessionScript(.smtp)
        script.say("EHLO me", "250 mx\n250 SIZE 10\n250 STARTTLS\n250 DSN")
        script.say("STARTTLS", "220 go")
        script.say("EHLO me", "250 mx\n250 SIZE 10\n250 AUTH PLAIN", encrypted: true)
        script.say("QUIT", "221 bye", latency: 7_000_000, encrypted: true)
        let summary = SessionOverview(of: script.session)
        #expect(summary.vanished == ["STARTTLS", "DSN"] && summary.appeared == ["AUTH"])
        #expect(summary.slowestReply?.exchange == 4)
        #expect(summary.sentence == "The client went on under TLS and sent no message. It ended by QUIT.")
    }
}
