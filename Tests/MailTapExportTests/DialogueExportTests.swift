import MailTapAnalysis
import MailTapCore
import Testing

@testable import MailTapExport

@Suite struct DialogueExportTests {
    private func session(_ trace: Trace) -> Session {
        let builder = SessionBuilder(trace.info)
        trace.play(into: builder)
        return builder.session
    }

    private let dialogue = """
        == session started=2026-11-23T06:01:02Z
        @0.001 S: 220 mail.example.org ESMTP
        @0.002 C: EHLO client.example
        @0.003 S: 250-mail.example.org
               S: 250 AUTH PLAIN LOGIN
        @0.004 C: AUTH PLAIN AHRlc3QAc2VjcmV0
        @0.005 S: 235 2.7.0 Ok
        @0.006 C: MAIL FROM:<a@example.org>
        @0.007 S: 250 2.1.0 Ok
        @0.008 C: RCPT TO:<b@example.org>
        @0.009 S: 250 2.1.5 Ok
        @0.010 C: DATA
        @0.011 S: 354 Go
        @0.012 C: Subject: Hel\\
        @0.013 C: lo
               C:
               C: ..stuffed \\{ \\x00\\xff\\n\\
               C: .
        @0.014 S: 250 2.0.0 Ok
        @0.015 C: QUIT
        @0.016 S: 221 2.0.0 Bye
        """

    @Test func `what is exported is read again as the same session, without the secret`() throws {
        let trace = try #require(DialogueFileReader.read(Array(dialogue.utf8)).sessions.first).trace
        let before = session(trace)
        let text = Samples.export(DialogueExport(), [ExportItem(session: before, trace: trace)])
        #expect(!text.contains("c2VjcmV0"))
        #expect(text.contains("C: AUTH PLAIN {masked plain AHRlc3QAKioqKioq}\n"))
        let file = DialogueFileReader.read(Array(text.utf8))
        let after = session(try #require(file.sessions.first).trace)
        #expect(file.errors.isEmpty)
        #expect(after.messages == before.messages)
        #expect(before.messages.first?.bytes == 32)
        let json = { (session: Session) in Samples.export(JSONExport(.lines), [ExportItem(session: session)]) }
        #expect(json(after) == json(before))
    }

    @Test func `revealed, the octets stay`() throws {
        let trace = try #require(DialogueFileReader.read(Array(dialogue.utf8)).sessions.first).trace
        let text = Samples.export(DialogueExport(reveal: true), [ExportItem(session: session(trace), trace: trace)])
        #expect(DialogueFileReader.read(Array(text.utf8)).sessions.map(\.trace) == [trace])
    }
}
