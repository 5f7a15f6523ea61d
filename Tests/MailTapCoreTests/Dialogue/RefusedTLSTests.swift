import MailTapCore
import MailTapTesting
import Testing

/// A TLS handshake that a side refuses with an alert, after which both go on in clear on the same connection.
@Suite struct RefusedTLSTests {
    private static let hello = "\\x16\\x03\\x01\\x00\\x04\\x01\\x00\\x00\\x00"
    private static let alert = "\\x15\\x03\\x03\\x00\\x02\\x02\\x28"

    private static func said(_ text: String) -> [String] {
        let collected = EventCollector.collect(Script("refused", text).trace())
        return zip(collected.events, collected.lines).compactMap { event, octets in
            switch event.kind {
            case .command: "C " + String(decoding: octets.dropLast(2), as: UTF8.self)
            case .reply: "S " + String(decoding: octets.dropLast(2), as: UTF8.self)
            default: nil
            }
        }
    }

    @Test(arguments: [true, false]) func smtpGoesOn(serverRefuses: Bool) {
        let refusal = serverRefuses ? "S| " + Self.alert : "S| \(Self.hello)\nC| " + Self.alert
        let said = Self.said(
            """
            S: 220 mail.example.org ESMTP
            C: EHLO x
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 go on
            C| \(Self.hello)
            \(refusal)
            C: MAIL FROM:<a@example.org>
            S: 250 ok
            C: QUIT
            S: 221 bye
            """)
        #expect(said.suffix(4) == ["C MAIL FROM:<a@example.org>", "S 250 ok", "C QUIT", "S 221 bye"])
    }

    @Test(arguments: [true, false]) func popGoesOn(serverRefuses: Bool) {
        let refusal = serverRefuses ? "S| " + Self.alert : "S| \(Self.hello)\nC| " + Self.alert
        let said = Self.said(
            """
            S: +OK ready
            C: STLS
            S: +OK go on
            C| \(Self.hello)
            \(refusal)
            C: USER alice
            S: +OK
            C: QUIT
            S: +OK bye
            """)
        #expect(said.suffix(4) == ["C USER alice", "S +OK", "C QUIT", "S +OK bye"])
    }

    @Test func aHandshakeThatAServerTakesForCommandsIsRefusedInWords() {
        let said = Self.said(
            """
            S: 220 mail.example.org ESMTP
            C| \(Self.hello)\\r\\n
            S: 500 what
            C: QUIT
            S: 221 bye
            """)
        #expect(said.suffix(2) == ["C QUIT", "S 221 bye"])
    }
}
