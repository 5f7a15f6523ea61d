import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

@Suite struct SessionFilterTests {
    private let session: Session = {
        let script = Script(
            "filtered",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 fine
            C: MAIL FROM:<a@example.org>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.net>
            S: 250 2.1.5 Ok
            C: RCPT TO:<nobody@example.net>
            S: 550 5.1.1 no
            C: DATA
            S: 354 go
            C: Subject: Hello there
            C:
            C: x
            C: .
            S: 250 taken
            C: QUIT
            S: 221 bye
            """)
        final class Sink: TraceSink {
            var builder: SessionBuilder?
            func open(_ info: SessionInfo) -> any SessionSink {
                let builder = SessionBuilder(info)
                self.builder = builder
                return builder
            }
        }
        let sink = Sink()
        script.trace().play(into: sink)
        return sink.builder?.session ?? Session(info: .test)
    }()

    @Test(arguments: [
        "smtp.req.command == \"RCPT\" && smtp.response.code >= 500",
        "smtp.response.code in {550, 551}",
        "ip.addr == 192.0.2.25 and tcp.port == 25",
        "from:a@example to:b@example.net subject:hello",
        "rejected contains \"nobody\"",
        "smtp.rsp.parameter matches \"^2\\.1\\.5\"",
        "!(smtp.req.command == \"AUTH\")",
        "not pop3", "smtp", "ending == quit or ending == reset", "larger:5", "smaller:1K",
        "after:2023-01-01 before:2024-01-01",
        "is:failed", "enhanced == \"5.1.1\"", "messages == 1",
        "ip.addr == 192.0.2.0/24", "ipv6.addr != 2001:db8::1", "smtp.response.code in {400..499, 550}",
        "smtp.response.code not in {421}", "smtp.req.command eq MAIL", "smtp.req and smtp.response",
        "from:a@example and has:message", "severity >= warning", "rule:message.* severity:warning",
        "rule == message.date-missing and aspect == semantics and side == client", "accepted == 1 complete == 1",
        "smtp.response.code != 421", "not user", "server.name or ip.dst == 192.0.2.25",
    ]) func chooses(_ expression: String) throws {
        #expect(try SessionFilter(parsing: expression).matches(session))
    }

    @Test(arguments: [
        "smtp.req.command == \"MAIL\" && smtp.response.code >= 500",
        "!(smtp.req.command == \"RCPT\")", "pop", "tls", "has:attachment", "larger:1M", "before:2020-01-01",
        "subject:goodbye", "smtp.response.code in {421}", "not smtp",
        "ip.addr == 198.51.100.0/24", "ip.addr != 192.0.2.25", "smtp.response.code in {420..449}",
        "rule == message.date-missing && severity == error", "rule:pop3.*", "has:login", "capability == STARTTLS",
        "smtp.auth.username contains alice", "imf.date", "encrypted", "report",
    ]) func leavesOut(_ expression: String) throws {
        #expect(try !SessionFilter(parsing: expression).matches(session))
    }

    @Test(arguments: [
        ("smtp.req.comand == \"RCPT\"", 0), ("smtp and", 8), ("(smtp", 5), ("smtp.response.code == ", 22),
        ("subject:\"open", 8), ("smtp )", 5), ("smtp.response.code in 5", 22), ("smtp.response.code in {550", 26),
        ("subject matches \"(\"", 16), ("larger:many", 0),
    ]) func saysWhereItIsWrong(_ expression: String, _ offset: Int) {
        do {
            _ = try SessionFilter(parsing: expression)
            Issue.record("\(expression) was read")
        } catch {
            #expect(error.offset == offset, "\(error)")
        }
    }
}
