import MailTapAnalysis
import MailTapCore
import MailTapTesting
import Testing

/// A session whose secrets were masked is read as it was before.
@Suite struct MaskedSessionTests {
    private static let plain = "AGFsaWNlAHNlY3JldA=="
    private static let greeting = "S: 220 x ESMTP\nC: EHLO x\nS: 250 x\n"

    static let logins: [(MailProtocol, String)] = [
        (.smtp, greeting + "C| AUTH PLAIN\\r\\n\(plain)\\r\\n\nS| 504 no\\r\\n500 what\\r\\n"),
        (.smtp, greeting + "C: AUTH=PLAIN \(plain)\nS: 500 what"),
        (.smtp, greeting + "C: AUTH  PLAIN   \(plain) \nS: 535 no"),
        (.smtp, greeting + "C: AUTH PLAIN AGFsaWNlAHNlY3JldAB4\nS: 535 no"),
        (.smtp, greeting + "C: AUTH GSSAPI\nS: 334 \nC: \(plain)\nS: 235 ok"),
        (.smtp, greeting + "C: AUTH LOGIN\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: 535 no\nC: c2VjcmV0\nS: 500 what"),
        (.smtp, greeting + "C: AUTH \(plain)\nS: 334 \nC: \(plain)\nS: 535 no"),
        (.pop3, "S: +OK ready\nC: PASShunter22\nS: -ERR what\nC: PASS hunter22\nS: -ERR no\nC: hunter22\nS: -ERR what"),
    ]

    private func session(_ trace: Trace) -> Session {
        let builder = SessionBuilder(trace.info)
        trace.play(into: builder)
        return builder.session
    }

    private func lines(_ session: Session) -> [String?] { session.exchanges.map { $0.command?.line.text().text } }

    @Test(arguments: logins) func verbsAndNotesStay(_ proto: MailProtocol, _ text: String) {
        var info = SessionInfo.test
        info.expecting = proto
        let trace = Script("login", text).trace(info: info)
        let whole = session(trace)
        let masked = session(TraceMasking.masked(trace))
        #expect(masked.exchanges.map { $0.command?.verb } == whole.exchanges.map { $0.command?.verb })
        #expect(masked.exchanges.map(\.note) == whole.exchanges.map(\.note))
        #expect(lines(masked) == lines(whole))
        for exchange in whole.exchanges {
            for secret in ["secret", "hunter22", "c2VjcmV0", "HNlY3JldA", "HUNTER22"] {
                #expect(exchange.note?.contains(secret) != true && exchange.command?.verb.contains(secret) != true)
            }
        }
    }
}
