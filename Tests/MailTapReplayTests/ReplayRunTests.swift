import MailTapAnalysis
import MailTapCore
import MailTapReplay
import MailTapServer
import Testing

@Suite struct ReplayRunTests {
    private static let session = """
        S: 220 other.test ESMTP
        C: EHLO me
        S: 250-other.test
        S: 250-PIPELINING
        S: 250-SIZE 67108864
        S: 250-8BITMIME
        S: 250-CHUNKING
        S: 250-ENHANCEDSTATUSCODES
        S: 250-SMTPUTF8
        S: 250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-1
        S: 250 HELP
        C: AUTH MECHANISM
        S: 334 
        C: dGltIGRlYWRiZWVm
        S: 235 2.7.0 ok
        C: MAIL FROM:<a@b.test>
        C: RCPT TO:<c@d.test>
        C: RCPT TO:<nobody@d.test>
        C: DATA
        S: 250 2.1.0 Ok
        S: 250 2.1.5 Ok
        S: 550 5.1.1 no
        S: 354 go
        C: Subject: x
        C: 
        C: ..dot
        C: .
        S: 250 2.0.0 queued as ABC
        C: QUIT
        S: 221 2.0.0 bye
        """

    private func run(
        _ recorded: [RecordedSession], _ service: EmbeddedServer.Service = .smtp, maildrop: Maildrop = Maildrop(),
        load: ReplayLoad = ReplayLoad(),
        configure: (inout ServerConfiguration) -> Void = { _ in }
    ) async throws -> (report: ComparisonReport, messages: [StoredMessage]) {
        var configuration = ServerConfiguration()
        configuration.accounts = ["tim": "tanstaaf"]
        configuration.mechanisms = [.plain, .login, .cramMD5, .scramSHA256, .scramSHA1]
        configure(&configuration)
        let server = try await EmbeddedServer.start(service, configuration: configuration, maildrop: maildrop)
        let target = ReplayTarget(
            proto: service == .pop3 ? .pop3 : .smtp, host: "127.0.0.1", port: UInt16(server.port))
        let options = ReplayOptions(credentials: Credentials(user: "tim", password: "tanstaaf"))
        let run = ReplayRun(target: target, client: ReplayClient(target: target, options: options))
        let report = try await run.play(recorded, load: load)
        await server.stop()
        return (report, maildrop.messages)
    }

    @Test(arguments: ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"])
    func theSameServerGivesNoDifference(mechanism: String) async throws {
        let recorded = recording(Self.session.replacing("MECHANISM", with: mechanism))
        let (report, messages) = try await run([recorded, recorded])
        // The number of SASL steps belongs to the exchanges, so only CRAM-MD5's count fits this script.
        let kinds = Set(report.differences.map(\.kind))
        #expect(kinds.isSubset(of: [.exchangeExtra, .status]), "\(report.text())")
        if mechanism == "CRAM-MD5" || mechanism == "PLAIN" { #expect(report.isSame, "\(report.text())") }
        #expect(messages.count == 2)
        #expect(messages.first?.to == ["c@d.test"])
        #expect(messages.first.map { String(decoding: $0.content, as: UTF8.self) } == "Subject: x\r\n\r\n.dot\r\n")
    }

    @Test func eachChangeOfTheServerGivesExactlyItsDifference() async throws {
        let recorded = recording(Self.session.replacing("MECHANISM", with: "CRAM-MD5"))
        let banner = try await run([recorded]) { $0.banner = "something else" }
        #expect(banner.report.isSame)
        let removed = try await run([recorded]) { $0.extensions.remove(.smtpUTF8) }
        #expect(removed.report.differences.map(\.expected) == ["SMTPUTF8"])
        let limit = try await run([recorded]) { $0.sizeLimit = 1000 }
        #expect(limit.report.differences.map(\.came) == ["SIZE 1000"])
        let restricted = try await run([recorded]) { $0.refusedLocalParts.insert("c") }
        // The mail has no recipient left: RCPT's and DATA's replies changed, and the content was left out.
        #expect(restricted.report.differences.map(\.kind) == [.status, .status])
        #expect(restricted.messages.isEmpty)
        let text = restricted.report.text(width: 80)
        let row = "  S: 250 2.1.5 Ok                       | S: 550 5.1.1 "
        #expect(text.contains(row), "\(text)")
        #expect(text.contains("  why: status at exchange 5 (RCPT): the status is 550, not 250\n"))
        #expect(text.contains("left out: *data: DATA was refused"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(text.hasSuffix("1 session: 1 with 2 differences (2 status)\n"))
    }

    @Test func replaysPOP3() async throws {
        let maildrop = Maildrop()
        maildrop.deliver(Delivery(from: "", to: [], content: [UInt8]("Received: now\r\nSubject: x\r\n\r\n.y\r\n".utf8)))
        let script = """
            S: +OK other <1.2@other>
            C: CAPA
            S: +OK
            S: TOP
            S: UIDL
            S: USER
            S: SASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-1
            S: RESP-CODES
            S: AUTH-RESP-CODE
            S: PIPELINING
            S: EXPIRE NEVER
            S: .
            C: APOP tim 0123456789abcdef0123456789abcdef
            S: +OK in
            C: LIST
            S: +OK
            S: 1 30
            S: .
            C: RETR 1
            S: +OK
            S: Received: then
            S: Subject: x
            S: 
            S: ..y
            S: .
            C: DELE 1
            S: +OK
            C: QUIT
            S: +OK bye
            """
        let (report, messages) = try await run([recording(script, .pop3)], .pop3, maildrop: maildrop)
        #expect(report.isSame, "\(report.text())")
        #expect(report.text().contains("(let vary: listed-sizes, trace-fields)"))
        #expect(messages.isEmpty)
    }

    @Test func manySessionsAtOnceAreCountedAndMeasured() async throws {
        let recorded = recording(Self.session.replacing("MECHANISM", with: "CRAM-MD5"))
        let pop3 = recording("S: +OK\nC: QUIT\nS: +OK", .pop3)
        let (report, messages) = try await run([recorded, pop3], load: ReplayLoad(times: 20, concurrency: 4))
        #expect(messages.count == 20)
        #expect(report.entries.map(\.times) == [20, 20])
        #expect(report.isSame)
        let load = try #require(report.load)
        #expect(load.played == 20)
        // One reply for each command, the content included; a CRAM-MD5 login has two.
        #expect(load.live.count == 20 * 9)
        #expect(load.recorded.count == 20 * 9)
        #expect(report.text().contains("session 1 (20 times): smtp, the same"))
        #expect(report.text().contains("load: 20 sessions in "))
        #expect(report.text().contains("40 sessions: 20 the same, 20 not played"))
    }

    @Test func otherProtocolsAreSkippedAndSaidSo() async throws {
        let pop3 = recording("S: +OK\nC: QUIT\nS: +OK", .pop3)
        let (report, _) = try await run([pop3])
        #expect(report.isSame)
        #expect(
            report.text() == """
                session 1: not played: it is pop3, the server is for smtp
                1 session: 1 not played

                """)
    }

    @Test func anUnreachableServerIsAnError() async throws {
        let server = try await EmbeddedServer.start(.smtp, maildrop: Maildrop())
        let target = ReplayTarget(proto: .smtp, host: "127.0.0.1", port: UInt16(server.port))
        await server.stop()
        let run = ReplayRun(target: target, client: ReplayClient(target: target))
        let error = await #expect(throws: ReplayError.self) { _ = try await run.play([recording(Self.session)]) }
        #expect(error?.code == .unreachable)
        #expect(error?.description.contains("127.0.0.1:") == true)
    }
}
