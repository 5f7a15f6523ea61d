import MailTapCore
import Testing

@testable import MailTapAnalysis

/// The annotation tables against the documents that they stand for: complete, and with values in the sentences.
@Suite struct TableTests {
    /// RFC 5321 section 4.3.2: the codes that it lists for each command.
    private static let codes: [(verb: String, codes: [UInt16])] = [
        ("", [220, 421, 554]), ("EHLO", [250, 502, 504, 550]), ("HELO", [250, 502, 504, 550]),
        ("MAIL", [250, 451, 452, 455, 503, 550, 552, 553, 555]),
        ("RCPT", [250, 251, 450, 451, 452, 455, 503, 550, 551, 552, 553, 555]), ("DATA", [354, 503, 554]),
        ("*data", [250, 450, 451, 452, 550, 552, 554]), ("RSET", [250]),
        ("VRFY", [250, 251, 252, 502, 504, 550, 551, 553]), ("EXPN", [250, 252, 500, 502, 504, 550]),
        ("HELP", [211, 214, 502, 504]), ("NOOP", [250]), ("QUIT", [221]), ("STARTTLS", [220, 454, 501]),
        ("AUTH", [235, 334, 432, 454, 500, 501, 503, 504, 530, 534, 535, 538]),
        ("ETRN", [250, 251, 252, 253, 458, 459]),
        ("BDAT", [250, 503, 552, 554]),
    ]

    @Test func everyListedCodeIsKnownAndAllowed() {
        for (verb, codes) in Self.codes {
            for code in codes + [421, 500, 501] {
                #expect(SMTPReplyMeanings.isKnown(code), "\(code)")
                #expect(ReplyCodes.allow(code, to: verb), "\(verb) \(code)")
                let meaning = SMTPReplyMeanings.meaning(of: code, to: verb)
                #expect(meaning?.text.contains("no RFC known here") == false, "\(verb) \(code)")
            }
        }
    }

    @Test(
        arguments: [
            ("MAIL", 354), ("MAIL", 251), ("MAIL", 551), ("DATA", 250), ("DATA", 551), ("*data", 354), ("EHLO", 220),
            ("EHLO", 552), ("RCPT", 354), ("RCPT", 535), ("RSET", 550), ("NOOP", 554), ("QUIT", 250), ("STARTTLS", 250),
            ("AUTH", 250), ("", 250), ("VRFY", 354),
        ] as [(String, UInt16)])
    func codesOfOtherCommandsAreNotAllowed(_ verb: String, _ code: UInt16) {
        #expect(!ReplyCodes.allow(code, to: verb))
    }

    @Test func everyVerbHasItsReplyCodes() {
        for verb in SMTPVerb.allCases where verb != .unknown {
            #expect(ReplyCodes.verbs.contains(verb.keyword), "\(verb.keyword)")
        }
    }

    /// IANA's registry of SMTP enhanced status codes: the details of each subject, from X.n.0 on.
    @Test func everyRegisteredEnhancedCodeIsKnown() {
        let last = [0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30]
        let registered = last.flatMap { subject, detail in (0...detail).map { "\(subject).\($0)" } }
        #expect(Set(EnhancedStatusCodes.registered) == Set(registered))
        for code in registered {
            let meaning = EnhancedStatusCodes.meaning(of: "5." + code)
            #expect(meaning?.text.hasPrefix("a failure that stays: ") == true)
            #expect(meaning?.text.contains("no registry") == false)
            #expect(meaning?.reference.isEmpty == false)
        }
        #expect(EnhancedStatusCodes.meaning(of: "2.1.5")?.text == "success: the recipient address is valid")
        #expect(EnhancedStatusCodes.meaning(of: "4.7.23")?.reference == "RFC 7372 section 3.2")
    }

