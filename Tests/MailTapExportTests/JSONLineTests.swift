import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct JSONLineTests {
    private let late = Finding(
        rule: "smtp.probable-duplicate", aspect: .synchronization, severity: .warning, side: .client, exchange: 5,
        text: "The same \"message\" again", reference: "RFC 5321 section 4.5.4.1")

    private func session(_ number: Int, findings: [Finding]? = nil) -> Session {
        var session = Samples.smtp
        session.number = number
        if let findings { session.findings = findings }
        return session
    }

    private func line(_ session: Session) -> String {
        var out: [UInt8] = []
        SessionJSON().append(session, to: &out)
        return String(decoding: out, as: UTF8.self) + "\n"
    }

    @Test(arguments: [true, false]) func `findings that come late stand behind those that were there`(hasOwn: Bool) {
        let sessions = [session(1), session(22, findings: hasOwn ? nil : []), session(3)]
        // What the session's number is when its line is made does not matter.
        let writer = JSONLineWriter(SessionJSON())
        let lines = sessions.map { writer.line(session(0, findings: $0.findings)) }
        var changed = sessions
        changed[1].findings += [late, late]
        #expect(text(lines, sessions, adding: [[], [late, late], []]) == changed.map(line).joined())
        #expect(text(lines, sessions, adding: [[], [], []]) == sessions.map(line).joined())
    }

    private func text(_ lines: [JSONLine], _ sessions: [Session], adding late: [[Finding]]) -> String {
        var out: [UInt8] = []
        for index in lines.indices {
            lines[index].append(number: sessions[index].number, adding: late[index], to: &out)
            out.append(UInt8(ascii: "\n"))
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// What the memo holds must not depend on anything that its keys leave out.
    @Test func `a memo changes nothing`() {
        var memo = JSONMemo()
        for session in [Samples.smtp, Samples.pop3, masked, codes, Samples.pop3, Samples.smtp, masked, codes] {
            var remembered: [UInt8] = []
            SessionJSON().append(session, to: &remembered, &memo)
            #expect(String(decoding: remembered, as: UTF8.self) + "\n" == line(session))
        }
    }

    /// POP3 replies of one status, with and without a response code, and with a mask in front.
    private var codes: Session {
        var session = Samples.pop3
        var exchange = Exchange()
        exchange.note = "A login"
        exchange.command = Command(verb: "PASS", line: WireText(Array("PASS".utf8)))
        for text in ["no", "[IN-USE] no", "[AUTH] no", "[LOGIN-DELAY] no"] {
            exchange.reply = Reply(status: .err, lines: [WireText(Array(text.utf8))])
            session.exchanges.append(exchange)
        }
        let secret = WireText.Secret(range: 0..<2, kind: .opaque)
        exchange.reply = Reply(status: .err, lines: [WireText(Array("no".utf8), secrets: [secret])])
        session.exchanges.append(exchange)
        return session
    }

    /// An offer whose line holds a mask: the octets are the same as without.
    private var masked: Session {
        var session = Samples.smtp
        var exchange = Exchange()
        exchange.note = "A greeting"
        exchange.command = Command(verb: "EHLO", line: WireText(Array("EHLO a".utf8)))
        let offer = Array("SIZE 1000".utf8)
        let secret = WireText.Secret(range: 5..<9, kind: .opaque)
        exchange.reply = Reply(
            status: ReplyStatus(rawValue: 250),
            lines: [WireText([]), WireText(offer), WireText(offer, secrets: [secret]), WireText(offer)])
        session.exchanges.append(exchange)
        return session
    }

    @Test(arguments: [0x00, 0x1F, 0x22, 0x5C, 0x7F] as [UInt8]) func `what is to be escaped is, wherever it stands`(
        octet: UInt8
    ) {
        let escapes: [UInt8: String] = [
            0x00: "\\u0000", 0x1F: "\\u001f", 0x22: "\\\"", 0x5C: "\\\\", 0x7F: "\\u007f",
        ]
        for length in 1...40 {
            for place in 0..<length {
                var text = [UInt8](repeating: 0x20, count: length)
                text[place] = octet
                var out: [UInt8] = []
                out.append(json: String(decoding: text, as: UTF8.self))
                var buffer = OctetBuffer()
                buffer.append(json: String(decoding: text, as: UTF8.self))
                #expect([UInt8](buffer) == out)
                let expected =
                    String(repeating: " ", count: place) + (escapes[octet] ?? "")
                    + String(repeating: " ", count: length - place - 1)
                #expect(String(decoding: out, as: UTF8.self) == "\"\(expected)\"")
            }
        }
    }

    @Test func `what need not be escaped stays`() {
        for octet in UInt8(0x20)..<0x7F where octet != 0x22 && octet != 0x5C {
            for length in [1, 3, 4, 7, 8, 11, 15, 16, 17, 33] {
                let text = String(repeating: String(decoding: [octet], as: UTF8.self), count: length)
                var out: [UInt8] = []
                out.append(json: text)
                #expect(String(decoding: out, as: UTF8.self) == "\"\(text)\"")
                var buffer = OctetBuffer()
                buffer.append(json: text)
                #expect([UInt8](buffer) == out)
            }
        }
    }
}
