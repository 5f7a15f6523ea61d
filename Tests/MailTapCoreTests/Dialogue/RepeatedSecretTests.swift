import MailTapCore
import MailTapTesting
import Testing

/// Which octets of the server's are covered since they repeat a credential, or may, where something was lost.
@Suite struct RepeatedSecretTests {
    /// What is covered of the server's lines.
    private func covered(_ text: String) -> [String] {
        let collected = EventCollector.collect(Script("repeated", text).trace())
        return zip(collected.events, collected.lines).compactMap { event, octets in
            guard case .secret = event.kind, event.range.side == .server else { return nil }
            return String(decoding: octets, as: UTF8.self)
        }
    }

    private func smtp(_ lines: String) -> [String] {
        covered("S: 220 mail.example.org ESMTP\nC: EHLO x\nS: 250 AUTH PLAIN LOGIN\n" + lines)
    }

    private func pop3(_ lines: String) -> [String] { covered("S: +OK ready\n" + lines) }

    /// NUL alice NUL hunter22.
    private let plain = "AGFsaWNlAGh1bnRlcjIy"

    @Test func theRefusalOfALoginThatWasLost() {
        let lost = "C- AUTH PLAIN \(plain)\n"
        #expect(smtp(lost + "S: 535 5.7.8 no hunter22 here\nC: QUIT\nS: 221 bye") == ["no hunter22 here"])
        #expect(smtp("C: AUTH PLAIN\nS: 334 \nC- \(plain)\nS: 535 bad hunter22") == ["bad hunter22"])
        #expect(smtp("C- AUTH PLAIN\nS: 334 \nC- \(plain)\nS: 535 bad hunter22") == ["bad hunter22"])
        // The loss shows only later, or not at all.
        #expect(smtp("S: 535 bad hunter22\nC- AUTH PLAIN \(plain)\nC: QUIT\nS: 221 bye") == ["bad hunter22"])
        #expect(smtp("C: AUTH PLAIN\nS: 334 \nS: 535 bad hunter22\nC- \(plain)") == ["bad hunter22"])
        #expect(pop3("C: USER alice\nS: +OK\nC- PASS hunter22\nS: -ERR bad hunter22") == ["bad hunter22"])
    }

    @Test func whatASessionSaysLaterOfALoginThatWasLost() {
        let lost = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC- aHVudGVyMjI=\nS: 235 ok\n"
        #expect(smtp(lost + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RSET\nS: 421 closing, hunter22") == ["hunter22"])
        #expect(smtp(lost + "C: NOOP\nS: 421 4.4.2 closing connection\nC: QUIT").isEmpty)
        // Of a recipient, and of what such words say everywhere.
        #expect(smtp(lost + "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<zyx@b>\nS: 550 5.1.1 zyxw unknown").isEmpty)
        let fetched = "C- USER alice\nS: +OK\nC- PASS hunter22\nS: +OK\nC: LIST\nS: +OK\nS: 1 2\nS: .\n"
        #expect(pop3(fetched + "C: DELE 7\nS: -ERR no such message, hunter22\nC: QUIT\nS: +OK") == ["hunter22"])
        #expect(pop3(fetched + "C: DELE 7\nS: -ERR no such message\nC: QUIT\nS: +OK").isEmpty)
    }

    @Test func refusalsThatAreNoLogins() {
        // Behind a loss, too: a login has no place in a transaction.
        let mail = "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"
        #expect(smtp(mail + "C- RCPT TO:<e@f>\nS: 550 5.1.1 nobody\nC: DATA\nS: 503 5.5.1 strange words").isEmpty)
        #expect(smtp("C- MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 550 5.1.1 zyxw\nC: QUIT\nS: 221 bye").isEmpty)
        // And where nothing was.
        #expect(smtp("C: MAIL FROM:<a@b>\nS: 535 zyxw wants a login\nC: XYZZ\nS: 500 zyxw\nS: 421 zyxw").isEmpty)
        #expect(smtp("C: AUTH PLAIN\nS: 535 zyxw\nC: QUIT\nS: 221 bye").isEmpty)
        #expect(pop3("C: LIST\nS: -ERR zyxw\nC: USER a\nS: -ERR zyxw").isEmpty)
    }

