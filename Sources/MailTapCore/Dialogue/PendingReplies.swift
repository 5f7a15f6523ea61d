/// A command that waits for its reply.
struct PendingReply: Sendable {
    /// The exchange to which the reply belongs.
    var exchange: UInt32
    /// The command's verb, `SMTPVerb` or `POP3Verb` by its raw value.
    var verb: UInt8
    /// What kind of command it was.
    var kind: Kind
    /// Whether a multi-line body follows a positive status (POP3).
    var body: Body = .none
    /// The message for which it asks, where the response repeats that (POP3); 0 where it does not.
    var number: UInt32 = 0

    enum Kind: Sendable, Equatable {
        case command, continuation, content
        case chunk(isLast: Bool)
        /// Commands that were lost, one at least; its exchange is not numbered before the reply comes.
        case lost
    }
    enum Body: Sendable { case none, listing, retr, top }
}

/// Commands that wait for their replies, oldest first.
struct PendingReplies: Sendable {
    /// What is asked of each command that waits.
    enum Question: Sendable, Hashable {
        /// Whether a reply of this code can be its answer.
        case answers(UInt16)
    }

    private var items: [PendingReply] = []
    private var head = 0
    /// Index behind the newest that was sent before octets of the replies were lost.
    private var gapEnd = 0
    /// What was asked for last, by `contains`, and the index before which nothing is such.
    private var asked: (question: Question, upTo: Int) = (.answers(0), 0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var first: PendingReply? { head < items.count ? items[head] : nil }
    /// The one behind the first.
    var second: PendingReply? { count > 1 ? items[head + 1] : nil }
    var last: PendingReply? { head < items.count ? items.last : nil }
    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }

    /// Adds a command; beyond the limit the oldest is given up.
    mutating func append(_ pending: PendingReply) {
        if count >= limit { removeFirst() }
        items.append(pending)
    }

    mutating func removeFirst() {
        guard head < items.count else { return }
        head += 1
        if head == items.count {
            if head == 1 { items.removeLast() } else { items.removeAll(keepingCapacity: true) }
            forget(head)
        } else if head > 1_024, head > items.count / 2 {
            items.removeFirst(head)
            forget(head)
        }
    }

    mutating func removeAll() {
        forget(items.count)
        items.removeAll(keepingCapacity: true)
        head = 0
    }

    /// The first `count` items are gone.
    private mutating func forget(_ count: Int) {
        head = max(0, head - count)
        gapEnd = max(0, gapEnd - count)
        asked.upTo = max(0, asked.upTo - count)
    }

    /// Says of the newest command that it is a chunk.
    mutating func markLast(_ kind: PendingReply.Kind) {
        if head < items.count { items[items.count - 1].kind = kind }
    }

    /// Gives up all but the newest command.
    mutating func keepLast() {
        if head < items.count { head = items.count - 1 }
    }

    /// Gives up the commands before the first of that verb, if there is one.
    mutating func skip(to verb: UInt8) {
        if let index = items[head...].firstIndex(where: { $0.kind == .command && $0.verb == verb }) { head = index }
    }

    /// Whether one that waits is such a one.
    ///
    /// - Parameter question: tells apart what is asked; those that are known not to be such are not looked at again.
    mutating func contains(_ question: Question, where isSuch: (PendingReply) -> Bool) -> Bool {
        if asked.question != question { asked = (question, head) }
        asked.upTo = max(asked.upTo, head)
        while asked.upTo < items.count {
            if isSuch(items[asked.upTo]) { return true }
            asked.upTo += 1
        }
        return false
    }

    /// Octets of the replies were lost: those that wait may have been answered there.
    mutating func noteGap() { gapEnd = items.count }

    /// The farthest command behind the first that a reply's form is compared with: each reply may ask anew.
    private static let farthest = 256

    /// A reply came whose form tells what it can answer: gives up those before the first such command.
    ///
    /// As `realign` looks for it, in commands that are not too many; where there is none all wait on.
    ///
    /// - Returns: whether there is one.
    mutating func skip(to canAnswer: (PendingReply) -> Bool) -> Bool {
        let end = items.count
        let start = max(head, gapEnd)
        let after = items[start..<min(end, start + Self.farthest)].firstIndex(where: canAnswer)
        let before = min(head + 1, start)..<min(start, head + Self.farthest)
        guard let index = after ?? items[before].firstIndex(where: canAnswer) else { return false }
        head = index
        gapEnd = 0
        return true
    }

    /// The first reply behind a gap came: gives up the commands that it does not answer.
    ///
    /// A command sent after the gap comes first; of those before it one at least was answered in the gap. Where the reply
    /// answers none, those before the gap were all answered in it.
    ///
    /// - Returns: whether there is a command that the reply answers.
    mutating func realign(_ canAnswer: (PendingReply) -> Bool) -> Bool {
        let after = items[max(head, gapEnd)...].firstIndex(where: canAnswer)
        let before = items[head...].dropFirst().firstIndex(where: canAnswer)
        let isOwned: Bool
        if let index = after ?? before {
            head = index
            isOwned = true
        } else {
            isOwned = first.map(canAnswer) ?? false
            if !isOwned { while head < gapEnd { removeFirst() } }
        }
        gapEnd = 0
        return isOwned
    }
}
