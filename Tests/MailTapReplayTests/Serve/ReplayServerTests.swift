import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

/// Our own client against our own server, both from the same recording.
@Suite struct ReplayServerTests {
    private static let mail = """
        S: 220 mx ESMTP
        C: EHLO me
        S: 250 mx
        C: MAIL FROM:<a@b>
        S: 250 2.1.0 Ok
        C: RCPT TO:<c@d>
        S: 250 2.1.5 Ok
        C: DATA
        S: 354 go
        C: Subject: x
        C: 
        C: text
        C: .
        S: 250 2.0.0 queued as ABC
        C: QUIT
        S: 221 2.0.0 bye
        """

    private func serve(
        _ sessions: [RecordedSession], to client: [RecordedSession]
    ) async throws -> (served: ComparisonReport, played: ComparisonReport) {
        let server = try await ReplayServer.start(sessions, host: "127.0.0.1", port: 0)
        let target = ReplayTarget(proto: .smtp, host: "127.0.0.1", port: server.port)
        async let served = server.run()
        let played = try await ReplayRun(target: target, client: ReplayClient(target: target)).play(client)
        return (try await served, played)
    }

    @Test func theRecordingPlaysAgainstItself() async throws {
        let sessions = [recording(Self.mail), recording(Self.mail.replacing("a@b", with: "z@b"))]
        let result = try await serve(sessions, to: sessions.reversed())
        #expect(result.served.isSame)
        #expect(result.played.isSame)
        #expect(result.served.entries.count == 2)
    }

    @Test func whatTheClientSaysDifferentlyIsTheDifference() async throws {
        let other = recording(Self.mail.replacing("C: text", with: "C: texts"))
        let result = try await serve([recording(Self.mail)], to: [other])
        #expect(result.served.differences.map(\.kind) == [.messageSize])
        let recipient = recording(Self.mail.replacing("c@d", with: "e@d"))
        #expect(try await serve([recording(Self.mail)], to: [recipient]).served.differences.map(\.kind) == [.envelope])
    }

    @Test func aPortThatIsTakenIsAnError() async throws {
        let server = try await ReplayServer.start([recording(Self.mail)], host: "127.0.0.1", port: 0)
        await #expect(throws: (any Error).self) {
            _ = try await ReplayServer.start([recording(Self.mail)], host: "127.0.0.1", port: server.port)
        }
        let work = Task { try await server.run() }
        work.cancel()
        #expect(try await work.value.differences.map(\.kind) == [.sessionMissing])
    }
}
