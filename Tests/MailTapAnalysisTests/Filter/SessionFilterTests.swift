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
        "smtp.response.code != 421", "not user", "server.name or ip.dst == 192.0.2.25", "size < 1K",
        "enhanced == 5.1.*", "enhanced in {5.7.1, 5.1.1}", "rule in {message.*}", "started > \"2020-01-01\"",
        "smtp.response.code in {421 550}", "subject matches Hello", "ending contains qui", "smtp == 1",
    ]) func chooses(_ expression: String) throws {
        #expect(try SessionFilter(parsing: expression).matches(session))
    }

    @Test(arguments: [
        "smtp.req.command == \"MAIL\" && smtp.response.code >= 500",
        "!(smtp.req.command == \"RCPT\")", "pop", "tls", "has:attachment", "larger:1M", "before:2020-01-01",
        "subject:goodbye", "smtp.response.code in {421}", "not smtp",
        "ip.addr == 198.51.100.0/24", "ip.addr != 192.0.2.25", "smtp.response.code in {420..449}",
        "rule == message.date-missing && severity == error", "rule:pop3.*", "has:login", "capability == STARTTLS",
        "smtp.auth.username contains alice", "imf.date", "encrypted", "report", "size > 1K", "started < 2020-01-01",
        "enhanced == 5.7.*", "from == \"\"", "side:server severity:error",
    ]) func leavesOut(_ expression: String) throws {
        #expect(try !SessionFilter(parsing: expression).matches(session))
    }

    @Test(arguments: [
        ("smtp.req.comand == \"RCPT\"", 0), ("smtp and", 8), ("(smtp", 5), ("smtp.response.code == ", 22),
        ("subject:\"open", 8), ("smtp )", 5), ("smtp.response.code in 5", 22), ("smtp.response.code in {550", 26),
        ("subject matches \"(\"", 16), ("larger:many", 7), ("smtp.response.code = 550", 19),
        ("severity:eror", 9), ("severity == grave", 12), ("severity in {error, grave}", 20), ("rule:", 5),
        ("rule:smtp.bare-fl", 5), ("rule == \"smtp.\"", 8), ("rule:imap.*", 5), ("rule:*", 5), ("aspect:syntaxx", 7),
        ("side:both", 5), ("side < client", 5), ("smtp.response.code == fivefifty", 22),
        ("smtp.response.code == 5500", 22), ("smtp.response.code in {}", 22), ("smtp.response.code in {550,}", 27),
        ("smtp.response.code in {559..550}", 23), ("smtp.response.code in {5xx}", 23),
        ("smtp.response.code contains 5", 19), ("tcp.port == 70000", 12), ("tcp.port in {25..x}", 13),
        ("ip.addr == 192.0.2", 11), ("ip.addr == 192.0.2.0/33", 11), ("ip.addr in {192.0.2.1..192.0.2.9}", 12),
        ("ip.addr > 192.0.2.1", 8), ("enhanced == 5.1", 12), ("enhanced == x.*", 12), ("ending == closed", 10),
        ("protocol == pop", 12), ("pop.response.indicator == ok", 26), ("latency > soon", 10), ("latency > nan", 10),
        ("size > 1X", 7), ("larger:-5", 7), ("before:2026-13-01", 7), ("after:2026-02-31", 6), ("after:yesterday", 6),
        ("started >= today", 11), ("messages == many", 12), ("accepted == yes", 12), ("smtp == 2", 8), ("tls == 0", 7),
        ("from:", 5), ("subject:\"\"", 8), ("subject contains \"\"", 17), ("has:attachments", 4), ("is:faild", 3),
        ("sender:alice", 0), ("user matches [", 13), ("to contains", 11), ("smtp in {", 9),
    ]) func saysWhereItIsWrong(_ expression: String, _ offset: Int) {
        do {
            _ = try SessionFilter(parsing: expression)
            Issue.record("\(expression) was read")
        } catch {
            #expect(error.offset == offset, "\(error)")
        }
    }
}
