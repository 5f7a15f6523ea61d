import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct SessionRulesTests {
    private func rules(_ script: SessionScript) -> Set<String> {
        Set(Findings.all(of: script.session, anomalies: []).map(\.rule))
    }

    private func smtp(
        _ offers: String = "PIPELINING\n250 SIZE 1000\n250 8BITMIME", _ steps: (inout SessionScript) -> Void
    ) -> Set<String> {
        var script = SessionScript(.smtp)
        script.say("EHLO client.example.org", "250 mx.example.org\n250 \(offers)")
        steps(&script)
        return rules(script)
    }

    private func pop3(_ steps: (inout SessionScript) -> Void) -> Set<String> {
        var script = SessionScript(.pop3)
        script.say("USER bob", "+OK", encrypted: true)
        script.say("PASS x", "+OK", encrypted: true)
        steps(&script)
        return rules(script)
    }

    private static let mail = "Date: 1 Jan 2026 00:00:00 Z\r\nFrom: a@example.org\r\n\r\nHello\r\n"

    @Test func aFloodOfOneRuleIsCountedNotKept() {
        var list = FindingList()
        for index in 0..<2_500 { list.add("smtp.no-reply", exchange: index, "NOOP never got a reply") }
        for index in 0..<3 { list.add("smtp.delivery-uncertain", exchange: index, "No reply came") }
        let found = list.inOrder
        #expect(found.count == 1_003)
        #expect(found.filter { $0.rule == "smtp.delivery-uncertain" }.map(\.exchange) == [0, 1, 2])
        #expect(found.last?.exchange == 999 && found.last?.unlisted == 1_500)
        #expect(
            found.last?.text
                == "NOOP never got a reply, and 1500 more at later exchanges, which are not listed")
    }

    @Test func aCleanSessionHasNone() {
        let found = smtp { script in
            script.say("MAIL FROM:<a@example.org> SIZE=100", "250 2.1.0 ok")
            script.say("RCPT TO:<b@example.net>", "250 2.1.5 ok")
            script.say("DATA", "354 go")
            script.say("", "250 2.0.0 queued", verb: "*data")
            script.carry(Self.mail, kind: .data) { $0.accepted = true }
            script.say("QUIT", "221 2.0.0 bye")
        }
        #expect(found.isEmpty, "\(found)")
        #expect(pop3 { $0.say("QUIT", "+OK") }.isEmpty)
    }

    @Test func orderOfCommands() {
        #expect(smtp { $0.say("RCPT TO:<b@example.net>", "503 no") }.contains("smtp.rcpt-before-mail"))
        let nested = smtp {
            $0.say("MAIL FROM:<a@example.org>", "250 ok")
            $0.say("MAIL FROM:<a@example.org>", "503 no")
        }
        #expect(nested.contains("smtp.nested-mail"))
        let empty = smtp {
            $0.say("MAIL FROM:<a@example.org>", "250 ok")
            $0.say("DATA", "503 no")
        }
        #expect(empty.contains("smtp.data-without-recipient"))
        // Pipelined behind a refusal that the client could not know of.
        let refused = smtp {
            $0.say("MAIL FROM:<a@example.org>", "550 no")
            $0.say("RCPT TO:<b@example.net>", "503 no")
            $0.say("DATA", "503 no")
        }
        #expect(refused.isEmpty, "\(refused)")
    }

    @Test func extensionsAndSizes() {
        #expect(smtp { $0.say("MAIL FROM:<a@example.org> SMTPUTF8", "555 no") }.contains("smtp.extension-not-offered"))
        #expect(smtp { $0.say("MAIL FROM:<a@example.org> SIZE=2000", "552 no") }.contains("smtp.size-over-limit"))
        #expect(smtp { $0.say("MAIL FROM:<a@example.org> SIZE=900 BODY=8BITMIME", "250 ok") }.isEmpty)
    }

    @Test func addressesAndNames() {
        #expect(smtp { $0.say("MAIL FROM:a@example.org", "250 ok") }.contains("smtp.missing-brackets"))
        #expect(smtp { $0.say("MAIL FROM: <a@example.org>", "250 ok") } == ["smtp.path-form"])
        #expect(smtp { $0.say("MAIL FROM:<a@[300.1.1.1]>", "501 no") }.contains("smtp.bad-address"))
        #expect(smtp { $0.say("MAIL FROM:<a@[192.0.2.1]>", "250 ok") }.isEmpty)
        #expect(smtp { $0.say("HELO pc", "250 ok") }.contains("smtp.hello-name"))
        #expect(smtp { $0.say("EHLO [192.0.2.9]", "250 ok") }.contains("smtp.hello-literal"))
        #expect(smtp { $0.say("EHLO [192.0.2.7]", "250 ok") }.isEmpty)
    }

    @Test func replies() {
        #expect(smtp { $0.say("NOOP", "354 ok") }.contains("smtp.reply-not-allowed"))
        #expect(smtp { $0.say("NOOP", "250 5.0.0 ok") } == ["smtp.enhanced-code-mismatch"])
        #expect(smtp { $0.say("NOOP", "599 ok") } == ["smtp.unknown-reply-code"])
        #expect(smtp { $0.say("NOOP", "250 ok", latency: 301_000_000_000) } == ["smtp.slow-reply"])
        #expect(smtp { $0.say("NOOP", "250 ok", latency: 200_000_000_000) }.isEmpty)
    }

    @Test func logins() {
        let offers = "AUTH PLAIN"
        #expect(smtp(offers) { $0.say("AUTH PLAIN AGEAYg==", "235 ok") }.contains("smtp.cleartext-login"))
        #expect(
            !smtp(offers) { $0.say("AUTH PLAIN AGEAYg==", "235 ok", encrypted: true) }.contains("smtp.cleartext-login"))
        #expect(smtp(offers) { $0.say("AUTH PLAIN ???", "501 no") }.contains("smtp.bad-base64"))
        var script = SessionScript(.pop3)
        script.say("USER bob", "+OK")
        script.say("PASS x", "+OK")
        #expect(rules(script) == ["pop3.cleartext-login"])
    }

    @Test func pipelining() {
        let steps: (inout SessionScript) -> Void = {
            $0.say("RSET", "250 ok", latency: 9_000_000)
            $0.say("RSET", "250 ok", after: -5_000_000)
        }
        #expect(smtp("SIZE", steps) == ["smtp.pipelining-not-offered"])
        #expect(smtp("PIPELINING", steps).isEmpty)
        let past = smtp {
            $0.say("NOOP", "250 ok", latency: 9_000_000)
            $0.say("RSET", "250 ok", after: -5_000_000)
        }
        #expect(past == ["smtp.pipelining-past-group"])
    }

    @Test func uncertainDelivery() {
        let lost = smtp { script in
            script.say("MAIL FROM:<a@example.org>", "250 ok")
            script.say("RCPT TO:<b@example.net>", "250 ok")
            script.say("DATA", "354 go")
            script.say("", nil, verb: "*data")
            script.carry(Self.mail, kind: .data)
            script.session.ending = .serverClosed
        }
        #expect(lost.contains("smtp.delivery-uncertain"))
        #expect(smtp { $0.session.ending = .clientClosed } == ["smtp.no-quit"])
    }

    @Test func messages() {
        let found = smtp { script in
            script.say("MAIL FROM:<a@example.org> SIZE=5", "250 ok")
            script.say("RCPT TO:<b@example.net>", "250 ok")
            script.say("DATA", "354 go")
            script.say("", "250 ok", verb: "*data")
            script.carry("Subject: x\r\n\r\na\nb \u{E9}\r\n", kind: .data) { $0.accepted = true }
        }
        #expect(
            found == [
                "smtp.size-exceeds-declaration", "smtp.8bit-not-declared", "smtp.bare-lf", "message.date-missing",
                "message.from-missing", "message.charset-contradicted",
            ])
    }

    @Test func maildrops() {
        #expect(pop3 { $0.say("UIDL", "+OK", data: ["1 a", "2 a"]) } == ["pop3.duplicate-uidl"])
        #expect(pop3 { $0.say("UIDL", "+OK", data: ["1 a", "2 b"]) }.isEmpty)
        #expect(pop3 { $0.say("LIST", "+OK", data: ["1 x"]) } == ["pop3.bad-listing"])
        let sizes = pop3 {
            $0.say("STAT", "+OK 1 10")
            $0.say("LIST", "+OK", data: ["1 11"])
        }
        #expect(sizes == ["pop3.size-mismatch"])
        let lost = pop3 {
            $0.say("DELE 1", "+OK")
            $0.session.ending = .clientClosed
        }
        #expect(lost == ["pop3.deletions-lost"])
        #expect(
            pop3 {
                $0.say("DELE 1", "+OK"); $0.say("QUIT", "+OK")
            }.isEmpty)
        #expect(pop3 { $0.say("USER bob", "-ERR") } == ["pop3.wrong-state"])
    }

    @Test func everyAnomalyHasItsRule() {
        for proto in [MailProtocol.smtp, .pop3] {
            for anomaly in Anomaly.allCases {
                let place = DialogueAnomaly(kind: .dialogue(anomaly), range: StreamRange(.client, 0, 1), exchange: 0)
                #expect(RuleBook.rule(place.rule(in: proto)) != nil, "\(anomaly)")
            }
        }
        #expect(Set(RuleBook.all.map(\.id)).count == RuleBook.all.count)
    }

    @Test func duplicatesAcrossSessions() {
        var script = SessionScript(.smtp)
        script.say("", nil, verb: "*data")
        script.carry(Self.mail, kind: .data) { $0.to = ["b@example.net"] }
        var watch = SessionWatch()
        #expect(watch.findings(in: script.session).isEmpty)
        #expect(watch.findings(in: script.session).map(\.rule) == ["smtp.probable-duplicate"])
    }
}
