import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct TranscriptTests {
    private func text(_ session: Session, _ options: ExportOptions = ExportOptions(), contents: [[UInt8]] = [])
        -> String
    {
        Samples.export(TranscriptExport(options), [ExportItem(session: session, contents: contents)])
    }

    @Test func `a session reads as swaks' users know it`() {
        #expect(
            text(Samples.smtp) == """
                === session 1, 2026-11-23 06:01:02.123 UTC, 192.0.2.7:50112 -> 192.0.2.25:25 (mail.example.org), from office.pcap
                <-  220 mail.example.org ESMTP Postfix        0.000  The server greets
                 -> EHLO client.example                       0.001  Greet as client.example and ask for the
                <-  250-mail.example.org                      0.001  extensions (RFC 5321 section 4.1.1.1)
                <-  250-PIPELINING                                   commands may be sent without waiting for each
                                                                     reply (RFC 2920)
                <-  250-SIZE 10240000                                a message's size may be declared beforehand: at
                                                                     most 10240000 octets (RFC 1870)
                <-  250 AUTH PLAIN LOGIN                             clients may log in: by PLAIN (RFC 4616), LOGIN
                                                                     (draft-murchison-sasl-login) (RFC 4954)
                 -> AUTH PLAIN [redacted 16 octets]           0.003  Log in as test with SASL PLAIN (RFC 4616)
                <-  235 2.7.0 Authentication successful       0.003
                 -> MAIL FROM:<a@example.org> SIZE=1200       0.005  Start a mail from a@example.org, 1200 octets
                <-  250 2.1.0 Ok                              0.005  declared (RFC 1870)
                 -> RCPT TO:<b@example.net>                   0.006  To b@example.net
                <-  250 2.1.5 Ok                              0.006
                 -> RCPT TO:<nobody@example.net>              0.006  To nobody@example.net
                <-  550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown in local recipient table   0.006
                 -> DATA                                      0.007  Ask to send the content
                <-  354 End data with <CR><LF>.<CR><LF>       0.007
                 -> [message 1: 43 octets, "Lunch on Friday"]   0.008  text/plain 900 octets; image/png "cat.png"
                 -> .                                                12034 octets
                <-  250 2.0.0 Ok: queued as 4F1A2             0.008
                *** error smtp.bare-lf: a line of the message ends with LF alone; servers disagree on where such a
                    message ends (RFC 5321 section 2.3.8)
                 -> QUIT                                      0.009  Say goodbye
                <-  221 2.0.0 Bye                             0.009
                === session 1 smtp 192.0.2.7:50112 -> 192.0.2.25:25 (mail.example.org) quit, 1 message, 1 finding, 0.412 s

                """)
    }

    @Test func `under TLS the marks change`() {
        let lines = text(Samples.pop3).split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix(" -> STLS") })
        #expect(lines.contains { $0.hasPrefix("=== TLS begins: TLSv1.3, TLS_AES_256_GCM_SHA384") })
        #expect(lines.contains("*** certificate of the server: self-signed certificate"))
        #expect(lines.contains { $0.hasPrefix(" ~> LIST") })
        #expect(lines.contains("<~  2 1048576"))
        #expect(lines.contains(#"<~  [message 1: 42 octets, "Hello"]"#))
    }

    @Test(arguments: [false, true]) func `nothing a peer says acts on the terminal`(color: Bool) {
        var session = Samples.hostile
        session.findings = [
            Finding(
                rule: "x", aspect: .syntax, severity: .note, side: nil, exchange: nil, text: "\u{1B}[2J",
                reference: "\u{9B}")
        ]
        session.troubles = [Trouble(code: "\u{7}", text: "\u{1B}c")]
        session.tls = TLSMark(start: .starttls, isDecrypted: true, client: TLSMark.Leg(sni: "\u{1B}]0;x\u{7}"))
        for full in [false, true] {
            let shown = text(
                session, ExportOptions(color: color, full: full),
                contents: [Array("a\u{1B}[2J\u{202E}\r\n\u{9B}\rb".utf8) + [0x9B]])
            // Colour sequences are ours; once they are taken out, no control character is left.
            let plain = shown.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
            #expect(!color || shown != plain)
            #expect(plain.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) })
        }
    }

    @Test func `all of a message is shown on demand`() {
        let shown = text(Samples.smtp, ExportOptions(full: true), contents: [Samples.content])
        #expect(shown.contains(" -> Subject: Lunch on Friday"))
        #expect(shown.contains(" -> Three tables.\n -> .\n"))
        #expect(!shown.contains("[message 1"))
    }

    @Test func `a message that lacks octets says where`() {
        var session = Samples.smtp
        session.messages[0].gaps = [
            ContentGap(offset: 0, length: 1), ContentGap(offset: 5, length: 30), ContentGap(offset: 9, length: 2),
            ContentGap(offset: 99, length: 2),
        ]
        let shown = text(session, ExportOptions(full: true), contents: [Array("one\r\nhalf".utf8)])
        let lines = shown.split(separator: "\n").map { $0.prefix(44).split(separator: "  ").first ?? "" }
        let start = lines.firstIndex { $0.hasPrefix("*** 1 octet") } ?? 0
        #expect(
            lines[start...].prefix(5) == [
                "*** 1 octet of the message is missing here", " -> one",
                "*** 30 octets of the message are missing her", " -> half",
                "*** 2 octets of the message are missing here",
            ])
        #expect(shown.matches(of: #/of the message (is|are) missing/#).count == 3)
    }

    @Test(arguments: [20, 60, 72, 80, 100, 200]) func `notes keep within the width`(width: Int) {
        let shown = text(Samples.smtp, ExportOptions(width: width))
        for line in shown.split(separator: "\n") where line.contains("extensions (RFC") || line.hasPrefix("    ") {
            // A word that is longer than the room for notes stands alone.
            #expect(line.count <= max(width, 44), "\(line)")
        }
    }

    @Test func `what MailTap changed is told`() {
        var session = Samples.smtp
        session.exchanges[1].reply?.forwarded = .octets(Array("250-mail.example.org\r\n250 SIZE 10240000\r\n".utf8))
        session.exchanges[3].command?.forwarded = .nothing
        session.exchanges[3].reply?.isInjected = true
        let shown = text(session)
        #expect(
            shown.contains(
                "=== MailTap passed this on instead, to the client:\n<-  250-mail.example.org\n<-  250 SIZE 10240000\n")
        )
        #expect(shown.contains("=== MailTap did not pass this on\n"))
        #expect(shown.contains("said by MailTap"))
    }

    @Test func `long listings fold`() {
        var session = Samples.pop3
        session.exchanges[2].data = (1...100).map { Samples.wire("\($0) 120") }
        #expect(text(session).contains("<~  8 120\n<~  [92 more lines]\n<~  .\n"))
        #expect(text(session, ExportOptions(full: true)).contains("<~  100 120\n<~  .\n"))
    }

    @Test(arguments: [
        ("a\tb\u{1B}[0m", "a^Ib^[[0m"), ("\u{7F}\u{0}", "^?^@"), ("é\u{9B}", "é<U+009B>"), ("x\u{202E}y", "x<U+202E>y"),
        ("\u{1F408}", "\u{1F408}"),
    ])
    func `hidden characters become visible`(text: String, shown: String) {
        #expect(VisibleText.of(text) == shown)
        var out: [UInt8] = []
        let columns = VisibleText.append(Array(text.utf8), to: &out)
        #expect(String(decoding: out, as: UTF8.self) == shown)
        #expect(columns == VisibleText.columns(of: shown))
    }

    @Test func `octets that are no UTF-8 are shown by number`() {
        var out: [UInt8] = []
        VisibleText.append([0x61, 0xE9, 0xC3, 0xA9, 0xF0, 0x9F, 0x62], to: &out)
        #expect(String(decoding: out, as: UTF8.self) == #"a\xe9é\xf0\x9fb"#)
    }
}