    @Test(arguments: [
        "8BITMIME", "ATRN", "AUTH", "BINARYMIME", "BURL", "CHECKPOINT", "CHUNKING", "CONNEG", "CONPERM", "DELIVERBY",
        "DSN", "ENHANCEDSTATUSCODES", "ETRN", "EXPN", "FUTURERELEASE", "HELP", "LIMITS", "MT-PRIORITY", "MTRK",
        "NO-SOLICITING", "PIPELINING", "REQUIRETLS", "RRVS", "SAML", "SEND", "SIZE", "SMTPUTF8", "SOML", "STARTTLS",
        "SUBMITTER", "TURN", "UTF8SMTP", "VERB", "ONEX", "XCLIENT", "XFORWARD", "VRFY",
    ]) func everyRegisteredKeywordIsExplained(_ keyword: String) {
        let note = EHLOKeywords.capabilityNote(keyword)
        #expect(note.hasPrefix("\(keyword): ") && !note.contains("not known") && note.hasSuffix(")"))
    }

    @Test(arguments: [
        ("SIZE 10240000", "at most 10240000 octets"), ("SIZE 0", "no fixed limit"), ("SIZE", "no limit is told"),
        ("AUTH PLAIN SCRAM-SHA-256", "by PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677)"), ("AUTH=LOGIN", "by LOGIN"),
        ("DELIVERBY 240", "not below 240 seconds"),
        ("FUTURERELEASE 604800 2026-12-01T00:00:00Z", "up to 604800 seconds, no later than 2026-12-01T00:00:00Z"),
        ("LIMITS MAILMAX=5 RCPTMAX=100", "5 mails a session, 100 recipients a mail"),
    ]) func argumentsOfOffersAreTold(_ line: String, _ part: String) {
        #expect(EHLOKeywords.capabilityNote(line).contains(part), "\(EHLOKeywords.capabilityNote(line))")
    }

    @Test func everyTagOfCAPAIsExplained() {
        let registered = [
            "TOP", "USER", "SASL", "RESP-CODES", "LOGIN-DELAY", "PIPELINING", "EXPIRE", "UIDL", "IMPLEMENTATION",
            "STLS", "AUTH-RESP-CODE", "UTF8", "LANG",
        ]
        #expect(Set(registered).isSubset(of: POP3Notes.knownTags))
        #expect(POP3Notes.capabilityNote("EXPIRE NEVER").contains("for good"))
        #expect(POP3Notes.capabilityNote("EXPIRE 60 USER").contains("60 days"))
        #expect(POP3Notes.capabilityNote("LOGIN-DELAY 900").contains("900 seconds"))
        #expect(POP3Notes.capabilityNote("SASL PLAIN").contains("by PLAIN (RFC 4616)"))
    }

