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

    /// Whether octets of the replies were lost since it was sent.
    var isBeforeGap = false

    enum Kind: Sendable, Equatable {
        case command, continuation, content
        case chunk(isLast: Bool)
    }
    enum Body: Sendable { case none, listing, retr, top }
}

/// Commands that wait for their replies, oldest first.
struct PendingReplies: Sendable {
    private var items: [PendingReply] = []
    private var head = 0
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
            head = 0
        } else if head > 1_024 {
            items.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        head = 0
    }

    /// Says of the newest command that it is a chunk.
    mutating func markLast(_ kind: PendingReply.Kind) {
        if head < items.count { items[items.count - 1].kind = kind }
    }

    /// Gives up all but the newest command.
    mutating func keepLast() {
        if head < items.count { head = items.count - 1 }
    }

    /// Whether one that waits is such a one.
    func contains(where isSuch: (PendingReply) -> Bool) -> Bool { items[head...].contains(where: isSuch) }

    /// Octets of the replies were lost: those that wait may have been answered there.
    mutating func noteGap() {
        for index in head..<items.count { items[index].isBeforeGap = true }
    }

    /// The first reply behind a gap came: gives up the commands that it does not answer.
    ///
    /// A command sent after the gap comes first; of those before it one at least was answered in the gap. Where the reply
    /// answers none, those before the gap were all answered in it.
    ///
    /// - Returns: whether there is a command that the reply answers.
    mutating func realign(_ canAnswer: (PendingReply) -> Bool) -> Bool {
        let after = items[head...].firstIndex { !$0.isBeforeGap && canAnswer($0) }
        let before = items[head...].dropFirst().firstIndex(where: canAnswer)
        let isOwned: Bool
        if let index = after ?? before {
            head = index
            isOwned = true
        } else {
            isOwned = first.map(canAnswer) ?? false
            if !isOwned { while first?.isBeforeGap == true { removeFirst() } }
        }
        for index in head..<items.count { items[index].isBeforeGap = false }
        return isOwned
    }
}
