import MailTapCore
import MailTapTesting
import Testing

/// What is mail by its words alone, on a port that says nothing, and what only looks like it.
@Suite struct ProtocolDetectorTests {
    private static func found(
        _ text: String, port: UInt16 = 4_000, startSeen: Bool = true, expecting: MailProtocol? = nil
    ) -> MailProtocol? {
        var info = SessionInfo.test
        info.expecting = expecting
        info.server.port = port
        info.startSeen = startSeen
        let collected = EventCollector.collect(Script("detect", text).trace(info: info))
        for event in collected.events { if case .detected(let proto) = event.kind { return proto } }
        return nil
    }

    static let mail: [(String, MailProtocol)] = [
        ("S: 220 mail.example.org ESMTP", .smtp), ("S: 220 lmtp.example.org LMTP ready\nC: LHLO x", .smtp),
        ("S: 220 mail.example.org ready\nC: EHLO x\nS: 250 ok", .smtp),
        ("S: 220 ready\nC: NOOP\nS: 250 ok\nC: HELO x\nS: 250 ok", .smtp),
        ("S: 554 go away\nC: EHLO x\nS: 503 no", .smtp), ("S: +OK ready\nC: QUIT\nS: +OK", .pop3),
        ("S: +OK\nC: CAPA", .pop3), ("S: * OK IMAP4rev1", .imap),
        // All that some servers say inside TLS before they close.
        ("S: 421 4.7.0 TLS with the next hop failed", .smtp), ("S: 554 5.7.1 go away", .smtp),
    ]

    @Test(arguments: mail) func mailIsFound(_ text: String, proto: MailProtocol) {
        #expect(Self.found(text) == proto)
    }

    static let others = [
        "S: 220 (vsFTPd 3.0.3)\nC: USER anonymous\nS: 331 password please\nC: PASS x\nS: 230 ok\nC: QUIT\nS: 221 bye",
        "S: 220 FTP server ready\nC: AUTH TLS\nS: 234 go\nC| \\x16\\x03\\x01\\x00\\x02ab",
        "S: 220 FTP server ready\nC: QUIT\nS: 221 Goodbye.",
        "S: 220 FTP server ready\nC: HELP\nS: 214 USER PASS\nC: NOOP\nS: 200 ok\nC: FEAT\nS: 211 end",
        "S: 200 news.example.org InterNetNews ready\nC: MODE READER\nS: 200 ok\nC: QUIT\nS: 205 bye",
        "S: 200 news.example.org ready\nC: QUIT\nS: 205 bye", "S: 201 news\nC: HELP\nS: 100 help\nC: QUIT\nS: 205 bye",
        "C: NICK me\nC: USER me 0 * :me\nS: :irc.example.org 001 me :Welcome",
        "S: :irc.example.org NOTICE AUTH :*** Looking up\nC: USER me 0 * :me",
        "S: SSH-2.0-OpenSSH_9.2\nC: SSH-2.0-OpenSSH_9.2", "C: GET / HTTP/1.1\nC: \nS: HTTP/1.1 200 OK\nS: ",
        "C: AUTH secret\nS: +OK\nC: QUIT\nS: +OK", "C: SET a b\nS: +OK", "S| 220\\x00\\x01\\x02\\x03binary\\x00",
        "S| 220 \\x00\\x01ESMTP\\x02\\n\nC| \\x01\\x02\\n", "S| \\x05\\x00\nC| \\x05\\x01\\x00",
        "C| \\x04\\x01\\x00\\x19\nS| \\x04\\x01",
        "S: 421 Service not available", "S: 421 5.7.0 of another class", "S: 421 4.7",
    ]

    @Test(arguments: others) func otherProtocolsAreNot(_ text: String) {
        #expect(Self.found(text) == nil)
    }

    @Test func `a greeting without its space is one where mail is expected`() {
        for greeting in ["220mail.example.org ESMTP", "220\tx", "421go away", "554no"] {
            #expect(Self.found("S: \(greeting)\nC: EHLO x", expecting: .smtp) == .smtp)
            #expect(Self.found("S: \(greeting)") == nil)
        }
        #expect(Self.found("S: 2200 x\nC: EHLO x", expecting: .smtp) == nil)
        #expect(Self.found("S: 200x\nC: EHLO x", expecting: .smtp) == nil)
    }

    @Test func theMiddleOfADialogueIsFoundByItsCommands() {
        #expect(Self.found("C: RCPT TO:<a@example.org>\nS: 250 ok", startSeen: false) == .smtp)
        #expect(Self.found("C: RETR 1\nS: +OK", startSeen: false) == .pop3)
        #expect(Self.found("C: QUIT\nS: 221 bye", startSeen: false) == nil)
    }
}
