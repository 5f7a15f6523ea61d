import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct SessionPairingTests {
    private static func mail(_ number: Int, to: String = "b@c", reply: String = "250 2.1.5 Ok") -> RecordedSession {
        recording(
            """
            S: 220 mx
            C: EHLO me
            S: 250 mx
            C: MAIL FROM:<a\(number)@b>
            S: 250 2.1.0 Ok
            C: RCPT TO:<\(to)>
            S: \(reply)
            C: DATA
            S: 354 go
            C: Message-ID: <\(number)@me>
            C: Subject: mail \(number)
            C:\u{20}
            C: text \(number)
            C: .
            S: 250 2.0.0 queued as \(number)
            C: QUIT
            S: 221 bye
            """)
    }

    private func kinds(_ expected: [RecordedSession], _ came: [RecordedSession]) -> [[Difference.Kind]] {
        Comparison().compare(expected, with: came).map { $0.differences.map(\.kind) }
    }

    private let five = (1...5).map { Self.mail($0) }

    @Test(arguments: 0..<5)
    func `one missing session is one difference, wherever it stood`(index: Int) {
        var came = five
        came.remove(at: index)
        var wanted: [[Difference.Kind]] = Array(repeating: [], count: 5)
        wanted[index] = [.sessionMissing]
        #expect(kinds(five, came) == wanted)
        wanted[index] = [.sessionExtra]
        #expect(kinds(came, five) == wanted)
    }

    @Test func `a missing one and an additional one are two differences`() {
        let came = [five[0], five[2], five[3], five[4], Self.mail(9, to: "other@c")]
        #expect(kinds(five, came) == [[], [.sessionMissing], [], [], [], [.sessionExtra]])
    }

    @Test func `sessions that began in another order are the same`() {
        #expect(kinds(five, five.reversed()) == Array(repeating: [], count: 5))
        #expect(kinds(five, [five[1], five[0], five[2], five[4], five[3]]) == Array(repeating: [], count: 5))
    }

    @Test func `a changed session keeps its place among others`() {
        var came = five
        came[2] = Self.mail(3, reply: "550 5.1.1 no")
        came.remove(at: 0)
        #expect(kinds(five, came) == [[.sessionMissing], [], [.status, .envelope], [], []])
        // The same thing three times, and the middle one changed.
        let probe = Self.mail(1)
        let changed = Self.mail(1, reply: "250 2.1.7 Ok")
        #expect(kinds([probe, probe, probe], [probe, changed, probe]) == [[], [.enhanced], []])
        #expect(
            kinds([probe, probe, five[3]], [changed, probe, five[4]]) == [
                [.enhanced], [], [.envelope, .messageDigest],
            ])
    }

    @Test func `nothing stands for what has another protocol`() {
        let drop = recording("S: +OK\nC: USER a\nS: +OK\nC: QUIT\nS: +OK", .pop3)
        #expect(kinds([five[0], drop], [five[0], five[1]]) == [[], [.sessionMissing], [.sessionExtra]])
        #expect(kinds([], [drop]) == [[.sessionExtra]])
        #expect(kinds([drop, five[0]], []) == [[.sessionMissing], [.sessionMissing]])
    }
}
