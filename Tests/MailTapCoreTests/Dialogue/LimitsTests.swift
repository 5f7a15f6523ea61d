import MailTapCore
import Testing

@Suite struct LimitsTests {
    /// However many sessions are open, what all of them may hold back is some hundred MiB at most.
    @Test func manySessionsShareWhatMayBeHeldBack() {
        let limits = Limits()
        #expect(limits.shared(among: 1) == limits)
        #expect(limits.shared(among: 32) == limits)
        #expect(limits.shared(among: 512).lineLength == 65_536)
        #expect(limits.shared(among: 1 << 20).lineLength == 4096)
        #expect(limits.shared(among: 1 << 20).undecided == 4096)
        let total = (1...65_536).reduce(0) { $0 + limits.shared(among: $1).undecided }
        #expect(total < 600 << 20)
        #expect(Limits(undecided: 100).shared(among: 1 << 20).undecided == 100)
    }
}
