import MailTapCore

/// A line of a reply, on its way into it.
struct ReplyLine {
    var status: ReplyStatus
    var isLast: Bool
    var text = WireText([])
    /// Of the first line alone.
    var at: Int64 = 0, latency: Int64 = 0
    var turn: UInt32 = 0
    var isInjected = false
    var enhanced: String?
    var acceptable: ReplyPattern?
    /// What went on in its place, what came of the reply before it, and the line itself; nil where nothing is changed.
    var forwarded: (Forwarded, received: [UInt8], original: [UInt8])?

    init(status: ReplyStatus, isLast: Bool) {
        self.status = status
        self.isLast = isLast
    }
}

extension Reply {
    /// Adds the next line, in place: copying would make long replies quadratic.
    mutating func add(_ line: ReplyLine) {
        if lines.isEmpty {
            at = line.at
            latency = line.latency
            turn = line.turn
            isInjected = line.isInjected
            enhanced = line.enhanced
            acceptable = line.acceptable
        }
        if status == .none { status = line.status }
        if let (change, received, original) = line.forwarded {
            forwarded.append(change, received: received, original: original)
        }
        lines.append(line.text)
        isComplete = line.isLast
    }
}

extension Exchange {
    /// Makes room for the next line of a reply.
    ///
    /// - Returns: whether it belongs to the last of `furtherReplies`, and whether it is the first line of its reply.
    mutating func beginReplyLine(_ status: ReplyStatus) -> (isFurther: Bool, isFirst: Bool) {
        guard let isComplete = reply?.isComplete else {
            reply = Reply(status: status)
            return (false, true)
        }
        if !isComplete { return (false, reply?.lines.isEmpty ?? true) }
        if let isOver = furtherReplies.last?.isComplete, !isOver {
            return (true, furtherReplies.last?.lines.isEmpty ?? true)
        }
        furtherReplies.append(Reply(status: status))
        return (true, true)
    }
}

extension Message {
    /// Octets of `side` came after `pause`, while it was under way.
    mutating func notePause(_ pause: Int64, of side: Side) {
        if kind.sender == side, pause > longestPause { longestPause = pause }
    }
}
