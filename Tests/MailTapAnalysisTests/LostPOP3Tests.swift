import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

/// Whose response it is where commands or responses of POP3 were lost: their order and form tell, or nothing is said.
@Suite struct LostPOP3Tests {
    private func session(_ text: String) -> Session {
        var info = SessionInfo.test
        info.expecting = .pop3
        let trace = Script("lost", "S: +OK hi\n" + text).trace(info: info)
        let builder = SessionBuilder(trace.info)
        for (time, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets): builder.receive(octets.span.bytes, from: side, at: time)
            case .mark(let mark): builder.mark(mark, at: time)
            }
        }
        builder.end(at: trace.ended)
        return builder.session
    }

    /// Verb, and text of the response, of each exchange behind the greeting; `-` for what is not there.
    private func pairs(_ session: Session) -> [String] {
        session.exchanges.dropFirst().map { exchange in
            let words = exchange.reply.map { reply in
                ([reply.status.text] + reply.lines.map { $0.text(revealing: false).text }).joined(separator: " ")
            }
            return "\(exchange.command?.verb ?? "-") \(words ?? "-")"
        }
    }

    @Test func aResponseIsOwedToACommandThatWasLost() {
        let lost = session(
            "C: STAT\nC- DELE 1\nC: NOOP\nC: RSET\nS: +OK 1 2\nS: +OK deleted\nS: +OK noop\nS: +OK rset\nC: QUIT\nS: +OK bye"
        )
        #expect(pairs(lost) == ["STAT +OK 1 2", "NOOP +OK noop", "RSET +OK rset", "- +OK deleted", "QUIT +OK bye"])
        #expect(!lost.findings.contains { $0.rule == "pop3.reply-without-command" })
    }

    @Test func aResponseThatCameBeforeTheLossIsKnownIsNotOwedAgain() {
        let lost = session("S: +OK deleted\nC- DELE 1\nC: NOOP\nS: +OK noop\nC: QUIT\nS: +OK bye")
        #expect(pairs(lost) == ["- +OK deleted", "NOOP +OK noop", "QUIT +OK bye"])
    }

    /// Two commands were lost, of which the second has no body: the message is not that response's.
    @Test func aResponseWithoutABodyIsNotThatOfRETR() {
        let lost = session(
            "C- RETR 1\\r\\nDELE 1\nC: RETR 2\nC: QUIT\nS: +OK 3 octets\nS: a\nS: .\nS: +OK deleted\nS: +OK 3 octets\n"
                + "S: b\nS: .\nS: +OK bye")
        #expect(
            pairs(lost) == ["RETR +OK 3 octets", "QUIT +OK bye", "- +OK 3 octets", "- +OK deleted"])
        #expect(lost.messages.map(\.bytes) == [3] && lost.messages.map(\.complete) == [true])
    }

    @Test(arguments: [
        ("STAT", "LIST 2", "UIDL 2", "+OK 2 320", "LIST +OK 2 320"),
        ("NOOP", "LIST 2", "STAT", "+OK 3 320", "STAT +OK 3 320"),
        ("LIST 1", "UIDL 1", "UIDL 2", "+OK 2 a7", "UIDL +OK 2 a7"),
        ("LIST", "TOP 1 0", "NOOP", "+OK done", "NOOP +OK done"),
    ])
    func theFormOfAResponseTellsItsCommand(
        _ first: String, _ second: String, _ third: String, _ response: String, _ pair: String
    ) {
        let lost = session("C: \(first)\nC: \(second)\nC: \(third)\nS- +OK\nS: \(response)\nC: QUIT\nS: +OK bye")
        #expect(pairs(lost).contains(pair), "\(pairs(lost))")
        #expect(pairs(lost).last == "QUIT +OK bye")
        #expect(lost.exchanges.filter { $0.reply != nil }.count == 3)
    }

    @Test func theBodyTellsAListingFromAMessage() {
        let lost = session(
            "C: LIST\nC: RETR 1\nC: UIDL\nS- +OK\nS: +OK here\nS: 1 a7\nS: .\nC: RETR 1\nS: +OK\nS: b\nS: .\nC: QUIT\nS: +OK"
        )
        #expect(pairs(lost) == ["LIST -", "RETR -", "UIDL +OK here", "RETR +OK ", "QUIT +OK "])
        #expect(lost.messages.map(\.bytes) == [3])
    }

    /// It waits for the line behind it, and the client goes on: what the client says then is not answered yet.
    @Test func aResponseAnswersNoCommandThatCameBehindIt() {
        let lost = session(
            "C: UIDL\nC: NOOP\nS- +OK\\r\\n.\nS: +OK noop\nC: DELE 1\nC: RSET\nS: +OK deleted\nS: +OK rset\nC: QUIT\nS: +OK bye"
        )
        #expect(pairs(lost) == ["UIDL -", "NOOP +OK noop", "DELE +OK deleted", "RSET +OK rset", "QUIT +OK bye"])
    }

    /// The challenge of AUTH is nobody else's, whatever was lost before.
    @Test func aChallengeIsThatOfAUTH() {
        let lost = session(
            "C- USER b\nC: AUTH PLAIN\nS: + \nC: AGIAYw==\nS: +OK in\nC: STAT\nS: +OK 1 2\nC: QUIT\nS: +OK bye")
        #expect(pairs(lost).contains("*auth +OK in") && pairs(lost).contains("STAT +OK 1 2"), "\(pairs(lost))")
    }

    @Test(arguments: [1, 40])
    func aServersOwnWordsShiftNothing(_ octets: Int) {
        let lost = session(
            "C: NOOP\nC: STAT\nC: LIST\nS- \(String(repeating: "x", count: octets))\nS: +OK three messages\nS: +OK\nS: 1 2\nS: .\n"
                + "C: QUIT\nS: +OK bye")
        #expect(pairs(lost).last == "QUIT +OK bye")
        #expect(lost.findings.allSatisfy { $0.rule != "pop3.reply-without-command" }, "\(pairs(lost))")
    }

    /// What the lost octets may explain is no finding: a line end torn apart, half of a line, another's number.
    @Test(arguments: [
        "C- STA\nC| \\n\nS: +OK 1 2\n", "C: NOOP\nS- +OK\nS| \\n\nC: STAT\nS: +OK 1 2\n",
        "C: LIST\nS: +OK\nS: 1 2\nS- 2\nS: 7\nS: .\n",
    ])
    func whatTheLostOctetsMayExplainIsNoFinding(_ text: String) {
        let lost = session(text + "C: QUIT\nS: +OK bye")
        let rules = ["pop3.bare-lf", "pop3.bad-listing", "pop3.other-message", "pop3.reply-without-command"]
        #expect(!lost.findings.contains { rules.contains($0.rule) }, "\(lost.findings.map(\.text))")
        #expect(lost.findings.contains { $0.rule == "tcp.gap" })
    }
}
