import MailTapCore
import Testing

@testable import MailTapAnalysis

/// What is said of codes and arguments beyond those that a registry explains.
@Suite struct UnknownCodeTests {
    @Test(arguments: [
        ("5.0.0", "a failure that stays: nothing more is known"),
        ("5.9.9", "a failure that stays, about a subject that no registry knows"),
        ("5.1.99", "a failure that stays: something about an address, with a detail that no registry knows"),
        ("2.01.0", "success: something about an address, written with a leading zero, which is not allowed"),
        (
            "4.7.001",
            "a failure that may pass: not authorized to do this; the message is refused by policy, "
                + "written with a leading zero, which is not allowed"
        ),
    ])
    func enhancedCodesHaveWords(code: String, words: String) {
        #expect(EnhancedStatusCodes.meaning(of: code)?.text == words)
    }

    @Test(arguments: ["", "5", "5.", "5.x.y", "9.9.9", "5.9", "5.9.9.9"])
    func othersHaveNone(code: String) { #expect(EnhancedStatusCodes.meaning(of: code) == nil) }

    @Test func aSuccessThatGoesWithoutSayingIsNotExplained() {
        func note(_ line: String, _ code: UInt16) -> String? {
            var reply = Reply(status: ReplyStatus(rawValue: code), lines: [WireText(Array(line.utf8))])
            reply.enhanced = String(line.prefix(5))
            return Annotator.replyNote(for: reply, to: "NOOP", proto: .smtp)
        }
        #expect(note("2.0.0 ok", 250)?.contains("2.0.0") != true)
        #expect(note("5.0.0 no", 550)?.contains("5.0.0, a failure that stays") == true)
    }

    @Test(arguments: [
        ("[X-NEW/Y] no", "X-NEW/Y"), ("[A]", "A"),
    ])
    func responseCodesAreNamed(text: String, code: String) {
        #expect(POP3Notes.responseCode(text) == nil)
        #expect(POP3Notes.unknownResponseCode(text)?.contains(": \(code) (RFC 2449 section 8)") == true)
    }

    @Test(arguments: ["no", "[]", "[a b] no", "[a", "x [A]", "[\u{1B}[31m] no"])
    func whatIsNoResponseCodeIsNone(text: String) { #expect(POP3Notes.unknownResponseCode(text) == nil) }

    @Test(arguments: [
        ("LOGIN-DELAY 900 USER", "900 seconds, which may be another"),
        ("EXPIRE 5 user", "5 days, which may be another"),
        ("EXPIRE NEVER USER", "for good, which may be another"), ("LOGIN-DELAY 900", "900 seconds (RFC"),
    ])
    func capabilitiesThatDifferByUserSaySo(line: String, words: String) {
        #expect(POP3Notes.capabilityNote(line).contains(words))
    }
}
