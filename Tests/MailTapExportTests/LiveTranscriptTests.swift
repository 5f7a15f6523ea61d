import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct LiveTranscriptTests {
    private func live(_ dialogue: String) throws -> (live: String, session: Session) {
        let file = DialogueFileReader.read(Array(dialogue.utf8))
        let trace = try #require(file.sessions.first).trace
        let out = Output()
        let builder = SessionBuilder(
            trace.info,
            progress: { progress, session in
                out.transcript.progress(progress, session, into: &out.octets)
            })
        out.transcript.open(builder.session, into: &out.octets)
        trace.play(into: builder)
        out.transcript.end(builder.session, into: &out.octets)
        return (String(decoding: out.octets, as: UTF8.self), builder.session)
    }

    private final class Output {
        var octets: [UInt8] = []
        var transcript = LiveTranscript(ExportOptions())
    }

    @Test func `lines come as they happen, and pipelined replies name their command`() throws {
        let (text, _) = try live(
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250-mail.example.org
            S: 250 PIPELINING
            C: MAIL FROM:<a@example.org>
            C: RCPT TO:<b@example.org>
            C: DATA
            S: 250 2.1.0 Ok
            S: 550 5.1.1 No such user
            S: 554 5.5.1 No valid recipients
            C: QUIT
            S: 221 2.0.0 Bye
            """)
        let said = text.split(separator: "\n").filter {
            !$0.hasPrefix("===") && !$0.hasPrefix("***") && !$0.hasPrefix("    ")
        }
        .map { $0.dropFirst(4).prefix { $0 != " " && $0 != "-" } }
        #expect(said == ["220", "EHLO", "250", "250", "MAIL", "RCPT", "DATA", "250", "550", "554", "QUIT", "221"])
        #expect(text.contains("answers MAIL") && text.contains("answers RCPT"))
    }

    @Test func `where octets are missing is said once, and what nobody knows about others too`() throws {
        let beginning = """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 mail.example.org
            """
        let lost = "\(beginning)\n-- gap client 6\n"
        let (alone, _) = try live(lost + "C: NOOP\nS: 250 ok\nS: 250 ok\nC: QUIT\nS: 221 bye")
        #expect(alone.contains("*** 6 octets of the client are missing here"))
        #expect(!alone.contains("tcp.gap"))
        let (unknown, _) = try live(lost + "C: ten words of which nobody knows\nC: QUIT\nS: 221 bye")
        #expect(unknown.contains("*** 6 octets of the client are missing here"))
        #expect(unknown.contains("tcp.gap: It is not known what this belongs to"), "\(unknown)")
    }

    @Test func `a message folds into a line`() throws {
        let (text, session) = try live(
            """
            S: 220 mail.example.org ESMTP
            C: HELO client.example
            S: 250 mail.example.org
            C: MAIL FROM:<a@example.org>
            S: 250 Ok
            C: RCPT TO:<b@example.org>
            S: 250 Ok
            C: DATA
            S: 354 Go
            C: Subject: Hello
            C:
            C: Text
            C: .
            S: 250 Ok
            C: QUIT
            S: 221 Bye
            """)
        #expect(session.messages.count == 1)
        #expect(text.contains(" -> [message 1: \(session.messages.first?.bytes ?? 0) octets, \"Hello\"]"))
        #expect(!text.contains("Subject: Hello"))
    }
}
