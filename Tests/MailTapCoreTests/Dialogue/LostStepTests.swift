import MailTapCore
import MailTapTesting
import Testing

/// Servers that answer in no form, or too little: which command each line of theirs goes to.
@Suite struct LostStepTests {
    /// Each command with the first three octets of each line of its reply; `-` where no command began the exchange.
    private func exchanges(_ script: String) -> [String] {
        let collected = EventCollector.collect(Script("lost step", script).trace(info: .test))
        var commands: [UInt32: String] = [:]
        var replies: [UInt32: [String]] = [:]
        for (event, line) in zip(collected.events, collected.lines) {
            let text = String(decoding: line.prefix { $0 != 13 }, as: UTF8.self)
            switch event.kind {
            case .command, .continuation: commands[event.exchange] = text
            case .contentBegin: commands[event.exchange] = "*"
            case .reply: replies[event.exchange, default: []].append(String(text.prefix(3)))
            default: break
            }
        }
        return Set(commands.keys).union(replies.keys).sorted().map {
            "\(commands[$0] ?? "-") > \((replies[$0] ?? []).joined(separator: " "))"
        }
    }

    private let smtp = "S: 220 mx.example.org ESMTP\nC: EHLO x\nS: 250 ok\n"

    @Test func aLineWithoutACodeAnswersItsCommandWhereTheClientGoesOn() {
        let said = exchanges(smtp + "C: NOOP\nS: huh\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye")
        #expect(said.dropFirst(2) == ["NOOP > huh", "RSET > 250", "QUIT > 221"])
    }

    @Test func itBelongsToTheReplyBehindItWhereTheClientWaits() {
        let said = exchanges(smtp + "C: NOOP\nS: huh\nS: 250 ok\nC: QUIT\nS: 221 bye")
        #expect(said.dropFirst(2) == ["NOOP > huh 250", "QUIT > 221"])
    }

    @Test func itStandsAloneWhereNoCommandWaits() {
        let said = exchanges(smtp + "S: huh\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye")
        #expect(said.dropFirst(2) == ["- > huh", "NOOP > 250", "QUIT > 221"])
    }

    @Test func itDoesNotKeepTheClientWaitingForAGoAhead() {
        let said = exchanges(
            smtp
                + "C: DATA\nS: huh\nC: STARTTLS\nS: huh\nC: AUTH LOGIN\nS: huh\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye"
        )
        #expect(
            said.dropFirst(2) == [
                "DATA > huh", "STARTTLS > huh", "AUTH LOGIN > huh", "RSET > 250", "QUIT > 221",
            ])
    }

    @Test func aReplyThatDoesNotEndIsOverWithTheNextOne() {
        let said = exchanges("S: 220 mx.example.org\nC: EHLO x\nS: 250-a\nS: 250-b\nC: QUIT\nS: 221 bye")
        #expect(said == ["- > 220", "EHLO x > 250 250", "QUIT > 221"])
    }

    @Test func threeLinesWithoutAStatusShiftNoResponse() {
        let said = exchanges("S: +OK hi\nC: USER a\nS: huh\nC: STLS\nS: huh\nC: PASS b\nS: huh\nC: STAT\nS: +OK 0 0")
        #expect(said == ["- > +OK", "USER a > huh", "STLS > huh", "PASS b > huh", "STAT > +OK"])
    }

    private let lmtp =
        "S: 220 mx.example.org LMTP\nC: LHLO x\nS: 250 ok\nC: MAIL FROM:<a@x>\nS: 250 ok\nC: RCPT TO:<b@x>\nS: 250 ok\n"
        + "C: RCPT TO:<c@x>\nS: 250 ok\nC: DATA\nS: 354 go\nC: one\nC: .\n"

    @Test func everyRecipientOfLMTPHasAVerdict() {
        let said = exchanges(lmtp + "S: 250 b\nS: 550 c\nC: QUIT\nS: 221 bye")
        #expect(said.suffix(2) == ["* > 250 550", "QUIT > 221"])
    }

    @Test func aVerdictTooFewShiftsNoReply() {
        let said = exchanges(lmtp + "S: 250 b\nC: QUIT\nS: 221 bye")
        #expect(said.suffix(2) == ["* > 250", "QUIT > 221"])
    }

    @Test func anLHLOThatIsRefusedMakesNoLMTP() {
        let refused = lmtp.replacing("LHLO x\nS: 250", with: "LHLO x\nS: 500 no\nC: EHLO x\nS: 250")
        let said = exchanges(refused + "S: 250 taken\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye")
        #expect(said.suffix(3) == ["* > 250", "NOOP > 250", "QUIT > 221"])
    }
}
