import MailTapAnalysis
import MailTapCore
import MailTapReplay
import Testing

@Suite struct PaceTests {
    private static let mail = "S: 220 mx\nC: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye"

    @Test(arguments: ["", "x", "x0", "x-1", "xnan", "xinf", "fast"])
    func refusesWhatIsNoTiming(_ text: String) {
        #expect(ReplayTiming(parsing: text) == nil)
    }

    @Test func waitsAsTheRecordedClientDid() throws {
        var options = ReplayOptions()
        options.timing = try #require(ReplayTiming(parsing: "x2"))
        let effects = play(recording(Self.mail), options: options, answers: ["220 x\r\n", "250 x\r\n"]).effects
        let pauses = effects.compactMap { effect -> Int64? in
            if case .pause(let time) = effect { time } else { nil }
        }
        // One line each millisecond, and twice as fast.
        #expect(pauses == [500_000, 500_000])
        #expect(effects.first == .pause(500_000))
        let none = play(recording(Self.mail), answers: ["220 x\r\n", "250 x\r\n"]).effects
        #expect(!none.contains { if case .pause = $0 { true } else { false } })
    }
}
