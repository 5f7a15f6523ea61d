import MailTapAnalysis
import MailTapCore
import Testing

/// What a session is said to have done: only what it did.
@Suite struct SessionOverviewTests {
    private static let hello = """
        S: 220 mx.example.org ESMTP
        C: EHLO client.example.org
        S: 250-mx.example.org
        S: 250-CHUNKING
        S: 250-STARTTLS
        S: 250 AUTH PLAIN LOGIN CRAM-MD5

        """
    private static let envelope = """
        C: MAIL FROM:<a@example.org>
        S: 250 ok
        C: RCPT TO:<b@example.net>
        S: 250 ok

        """

    private func sentence(_ dialogue: String) throws -> String {
        SessionOverview(of: try #require(DialogueSessions.read(dialogue).first)).sentence
    }

    private func overview(smtp lines: String) throws -> SessionOverview {
        SessionOverview(of: try #require(DialogueSessions.read(Self.hello + lines + "\n").first))
    }

    @Test func `TLS that never began is not gone on under`() throws {
        let clear = try overview(
            smtp: "C: STARTTLS\nS: 220 go\nC: EHLO client.example.org\nS: 250 mx\nC: QUIT\nS: 221 bye")
        #expect(clear.sentence == "The client sent no message. It ended by QUIT.")
        #expect(clear.vanished.isEmpty)
        let secret = try overview(
            smtp: """
                C: STARTTLS
                S: 220 go
                -- tls starttls decrypted version=TLSv1.3
                C: EHLO client.example.org
                S: 250 mx
                C: QUIT
                S: 221 bye
                """)
        #expect(secret.sentence == "The client went on under TLS and sent no message. It ended by QUIT.")
        #expect(secret.vanished == ["CHUNKING", "STARTTLS", "AUTH"])
    }

    @Test(arguments: [
        ("221 bye", "failed to log in as bob"), ("250 ok", "failed to log in as bob"), ("235 ok", "logged in as bob"),
        ("535 no", "failed to log in as bob"),
    ])
    func `only 235 grants a login`(_ reply: String, words: String) throws {
        let said = try overview(
            smtp: "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: \(reply)")
        #expect(said.sentence.hasPrefix("The client \(words) and sent no message."))
    }

    @Test func `a login that fails is told though nobody was named`() throws {
        #expect(
            try overview(smtp: "C: AUTH CRAM-MD5\nS: 334 !!\nC: dGlt\nS: 535 5.7.8 no\nC: QUIT\nS: 221 bye").sentence
                .hasPrefix("The client failed to log in and sent no message."))
        #expect(
            try sentence("S: +OK ready\nC: AUTH PLAIN AAAA\nS: -ERR no\nC: QUIT\nS: +OK bye\n")
                .hasPrefix("The client failed to log in and fetched no message."))
        // That only asks which mechanisms there are.
        #expect(
            try sentence("S: +OK ready\nC: AUTH\nS: -ERR no\nC: QUIT\nS: +OK bye\n")
                .hasPrefix("The client fetched no message."))
    }

    @Test func `content that never ended was not taken`() throws {
        let fate = "1 recipient, not taken, since its content never ended."
        let start = Self.envelope + "C: DATA\nS: 354 go\nC: From: a@example.org\n"
        #expect(try overview(smtp: start + "-- reset client").sentence.contains(fate))
        #expect(
            try overview(smtp: Self.envelope + "C: BDAT 5\nC: abc\nS: 250 ok\nC: QUIT\nS: 221 bye").sentence
                .contains(fate))
        // The end was sent and no answer was seen.
        #expect(
            try overview(smtp: start + "C: .\n-- reset client").sentence
                .contains("1 recipient, of which it is not known whether it was taken."))
        // More may come.
        #expect(
            try overview(smtp: start).sentence.contains("1 recipient, of which it is not known whether it was taken."))
    }
}
