import MailTapCore

/// The status of each exchange's reply.
struct TallyReplies: Sendable {
    private enum Progress: UInt8 { case none, open, complete }

    private struct Reply {
        var status = ReplyStatus.none
        var progress = Progress.none
    }

    private var replies: [Reply] = []
    /// LMTP: the replies after an exchange's first (RFC 2033 section 4.2).
    private var further: [(exchange: Int, reply: Reply)] = []

    /// The status of the reply to an exchange; `none` without one.
    subscript(exchange: Int) -> ReplyStatus { exchange < replies.count ? replies[exchange].status : .none }

    /// Commands that were refused.
    var refusals: Int {
        let refused = replies.count { $0.status.isNegative }
        guard !further.isEmpty else { return refused }
        let others = Set(further.lazy.filter { $0.reply.status.isNegative }.map(\.exchange))
        return refused + others.count { !self[$0].isNegative }
    }

    /// The verdicts on each recipient of an exchange's content, where the server gave several.
    func verdicts(_ exchange: Int) -> [ReplyStatus] {
        guard !further.isEmpty else { return [] }
        let others = further.lazy.filter { $0.exchange == exchange }.map(\.reply.status)
        // 353 only announces them (PRDR).
        return others.isEmpty ? [] : (self[exchange] == .judged ? [] : [self[exchange]]) + others
    }

    /// A line of a reply.
    mutating func note(_ status: ReplyStatus, isLast: Bool, exchange: Int) {
        if replies.isEmpty { replies.reserveCapacity(12) }
        // Numbers are dense, so this runs at most a few times for one line.
        while replies.count <= exchange { replies.append(Reply()) }
        guard replies[exchange].progress == .complete else {
            Self.note(status, isLast, &replies[exchange])
            return
        }
        if let index = further.lastIndex(where: { $0.exchange == exchange }),
            further[index].reply.progress != .complete
        {
            Self.note(status, isLast, &further[index].reply)
        } else {
            further.append((exchange, Reply()))
            Self.note(status, isLast, &further[further.count - 1].reply)
        }
    }

    private static func note(_ status: ReplyStatus, _ isLast: Bool, _ reply: inout Reply) {
        if reply.status == .none { reply.status = status }
        reply.progress = isLast ? .complete : .open
    }
}
