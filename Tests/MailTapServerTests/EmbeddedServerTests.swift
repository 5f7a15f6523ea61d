import MailTapServer
import Testing

@Suite struct EmbeddedServerTests {
    @Test func whatSMTPTakesPOP3Serves() async throws {
        let maildrop = Maildrop()
        var configuration = ServerConfiguration()
        configuration.accounts = ["alice": "secret"]
        let smtp = try await EmbeddedServer.start(.smtp, configuration: configuration, maildrop: maildrop)
        let pop3 = try await EmbeddedServer.start(.pop3, configuration: configuration, maildrop: maildrop)
        #expect(smtp.port > 0 && pop3.port > 0 && smtp.port != pop3.port)

        let sent = try await LineClient.talk(
            to: smtp.port,
            [
                ("", "ready\r\n"), ("EHLO me.test\r\n", "HELP\r\n"),
                ("MAIL FROM:<a@b.test>\r\nRCPT TO:<alice@mx.test>\r\nDATA\r\n", "<CR><LF>\r\n"),
                ("Subject: hi\r\n\r\n..x\r\n.\r\n", "\r\n"), ("QUIT\r\n", "connection\r\n"),
            ])
        #expect(sent.contains("250 2.0.0 Ok: queued as "))
        #expect(maildrop.messages.map(\.content) == [[UInt8]("Subject: hi\r\n\r\n.x\r\n".utf8)])

        let fetched = try await LineClient.talk(
            to: pop3.port,
            [
                ("", ">\r\n"), ("USER alice\r\n", "\r\n"), ("PASS secret\r\n", "\r\n"),
                ("RETR 1\r\n", "\r\n.\r\n"), ("DELE 1\r\n", "\r\n"), ("QUIT\r\n", "connection\r\n"),
            ])
        #expect(fetched.contains("Subject: hi\r\n\r\n..x\r\n.\r\n"))
        #expect(maildrop.messages.isEmpty)
        await smtp.stop()
        await pop3.stop()
    }

    @Test func aLostSessionReleasesTheMaildropAndUpdatesNothing() async throws {
        let maildrop = Maildrop()
        maildrop.deliver(Delivery(from: "", to: [], content: [UInt8]("x\r\n".utf8)))
        var configuration = ServerConfiguration()
        configuration.accounts = ["alice": "secret"]
        let pop3 = try await EmbeddedServer.start(.pop3, configuration: configuration, maildrop: maildrop)
        let login = [("", ">\r\n"), ("USER alice\r\n", "\r\n"), ("PASS secret\r\n", "messages\r\n")]
        _ = try await LineClient.talk(to: pop3.port, login + [("DELE 1\r\n", "deletion\r\n")])
        // The lock is given back when the server sees the connection close, which is soon, not at once.
        while maildrop.hold() == nil { await Task.yield() }
        maildrop.release()
        let again = try await LineClient.talk(to: pop3.port, login + [("QUIT\r\n", "connection\r\n")])
        #expect(again.contains("maildrop has 1 messages"))
        #expect(maildrop.messages.count == 1)
        await pop3.stop()
    }

    @Test func stopClosesOpenConnections() async throws {
        let server = try await EmbeddedServer.start(.smtp, maildrop: Maildrop())
        let port = server.port
        let client = Task { try await LineClient.talk(to: port, [("", "ready\r\n"), ("", "never comes")]) }
        try await Task.sleep(for: .milliseconds(50))
        await server.stop()
        await #expect(throws: (any Error).self) { try await client.value }
    }
}