    @Test func anUnansweredCommandBeforeTheLogin() {
        let login = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6\nC: aHVudGVyMjI=\n"
        #expect(smtp("C: NOOP\n" + login + "S: 535 bad hunter22\nC: QUIT\nS: 221 bye") == ["hunter22"])
        #expect(smtp("C: NOOP\nC: AUTH PLAIN \(plain)\nS: 535 bad hunter22") == ["hunter22"])
        #expect(pop3("C: CAPA\nC: USER alice\nS: +OK\nC: PASS hunter22\nS: -ERR bad hunter22") == ["hunter22"])
        #expect(pop3("C: AUTH PLAIN\nC: \(plain)\nS: -ERR bad hunter22") == ["hunter22"])
        // The server says it first, as far as the decoder is concerned.
        #expect(covered("C: PASS hunter22\nS: -ERR bad hunter22") == ["hunter22"])
    }

    @Test func halvesOfReplies() {
        let login = "C: AUTH PLAIN \(plain)\n"
        #expect(smtp(login + "S| 535 bad hunt\nS- er22\nC: QUIT\nS: 221 bye") == ["535 bad hunt"])
        #expect(smtp(login + "S- 535 bad hun\nS: ter22, alice\nC: QUIT\nS: 221 bye") == ["ter22, alice"])
        #expect(smtp(login + "S| 535 bad hunte") == ["hunte"])
        #expect(pop3("C: USER a\nS: +OK\nC: PASS hunter22\nS| -ERR hunt\nS- er22\nC: QUIT\nS: +OK") == ["-ERR hunt"])
        #expect(pop3("C: USER a\nS: +OK\nC: PASS hunter22\nS- -ERR hunt\nS: er22\nC: QUIT\nS: +OK") == ["er22"])
        #expect(pop3("C: USER a\nS: +OK\nC: PASS hunter22\nS| -ERR no hunter2") == ["hunter2"])
        #expect(smtp("C: NOOP\nS| 250 fin\nS- e\nC: QUIT\nS: 221 bye").isEmpty)
    }

    @Test func listings() {
        let login = "C: USER alice\nS: +OK\nC: PASS hunter22\nS: +OK\n"
        #expect(pop3(login + "C: LIST\nS: +OK\nS: 1 hunter22\nS: 2 200\nS: .") == ["hunter22"])
        #expect(pop3(login + "C: UIDL\nS: +OK\nS: 1 aHVudGVyMjI=\nS: 2 zyx\nS: .") == ["aHVudGVyMjI="])
        #expect(pop3("C: CAPA\nS: +OK\nC: PASS hunter22\nS: -ERR bad hunter22\nS: .") == ["hunter22"])
        // A number is a size there, and four letters are a name's.
        #expect(pop3("C: PASS 123456\nS: +OK\nC: LIST\nS: +OK\nS: 1 123456\nS: .").isEmpty)
        #expect(pop3("C: PASS abcd\nS: +OK\nC: UIDL\nS: +OK\nS: 1 xabcdx\nS: .").isEmpty)
    }

    @Test func otherForms() {
        let login = "C: USER alice\nS: +OK\nC: PASS p@ss%hunter22\nS: "
        #expect(pop3(login + "-ERR bad p%40ss%25hunter22 there") == ["p%40ss%25hunter22"])
        #expect(pop3(login + #"-ERR "p@\\u0073s%hunter\\x322""#) == [#"p@\u0073s%hunter\x322"#])
        #expect(pop3(login + "-ERR 704073732568756e7465723232!") == ["704073732568756e7465723232"])
        // alice:p@ss%hunter22, as HTTP has it, and a text around it.
        #expect(pop3(login + "+OK (YWxpY2U6cEBzcyVodW50ZXIyMg==)") == ["YWxpY2U6cEBzcyVodW50ZXIyMg=="])
        #expect(pop3(login + #"-ERR 100% of a quota\\n, abcdefabcdef eHh4eHh4eHh4eHh4"#).isEmpty)
    }

    @Test func argumentsThatAreNumbers() {
        let login = "C: USER a\nS: +OK\nC: PASS hunter22\nS: +OK\n"
        for command in ["TOP 1 hunter22", "TOP hunter22 0", "DELE hunter22", "LIST hunter22", "RETR hunter22"] {
            let script = Script("number", "S: +OK\n" + login + "C: \(command)\nS: -ERR")
            let collected = EventCollector.collect(script.trace())
            let secrets = zip(collected.events, collected.lines).filter { event, _ in
                if case .secret = event.kind { true } else { false }
            }
            #expect(secrets.map { String(decoding: $0.1, as: UTF8.self) } == ["hunter22", "hunter22"], "\(command)")
        }
    }
}
