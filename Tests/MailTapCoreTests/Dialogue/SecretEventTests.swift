import MailTapCore
import MailTapTesting
import Testing

/// Which octets are reported as credentials, whatever the state of the dialogue.
@Suite struct SecretEventTests {
    private func secrets(_ script: Script) -> [String] {
        let collected = EventCollector.collect(script.trace())
        return zip(collected.events, collected.lines).compactMap { event, octets in
            if case .secret = event.kind { String(decoding: octets, as: UTF8.self) } else { nil }
        }
    }

    private func smtp(_ lines: String) -> [String] {
        secrets(Script("smtp", "S: 220 mail.example.org ESMTP\nC: EHLO x\nS: 250 AUTH PLAIN\n" + lines))
    }

    private func pop3(_ lines: String) -> [String] { secrets(Script("pop3", "S: +OK ready\n" + lines)) }

    @Test func smtpLogins() {
        #expect(smtp("C: AUTH PLAIN AAAA\nS: 235 ok") == ["AAAA"])
        #expect(smtp("C: auth plain AAAA\nS: 535 no") == ["AAAA"])
        #expect(smtp("C: AUTH PLAIN\nS: 334 \nC: AAAA\nS: 235 ok") == ["AAAA"])
        #expect(
            smtp("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC: cGFzcw==\nS: 235 ok") == [
                "cGFzcw=="
            ])
        #expect(smtp("C: AUTH LOGIN dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC: cGFzcw==\nS: 535 no") == ["cGFzcw=="])
        #expect(smtp("C: AUTH CRAM-MD5\nS: 334 PDE+\nC: dXNlciAxMjM=\nS: 235 ok") == ["dXNlciAxMjM="])
        #expect(smtp("C: AUTH XOAUTH2 AAAA\nS: 334 e30=\nC: AQ==\nS: 535 no") == ["AAAA", "AQ=="])
        #expect(smtp("C: AUTH X-OWN AAAA BBBB\nS: 504 no") == ["AAAA BBBB"])
        #expect(smtp("C: AUTH PLAIN\nS: 334 \nC: *\nS: 501 cancelled").isEmpty)
        #expect(smtp("C: AUTH EXTERNAL =\nS: 235 ok").isEmpty)
    }

    @Test func linesPipelinedBehindARefusedAUTH() {
        let found = smtp(
            "C| AUTH LOGIN\\r\\ndXNlcg==\\r\\ncGFzcw==\\r\\nQUIT\\r\\n\nS| 504 no\\r\\n500 what\\r\\n500 what\\r\\n221 bye\\r\\n"
        )
        #expect(found == ["dXNlcg==", "cGFzcw=="])
    }

    @Test func pop3Logins() {
        #expect(pop3("C: USER alice\nS: +OK\nC: PASS with space \nS: +OK") == ["with space "])
        #expect(pop3("C: APOP alice 0123456789abcdef\nS: +OK") == ["0123456789abcdef"])
        #expect(pop3("C: AUTH PLAIN\nS: + \nC: AAAA\nS: +OK") == ["AAAA"])
        #expect(pop3("C: AUTH PLAIN AAAA\nS: -ERR no") == ["AAAA"])
        #expect(pop3("C| PASS never ended") == ["PASS never ended"])
    }

    @Test func whatARefusedLoginLeavesBehind() {
        #expect(smtp("C: AUTH PLAIN\nS: 503 no\nC: AGFsaWNlAHNlY3JldA==\nS: 500 what") == ["AGFsaWNlAHNlY3JldA=="])
        #expect(smtp("C: AUTH AGFsaWNlAHNlY3JldA==\nS: 504 what") == ["AGFsaWNlAHNlY3JldA=="])
        #expect(pop3("C: AUTH PLAIN\nS: -ERR no\nC: AGFsaWNlAHNlY3JldA==\nS: -ERR what") == ["AGFsaWNlAHNlY3JldA=="])
        #expect(smtp("C: AUTH PLAIN\nS: 503 no\nC: FROB\nS: 500 what\nC: QUIT\nS: 221 bye") == ["FROB"])
    }

    @Test func responsesThatHaveNoPlaceInTheLine() {
        #expect(smtp("C: AUTH LOGIN dXNlcg== cGFzcw==\nS: 501 no") == ["cGFzcw=="])
        #expect(smtp("C: AUTH PLAIN = AHVzZXIAcGFzcw==\nS: 501 no") == ["AHVzZXIAcGFzcw=="])
        #expect(smtp("C: AUTH SCRAM-SHA-1 aaaa cGFzcw==\nS: 501 no") == ["cGFzcw=="])
        #expect(pop3("C: AUTH LOGIN dXNlcg== cGFzcw==\nS: -ERR no") == ["cGFzcw=="])
        #expect(pop3("C: AUTH PLAIN = AHVzZXIAcGFzcw==\nS: -ERR no") == ["AHVzZXIAcGFzcw=="])
    }

    @Test func verbsThatSomethingHides() {
        #expect(smtp("C:  AUTH PLAIN AAAA\nS: 500 what") == ["PLAIN AAAA"])
        #expect(smtp("C: AUTHPLAIN AAAA\nS: 500 what") == ["PLAIN AAAA"])
        #expect(smtp("C:  AUTH LOGIN\nS: 500 what\nC: cGFzcw==\nS: 500 what") == ["LOGIN", "cGFzcw=="])
        #expect(pop3("C:  PASS hunter22\nS: -ERR what") == ["hunter22"])
        #expect(pop3("C: PASShunter22\nS: -ERR what") == ["hunter22"])
        #expect(pop3("C: PASTE hunter22\nS: -ERR what").isEmpty)
    }

    @Test func whatAServerRepeats() {
        #expect(pop3("C: PASS hunter22\nS: -ERR unknown: PASS hunter22") == ["hunter22", "hunter22"])
        #expect(smtp("C: AUTH PLAIN AAAABBBB\nS: 500 unknown: AUTH PLAIN AAAABBBB") == ["AAAABBBB", "AAAABBBB"])
        #expect(pop3("C: PASS hunter22\nS: -ERR no hunter here") == ["hunter22"])
    }

    @Test func imapLogins() {
        #expect(secrets(Scripts.named("imap")) == ["alice {6}", "secret", "AGFsaWNlAHNlY3JldA=="])
    }

    @Test func aSecretOverTheLineLimitIsMaskedWhole() {
        let long = String(repeating: "x", count: 300)
        let trace = Script("long", "S: +OK ready\nC: PASS \(long)\nS: -ERR no").trace()
        let collected = EventCollector.collect(trace, limits: Limits(lineLength: 64))
        let lengths = collected.events.compactMap { event -> UInt64? in
            if case .secret = event.kind { event.range.length } else { nil }
        }
        #expect(lengths.reduce(0, +) >= 300)
    }
}
