import MailTapCore
import MailTapTesting
import Testing

/// Captures that begin in mid-session and miss the first replies: which command each later reply goes to.
@Suite struct MidSessionTests {
    /// Each command's line (`*` for content) and the first octets of its reply; empty where none was seen.
    private func exchanges(_ script: String) -> [String] {
        var info = SessionInfo.test
        info.startSeen = false
        info.expecting = .smtp
        let collected = EventCollector.collect(Script("middle", script).trace(info: info))
        var commands: [UInt32: String] = [:]
        var replies: [UInt32: String] = [:]
        for (event, line) in zip(collected.events, collected.lines) {
            let text = String(decoding: line.prefix { $0 != 13 }, as: UTF8.self)
            switch event.kind {
            case .command, .continuation: commands[event.exchange] = text
            case .contentBegin: commands[event.exchange] = "*"
            case .reply: replies[event.exchange] = String(text.prefix(3))
            default: break
            }
        }
        return Set(commands.keys).union(replies.keys).sorted().map {
            "\(commands[$0] ?? "-") > \(replies[$0] ?? "")"
        }
    }

    private let mail = "C: MAIL FROM:<a@x.org>\nS: 250 ok\nC: RCPT TO:<b@y.org>\nS: 250 ok\n"
    private let mailExchanges = ["MAIL FROM:<a@x.org> > 250", "RCPT TO:<b@y.org> > 250"]

    @Test func theReplyToAUTH() {
        #expect(
            exchanges("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\n" + mail)
                == ["AUTH PLAIN AGFsaWNlAHNlY3JldA== > "] + mailExchanges)
    }

    @Test func theChallengeAndTheReplyToTheResponse() {
        #expect(
            exchanges("C: AUTH PLAIN\nC: AGFsaWNlAHNlY3JldA==\n" + mail)
                == ["AUTH PLAIN > ", "AGFsaWNlAHNlY3JldA== > "] + mailExchanges)
    }

    @Test func theReplyToEHLO() {
        #expect(
            exchanges("C: EHLO x\nC: AUTH PLAIN\nS: 334 \nC: AGFsaWNlAHNlY3JldA==\nS: 235 ok\n" + mail)
                == ["EHLO x > ", "AUTH PLAIN > 334", "AGFsaWNlAHNlY3JldA== > 235"] + mailExchanges)
    }

    @Test func theGoAheadForContent() {
        #expect(
            exchanges("C: DATA\nC: Subject: x\nC: \nC: .\nS: 250 queued\nC: QUIT\nS: 221 bye")
                == ["DATA > ", "* > 250", "QUIT > 221"])
    }
}
