import MailTapCore
import Testing

@Suite struct LimitsTests {
    /// However many sessions are open, what may be undecided in all of them is some hundred MiB at most.
    @Test func manySessionsShareWhatMayBeUndecided() {
        let limits = Limits()
        #expect(limits.shared(among: 1) == limits)
        #expect(limits.shared(among: 64).undecided == 1 << 20)
        #expect(limits.shared(among: 1 << 20).undecided == 4096)
        let total = (1...65_536).reduce(0) { $0 + limits.shared(among: $1).undecided }
        #expect(total < 700 << 20)
        #expect(Limits(undecided: 100).shared(among: 1 << 20).undecided == 100)
    }
}
