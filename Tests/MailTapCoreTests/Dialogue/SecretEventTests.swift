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
        #expect(
            smtp("C: BURL imap://u:pw@h/x;urlauth=submit+u:internal:91354a473744909de610943775f92038 LAST\nS: 250 ok")
                == ["pw", "internal:91354a473744909de610943775f92038"])
        #expect(smtp("C: BURL imap://h:143/a@b:c LAST\nS: 250 ok").isEmpty)
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
        let digest = "c4c9334bac560ecc979e58001b3e22fb"
        #expect(pop3("C: APOP \(digest)\nS: -ERR") == [digest])
        #expect(pop3("C: APOP hunter22\nS: -ERR") == ["hunter22"])
        #expect(pop3("C: AUTH PLAIN\nS: + \nC: AAAA\nS: +OK") == ["AAAA"])
        #expect(pop3("C: AUTH PLAIN AAAA\nS: -ERR no") == ["AAAA"])
        #expect(pop3("C| PASS never ended") == ["PASS never ended"])
        #expect(pop3("C: USER alice hunter22\nS: -ERR no") == ["hunter22"])
        #expect(pop3("C: USER alice \nS: +OK").isEmpty)
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
        #expect(smtp("C: AUTH SCRAM-SHA-1 biwsbj11c2Vy cGFzcw==\nS: 501 no") == ["cGFzcw=="])
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
        #expect(pop3("C: \"PASS\" hunter22\nS: -ERR what") == ["\" hunter22"])
    }

    @Test func whatAServerRepeats() {
        #expect(pop3("C: PASS hunter22\nS: -ERR unknown: PASS hunter22") == ["hunter22", "hunter22"])
        #expect(smtp("C: AUTH PLAIN AAAABBBB\nS: 500 unknown: AUTH PLAIN AAAABBBB") == ["AAAABBBB", "AAAABBBB"])
        #expect(pop3("C: PASS hunter22\nS: -ERR no hunter here") == ["hunter22"])
    }

    @Test func whatAServerRepeatsDecoded() {
        // NUL alice NUL secret, and "secret".
        let plain = "AGFsaWNlAHNlY3JldA=="
        #expect(smtp("C: AUTH PLAIN \(plain)\nS: 535 no: alice, secret") == [plain, "secret"])
        #expect(smtp("C: AUTH PLAIN\nS: 334 \nC: \(plain)\nS: 535 secret \(plain)") == [plain, "secret", plain])
        let login = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\n"
        #expect(smtp(login + "S: 535 secret user") == ["c2VjcmV0", "secret"])
    }

    @Test func whatAServerRepeatsInBase64() {
        // {"status":"401","error":"token hunter22 bad"} for user=a^Aauth=Bearer hunter22^A^A.
        let token = "dXNlcj1hAWF1dGg9QmVhcmVyIGh1bnRlcjIyAQE="
        let error = "eyJzdGF0dXMiOiI0MDEiLCJlcnJvciI6InRva2VuIGh1bnRlcjIyIGJhZCJ9"
        #expect(smtp("C: AUTH XOAUTH2 \(token)\nS: 334 \(error)\nC: \nS: 535 no") == [token, error])
        #expect(pop3("C: AUTH XOAUTH2 \(token)\nS: + \(error)\nC: \nS: -ERR no") == [token, error])
        // {"status":"401"} holds nothing of it.
        #expect(smtp("C: AUTH XOAUTH2 \(token)\nS: 334 eyJzdGF0dXMiOiI0MDEifQ==\nC: \nS: 535 no") == [token])
    }

    @Test(arguments: [
        // {"scope":"..."}: all of it escaped, some of it, and in base64 once more.
        "eyJzY29wZSI6Ilx1MDA2OFx1MDA3NVx1MDA2ZVx1MDA3NFx1MDA2NVx1MDA3Mlx1MDAzMlx1MDAzMiJ9",
        "eyJzY29wZSI6Imh1blx1MDA3NGVyXHgzMlx1MDAzMiJ9",
        "eyJzY29wZSI6ImFIVnVkR1Z5TWpJPSJ9",
    ]) func whatAServerRepeatsEscaped(_ error: String) {
        let token = "dXNlcj1hAWF1dGg9QmVhcmVyIGh1bnRlcjIyAQE="
        #expect(smtp("C: AUTH XOAUTH2 \(token)\nS: 334 \(error)\nC: \nS: 535 no") == [token, error])
        #expect(pop3("C: AUTH XOAUTH2 \(token)\nS: + \(error)\nC: \nS: -ERR no") == [token, error])
    }

    @Test func escapesThatHoldNoSecret() {
        // Other words escaped, half an escape, and hunter33 in base64.
        let error = "eyJzY29wZSI6Ilx1MDA2ZFx1MDA2MWlsIFx1MTIgYUhWdWRHVnlNek09XFwifQ=="
        let token = "dXNlcj1hAWF1dGg9QmVhcmVyIGh1bnRlcjIyAQE="
        #expect(smtp("C: AUTH XOAUTH2 \(token)\nS: 334 \(error)\nC: \nS: 535 no") == [token])
    }

    @Test func everyPlaceThatRepeatsASecret() {
        #expect(
            pop3("C: PASS hunter22\nS: -ERR hunter22 is not HUNTER22") == ["hunter22", "hunter22", "HUNTER22"])
        #expect(pop3("C: PASS open sesame22\nS: -ERR not sesame22") == ["open sesame22", "sesame22"])
        // A word of letters may be any word in other letters.
        #expect(pop3("C: PASS password\nS: -ERR Password incorrect") == ["password"])
        let login = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\nS: 334 UGFzc3dvcmQ6\n"
        #expect(smtp(login + "C: QUIT hunter22\nS: 535 hunter22 is wrong") == ["QUIT hunter22", "hunter22"])
        #expect(smtp(login + "C: QUIT hunter22\nS: 535 no\nC: QUIT\nS: 221 bye") == ["QUIT hunter22"])
    }

    @Test func whatAClientRepeats() {
        // NUL alice NUL secret.
        let plain = "C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 235 ok\n"
        #expect(smtp(plain + "C: NOOP secret\nS: 250 ok secret").dropFirst() == ["secret", "secret"])
        #expect(smtp(plain + "C: SECRET secret\nS: 500 what").dropFirst() == ["secret"])
        // An envelope is no place for a mask, whatever the password.
        #expect(smtp(plain + "C: MAIL FROM:<secret@example.org>\nS: 250 ok").count == 1)
        #expect(pop3("C: USER a\nS: +OK\nC: PASS 1234\nS: +OK\nC: NOOP 1234\nS: +OK") == ["1234", "1234"])
        #expect(pop3("C: USER a\nS: +OK\nC: PASS 1234\nS: +OK\nC: RETR 1234\nS: -ERR") == ["1234"])
    }

    /// A client that leaves a login with a command has said no password, and the command is one later on, too.
    @Test func commandsInTheirOwnPlace() {
        let left = "C: AUTH PLAIN\nS: 334 \nC: RSET\nS: 501 no\n"
        #expect(smtp(left + "C: RSET\nS: 250 ok\nC: NOOP RSET") == ["RSET", "RSET"])
        let login = "C: USER a\nS: +OK\nC: PASS STAT\nS: +OK\n"
        #expect(pop3(login + "C: STAT\nS: +OK 0 0\nC: NOOP STAT") == ["STAT", "STAT"])
    }

    @Test func passwordsInALineOfTheirOwn() {
        let pipelined = "C| PASS\\r\\nhunter22\\r\\n\nS: -ERR no password\nS: -ERR what"
        #expect(pop3(pipelined) == ["hunter22"])
        #expect(pop3("C: PASS\nS: +OK go on\nC: hunter22\nS: +OK") == ["hunter22"])
        #expect(pop3("C| PASS\\r\\nhunter22") == ["hunter22"])
    }

    @Test func passwordsInThePlaceOfAMechanism() {
        for login in [smtp, pop3] {
            #expect(login("C: AUTH HUNTER22\nS: 504 no") == ["HUNTER22"])
            #expect(login("C: AUTH hunter\nS: 504 no") == ["hunter"])
            for name in ["SRP", "X-OWN", "NMAS_LOGIN", "GS2-KRB5", "xoauth2", "anonymous", "OPENID20", "SCRAM-SHA3-1"] {
                #expect(login("C: AUTH \(name)\nS: 504 no").isEmpty, "\(name)")
            }
        }
    }

    @Test func aPromptCountsForOneResponse() {
        // The second prompt was lost, or asks for the user once more.
        let user = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: dXNlcg==\n"
        #expect(smtp(user + "S- 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 235 ok") == ["c2VjcmV0"])
        #expect(smtp(user + "S| 334 UGFz\nS- c3dvcmQ6\nC: c2VjcmV0\nS: 235 ok") == ["c2VjcmV0"])
        #expect(smtp(user + "S: 334 VXNlcm5hbWU6\nC: c2VjcmV0\nS: 235 ok") == ["c2VjcmV0"])
    }

    @Test func responsesOfAnotherMechanism() {
        let plain = "AGFsaWNlAHNlY3JldA=="
        for mechanism in ["SCRAM-SHA-1", "LOGIN", "EXTERNAL", "ANONYMOUS", "CRAM-MD5"] {
            #expect(smtp("C: AUTH \(mechanism) \(plain)\nS: 535 no") == [plain], "\(mechanism)")
        }
        #expect(smtp("C: AUTH SCRAM-SHA-1 c2VjcmV0\nS: 535 no") == ["c2VjcmV0"])
        #expect(smtp("C: AUTH SCRAM-SHA-1 biwsbj11c2VyLHI9YWJj\nS: 535 no").isEmpty)
    }

    @Test func loginsBySomeOtherVerb() {
        #expect(smtp("C: AUHT PLAIN AAAA\nS: 500 what") == ["AAAA"])
        #expect(smtp("C: X-EXPS login dXNlcg==\nS: 500 what") == ["dXNlcg=="])
        #expect(smtp("C: AUHT LOGIN\nS: 500 what\nC: c2VjcmV0\nS: 500 what\nC: NOOP\nC: FROB") == ["c2VjcmV0"])
        #expect(smtp("C: PASS hunter22\nS: 500 what") == ["hunter22"])
        #expect(pop3("C: XAUTH CRAM-MD5 AAAA\nS: -ERR what") == ["CRAM-MD5 AAAA"])
        #expect(pop3("C: XPASS hunter22\nS: -ERR what") == ["hunter22"])
        #expect(smtp("C: LOGIN alice hunter22\nS: 500 what") == ["alice hunter22"])
        #expect(smtp("C: PASS\nS: 500 what\nC: hunter22\nS: 500 what") == ["hunter22"])
        #expect(smtp("C: XCLIENT LOGIN=alice PASSWORD=hunter22\nS: 250 ok") == ["hunter22"])
    }

    @Test func passwordsBehindARefusedOne() {
        let refused = "C: USER alice\nS: +OK\nC: PASS hunter22\nS: -ERR no\n"
        #expect(pop3(refused + "C: hunter23\nS: -ERR what") == ["hunter22", "hunter23"])
        #expect(pop3("C: USER alice\nS: +OK\nC: hunter22\nS: -ERR what") == ["hunter22"])
        #expect(pop3("C: USER a\nS: +OK\nC: PASS hunter22\nS: +OK\nC: XTND XMIT\nS: +OK") == ["hunter22"])
    }

    @Test(arguments: [MailProtocol.smtp, .pop3])
    func loginsOfCapturesThatBeginInMidSession(_ proto: MailProtocol) {
        let (go, done, isSMTP) = proto == .smtp ? ("334", "235 ok", true) : ("+", "+OK", false)
        func found(_ text: String) -> [String] {
            var info = SessionInfo.test
            info.startSeen = false
            info.expecting = proto
            let collected = EventCollector.collect(Script("middle", text).trace(info: info))
            return zip(collected.events, collected.lines).compactMap { event, octets in
                if case .secret = event.kind { String(decoding: octets, as: UTF8.self) } else { nil }
            }
        }
        let login = "C: AUTH LOGIN\nS: \(go) VXNlcm5hbWU6\nC: dXNlcg==\nS: \(go) UGFzc3dvcmQ6\nC: c2VjcmV0\nS: \(done)"
        let plain = "C: AUTH PLAIN\nS: \(go) \nC: AGFsaWNlAHNlY3JldA==\nS: \(done)"
        #expect(found(login) == ["c2VjcmV0"])
        #expect(found(plain) == ["AGFsaWNlAHNlY3JldA=="])
        // Whatever answered AUTH, what follows it may be its response.
        if isSMTP {
            let shifted = "S: 250 ok\nC: AUTH PLAIN\nS: 250 ok\nC: AGFsaWNlAHNlY3JldA==\nS: 235 ok"
            #expect(found(shifted) == ["AGFsaWNlAHNlY3JldA=="])
        }
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
        #expect(lengths.reduce(0, +) == 300)
    }

    /// The line's end is none of the credential, wherever the limit or a chunk cuts it.
    @Test(arguments: 50...66)
    func theEndOfALongLineIsNoSecret(_ length: Int) {
        for text in ["S: 220 x ESMTP\nC: EHLO x\nS: 250 x\nC: AUTH PLAIN ", "S: +OK ready\nC: PASS "] {
            let trace = Script("long", text + String(repeating: "x", count: length) + "\nS: 500 no").trace()
            for cut in [trace, trace.cut(into: 1)] {
                let collected = EventCollector.collect(cut, limits: Limits(lineLength: 64))
                let hidden = collected.events.reduce(UInt64(0)) { sum, event in
                    if case .secret = event.kind { sum + event.range.length } else { sum }
                }
                #expect(hidden == UInt64(length))
            }
        }
    }
}
