import MailTapCore
import MailTapTesting
import Testing

/// Dialogues of which the beginning, or a stretch of the client's, was not captured.
@Suite struct MidStreamTests {
    private static func said(_ steps: [Script.Step], startSeen: Bool) -> [String] {
        var trace = Script("mid-stream", steps: steps).trace()
        trace.info.startSeen = startSeen
        let collected = EventCollector.collect(trace)
        return zip(collected.events, collected.lines).compactMap { event, octets in
            let line = String(decoding: octets, as: UTF8.self).filter { !$0.isNewline }
            return switch event.kind {
            case .command: "\(event.exchange) C \(line)"
            case .reply: "\(event.exchange) S \(line)"
            case .fragment: "- \(line)"
            case .contentBegin: "\(event.exchange) content"
            default: nil
            }
        }
    }

    private static func steps(_ text: String) -> [Script.Step] { Script("", text).steps }

    @Test func aMessageWhoseCommandWasNotSeenIsNoRowOfResponses() {
        let said = Self.said(
            Self.steps(
                """
                S: +OK 5607 octets
                S: Subject: hello
                S:
                S: good morning
                S: .
                C: DELE 1
                S: +OK deleted
                """), startSeen: false)
        #expect(
            said == [
                "0 S +OK 5607 octets", "- Subject: hello", "- ", "- good morning", "- .", "1 C DELE 1",
                "1 S +OK deleted",
            ])
    }

    @Test func whatTheServerSaidBeforeTheClientAnswersNothingBehindALossEither() {
        var steps = Self.steps("S: good morning\nS: .")
        steps.append(.mark(.gap(.server, 100)))
        steps += Self.steps("S: +OK 5607 octets\nS: Subject: hello\nC: DELE 1\nS: +OK deleted\nC: QUIT\nS: +OK bye")
        let said = Self.said(steps, startSeen: false)
        #expect(
            said == [
                "- good morning", "- .", "0 S +OK 5607 octets", "- Subject: hello", "1 C DELE 1", "1 S +OK deleted",
                "2 C QUIT", "2 S +OK bye",
            ])
    }

    @Test func soIsOneWhoseCommandWasLost() {
        var steps = Self.steps("S: +OK ready\nC: STAT\nS: +OK 1 12")
        steps.append(.mark(.gap(.client, 8)))
        steps += Self.steps("S: +OK 12 octets\nS: good morning\nS: .\nC: QUIT\nS: +OK bye")
        let said = Self.said(steps, startSeen: true)
        #expect(said.contains("- good morning") && said.contains("- ."))
        #expect(said.suffix(2) == ["3 C QUIT", "3 S +OK bye"])
        #expect(said.count { $0.contains(" S ") } == 4)
    }

    @Test func whatTheClientSaidFirstIsWhatTheServerAnswers() {
        let said = Self.said(
            Self.steps(
                """
                C: DATA
                S: 354 go on
                C: Subject: hello
                C:
                C: help me
                C: .
                S: 250 taken
                """), startSeen: false)
        #expect(said == ["0 C DATA", "0 S 354 go on", "1 content", "1 S 250 taken"])
    }

    /// A refusal may be DATA's, which a go-ahead behind it disproves.
    @Test(arguments: [
        ("250", ["2 S 250 of a RCPT before", "3 S 250 of RCPT", "1 S 354 go on"]),
        ("550", ["1 S 550 of a RCPT before", "2 S 250 of RCPT", "3 S 354 go on"]),
    ])
    func aGroupThatBeganBeforeTheFirstPacketHasItsContent(_ code: String, _ replies: [String]) {
        let said = Self.said(
            Self.steps(
                """
                C: RCPT TO:<c@example.net>
                C: DATA
                S: 250 of MAIL
                S: \(code) of a RCPT before
                S: 250 of RCPT
                S: 354 go on
                C: Subject: hello
                C: .
                S: 250 taken
                C: QUIT
                S: 221 bye
                """), startSeen: false)
        let before = ["0 C RCPT TO:<c@example.net>", "0 S 250 of MAIL", "1 C DATA"]
        #expect(said == before + replies + ["4 content", "4 S 250 taken", "5 C QUIT", "5 S 221 bye"])
    }

    @Test func whatTheServerSaidFirstAnswersNothingSeen() {
        let said = Self.said(
            Self.steps("S: 250 ok\nC: RCPT TO:<a@example.org>\nS: 250 ok\nC: QUIT\nS: 221 bye"), startSeen: false)
        #expect(
            said == ["0 S 250 ok", "1 C RCPT TO:<a@example.org>", "1 S 250 ok", "2 C QUIT", "2 S 221 bye"])
    }
}
