import Testing

@testable import MailTapCore

/// Which code can answer which command, where replies were lost.
@Suite struct SMTPReplyCodeTests {
    private func waiting(_ verb: SMTPVerb, _ kind: PendingReply.Kind = .command) -> PendingReply {
        PendingReply(exchange: 0, verb: verb.rawValue, kind: kind)
    }

    @Test(arguments: [
        (SMTPVerb.mail, UInt16(250), true), (.mail, 354, false), (.mail, 221, false), (.mail, 235, false),
        (.data, 354, true), (.data, 250, false), (.data, 554, true),
        (.quit, 221, true), (.quit, 250, false), (.starttls, 220, true), (.starttls, 250, false),
        (.auth, 334, true), (.auth, 235, true), (.auth, 250, false), (.auth, 535, true), (.mail, 535, false),
    ])
    func aCodeTellsWhichCommandItCanAnswer(_ verb: SMTPVerb, _ code: UInt16, _ can: Bool) {
        #expect(waiting(verb).canHave(code) == can)
    }

    @Test func contentHasAVerdictAndWhatWasLostHasNoneOfItsOwn() {
        #expect(waiting(.data, .content).canHave(250))
        #expect(!waiting(.data, .content).canHave(354))
        #expect(waiting(.auth, .continuation).canHave(334))
        #expect(!waiting(.unknown, .lost).canHave(250))
    }

    @Test(arguments: [("250 ok", UInt16?.some(250)), ("250", 250), ("25", nil), ("099 x", nil), ("2x0 x", nil)])
    func aCodeIsThreeDigits(_ line: String, _ code: UInt16?) {
        let octets = Array(line.utf8)
        #expect(octets.span.bytes.replyCode(to: octets.count) == code)
    }
}