    @Test(arguments: ["[IN-USE] x", "[AUTH] x", "[SYS/TEMP] x", "[SYS/PERM] x", "[LOGIN-DELAY] x", "[UTF8] x"])
    func everyResponseCodeIsExplained(_ text: String) { #expect(POP3Notes.responseCode(text)?.hasSuffix(")") == true) }

    @Test func everyParameterHasGrammarAndPhrase() {
        for key in MailParameters.known {
            guard let parameter = SMTPGrammar.parameters(Array("\(key)=1".utf8)[...]).first else { continue }
            let phrase = MailParameters.phrase(parameter)
            #expect(!phrase.contains("not known here") || key == "BODY", "\(key): \(phrase)")
        }
    }

    @Test(
        arguments: [
            ("SIZE", "12", true), ("SIZE", "x", false), ("SIZE", nil, false), ("BODY", "8bitmime", true),
            ("BODY", "9BIT", false), ("SMTPUTF8", nil, true), ("SMTPUTF8", "yes", false), ("RET", "FULL", true),
            ("RET", "NONE", false), ("ENVID", "a+2Bb", true), ("ENVID", "a+zz", false),
            ("NOTIFY", "SUCCESS,DELAY", true),
            ("NOTIFY", "NEVER,DELAY", false), ("ORCPT", "rfc822;a@b", true), ("ORCPT", "a@b", false),
            ("BY", "120;R", true),
            ("BY", "0;R", false), ("BY", "soon", false), ("MT-PRIORITY", "-9", true), ("MT-PRIORITY", "10", false),
            ("HOLDFOR", "60", true), ("HOLDFOR", "1234567890", false), ("AUTH", "<>", true), ("REQUIRETLS", nil, true),
        ] as [(String, String?, Bool)])
    func valuesAreHeldAgainstTheirGrammar(_ key: String, _ value: String?, _ isGood: Bool) throws {
        let problem = try #require(MailParameters.grammar(of: key)).problem(value)
        #expect((problem == nil) == isGood, "\(problem ?? "none")")
    }

    @Test(arguments: [
        "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2",
        "OAUTHBEARER", "NTLM", "GSSAPI", "EXTERNAL", "ANONYMOUS",
    ]) func everyMechanismIsKnown(_ name: String) {
        let mechanism = SASLSteps.mechanism(name)
        #expect(mechanism != nil && mechanism?.reference.isEmpty == false)
    }

    @Test func sessionsAreSummedUp() {
        var script = SessionScript(.smtp)
        script.say("EHLO client.example.org", "250 mx.example.org", latency: 3_000_000)
        script.say("AUTH PLAIN AGFsaWNlAGh1bnRlcjI=", "235 ok")
        script.say("", "250 taken", verb: "*data")
        script.carry("Date: x\r\n\r\nHello\r\n", kind: .data) {
            $0.to = ["b@example.net", "c@example.net"]
            $0.rejected = ["d@example.net"]
            $0.accepted = true
            $0.transferTime = 2_000_000
        }
        let overview = SessionOverview(of: script.session)
        #expect(
            overview.sentence
                == "The client logged in as alice and sent 1 message of 18 octets to 2 recipients, accepted. "
                + "1 recipient was refused. It ended by QUIT.")
        #expect(overview.rate == 9_000)
        #expect(overview.slowestReply?.latency == 3_000_000)
        #expect(!overview.sentence.contains("hunter2"))
    }

    @Test func maildropsAreSummedUp() {
        var script = SessionScript(.pop3)
        script.say("USER bob", "+OK")
        script.say("PASS x", "+OK")
        script.say("DELE 1", "+OK")
        let marked = SessionOverview(of: script.session).sentence
        #expect(marked.hasPrefix("The client logged in as bob, fetched no message and marked 1 message for deletion"))
        script.say("QUIT", "+OK")
        #expect(SessionOverview(of: script.session).sentence.contains("and deleted 1 message."))
    }

    @Test func reportsAndTracesAreRead() {
        let text = """
            Received: from a by b.example.org; x\r
            Received: by c.example.org; x\r
            DKIM-Signature: v=1; d=example.org; s=x\r
            List-Id: <l.example.org>\r
            Auto-Submitted: auto-replied\r
            Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
            \r
            --b\r
            Content-Type: message/delivery-status\r
            \r
            Reporting-MTA: dns; mx.example.org\r
            \r
            Final-Recipient: rfc822; x@example.net\r
            Action: failed\r
            Status: 5.1.1\r
            --b--\r

            """
        let phrases = MessageScanner.scan(Array(text.utf8)).content.facts.phrases
        #expect(phrases.count == 5)
        #expect(
            phrases.first
                == "is a delivery report by mx.example.org: x@example.net failed, 5.1.1: a failure that stays: the mailbox does not exist (RFC 3464)"
        )
        #expect(
            phrases[1] == "passed 2 servers, the last of them b.example.org (RFC 5321 section 4.4): to c.example.org, "
                + "from a to b.example.org")
        #expect(phrases[2] == "carries a DKIM signature of example.org (RFC 6376)")
        #expect(phrases[3] == "comes from a mailing list: list-id")
        #expect(phrases[4] == "was sent automatically: auto-replied (RFC 3834)")
    }
}
