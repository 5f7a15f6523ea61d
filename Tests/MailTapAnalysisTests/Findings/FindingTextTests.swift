import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What findings and notes say where it depends on more than their own line.
@Suite struct FindingTextTests {
    private func session(_ dialogue: String) throws -> Session { try #require(DialogueSessions.read(dialogue).first) }

    private static let injected = """
        S: 220 mx.example.org ESMTP
        C: EHLO client.example.org
        S: 250-mx.example.org
        S: 250 STARTTLS
        C: STARTTLS
        C: RSET
        S: 220 go
        -- tls starttls decrypted version=TLSv1.3

        """

    @Test func `whether what was injected ran is told`() throws {
        let end = "C: EHLO client.example.org\nS: 250 mx.example.org\nC: QUIT\nS: 221 bye\n"
        for (dialogue, ran) in [(Self.injected + end, false), (Self.injected + "S: 250 ok\n" + end, true)] {
            let finding = try #require(
                try session(dialogue).findings.first { $0.rule == "smtp.starttls-injection" })
            #expect(finding.text.contains("1 more reply than the client asked for, so it ran what was injected") == ran)
        }
    }

    private func message(endingIn end: String) -> String {
        """
        S: 220 mx.example.org ESMTP
        C: EHLO client.example.org
        S: 250 mx.example.org
        C: MAIL FROM:<a@example.org>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 250 ok
        C: DATA
        S: 354 go
        C: Subject: x\(end)\\
        S: 250 taken
        C: QUIT
        S: 221 bye

        """
    }

    @Test(arguments: ["\\r.\\r\\n", "\\r.\\n", "\\n.\\r\\n", "\\r\\n\\x00.\\r\\n", "\\r\\n.\\r\\r\\n", "\\n.\\r\\r\\n"])
    func `a message that ended oddly is whole`(_ end: String) throws {
        let session = try session(message(endingIn: end))
        #expect(session.messages.first?.complete == true)
        #expect(session.findings.contains { $0.rule == "smtp.odd-end-of-data" })
    }

    @Test func `AUTH without a mechanism is no question, and 500 is no long line`() throws {
        let session = try session(
            """
            S: 220 mx.example.org ESMTP
            C: EHLO client.example.org
            S: 250-mx.example.org
            S: 250 AUTH PLAIN
            C: AUTH:PLAIN AGJvYgBzZWNyZXQ=
            S: 500 no
            C: AUTH
            S: 500 5.5.6 no

            """)
        #expect(
            session.exchanges[2].note == "Log in without saying by which SASL mechanism (RFC 4954 section 4). "
                + "Refused: the command is not recognised (RFC 5321 section 4.2.4)")
        #expect(session.exchanges[3].note?.contains("5.5.6, a failure that stays") == true)
    }

    @Test(arguments: [("", "user without a name"), ("Ym9i", "user bob")])
    func `an empty name leaves no empty word`(_ response: String, words: String) throws {
        let session = try session(
            """
            S: 220 mx.example.org ESMTP
            C: EHLO client.example.org
            S: 250-mx.example.org
            S: 250 AUTH LOGIN
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: \(response)
            S: 535 no

            """)
        #expect(session.exchanges[3].note?.hasPrefix("SASL LOGIN, response 1: \(words). Refused") == true)
    }

    @Test func `an empty field of a report leaves no empty words`() {
        let report = MessageReport(
            type: "message/disposition-notification", octets: Array("Reporting-UA:\r\nDisposition:\r\nX: y\r\n".utf8))
        #expect(report.phrase == "is a receipt (RFC 8098)")
        let whole = MessageReport(
            type: "message/disposition-notification",
            octets: Array("Reporting-UA: mua\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n".utf8))
        #expect(
            whole.phrase == "is a receipt by mua: manual-action/MDN-sent-manually; displayed (RFC 8098)")
    }
}
