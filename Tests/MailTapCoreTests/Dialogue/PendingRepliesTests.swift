import Testing

@testable import MailTapCore

/// Commands that wait, where replies are lost again and again: what is done for each stays bounded.
@Suite struct PendingRepliesTests {
    private func waiting(_ verbs: [SMTPVerb]) -> PendingReplies {
        var pending = PendingReplies(limit: 100_000)
        for (number, verb) in verbs.enumerated() {
            pending.append(PendingReply(exchange: UInt32(number), verb: verb.rawValue, kind: .command))
        }
        return pending
    }

    private func isQuit(_ one: PendingReply) -> Bool { one.verb == SMTPVerb.quit.rawValue }
    private func isNoop(_ one: PendingReply) -> Bool { one.verb == SMTPVerb.noop.rawValue }

    @Test func aCommandSentBehindTheGapComesFirst() {
        var pending = waiting([.noop, .rset])
        pending.noteGap()
        pending.append(PendingReply(exchange: 2, verb: SMTPVerb.noop.rawValue, kind: .command))
        let isOwned = pending.realign(isNoop)
        #expect(isOwned && pending.first?.exchange == 2)
        // The gap is dealt with: what waits counts as sent behind it.
        pending.append(PendingReply(exchange: 3, verb: SMTPVerb.rset.rawValue, kind: .command))
        let isNextOwned = pending.realign { $0.verb == SMTPVerb.rset.rawValue }
        #expect(isNextOwned && pending.first?.exchange == 3)
    }

    @Test func ofThoseBeforeTheGapOneWasAnsweredInIt() {
        var pending = waiting([.noop, .noop, .noop])
        pending.noteGap()
        let isOwned = pending.realign(isNoop)
        #expect(isOwned && pending.first?.exchange == 1)
        pending.noteGap()
        pending.append(PendingReply(exchange: 3, verb: SMTPVerb.data.rawValue, kind: .command))
        let isNextOwned = pending.realign(isQuit)
        #expect(!isNextOwned)
        #expect(pending.first?.exchange == 3 && pending.count == 1)
    }

    @Test func aFormIsLookedForInFewCommandsAndBehindTheGapFirst() {
        var pending = waiting([.quit, .quit, .noop])
        pending.noteGap()
        let isOwned = pending.skip(to: isQuit)
        #expect(isOwned && pending.first?.exchange == 1)
        // Without a gap the first may be the one.
        let isStillOwned = pending.skip(to: isQuit)
        #expect(isStillOwned && pending.first?.exchange == 1)
        let isThere = pending.skip { $0.verb == SMTPVerb.data.rawValue }
        #expect(!isThere && pending.count == 2)

        var many = waiting(Array(repeating: .noop, count: 4_000) + [.quit])
        var looks = 0
        let isFar = many.skip {
            looks += 1
            return isQuit($0)
        }
        #expect(!isFar && looks <= 256 && many.count == 4_001)
    }

    @Test func gapsInLongQueuesAreCheap() {
        let count = 4_000
        var pending = waiting(Array(repeating: .noop, count: count))
        var looks = 0
        for _ in 0..<count - 1 {
            pending.noteGap()
            _ = pending.realign {
                looks += 1
                return $0.verb == SMTPVerb.noop.rawValue
            }
        }
        #expect(pending.count == 1)
        #expect(looks <= 2 * count)
    }

    @Test func whatIsNotThereIsLookedForOnce() {
        let count = 4_000
        var pending = waiting(Array(repeating: .noop, count: count))
        var looks = 0
        var found = 0
        for number in 0..<1_000 {
            let isThere = pending.contains(.answers(221)) {
                looks += 1
                return isQuit($0)
            }
            if isThere { found += 1 }
            pending.removeFirst()
            pending.append(PendingReply(exchange: UInt32(count + number), verb: 0, kind: .command))
        }
        #expect(found == 0 && looks <= count + 1_000)
        pending.append(PendingReply(exchange: 9_999, verb: SMTPVerb.quit.rawValue, kind: .command))
        let isThere = pending.contains(.answers(221), where: isQuit)
        // Another question is another look.
        let hasNoop = pending.contains(.answers(250), where: isNoop)
        #expect(isThere && hasNoop)
    }
}
