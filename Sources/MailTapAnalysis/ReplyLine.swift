import MailTapCore

/// A line of a reply, on its way into it.
struct ReplyLine {
    /// What few lines have: something other than the server's words stands in their place.
    struct Changes {
        var isInjected = false
        var acceptable: ReplyPattern?
        /// What went on in its place, what came of the reply before it, and the line itself; nil where nothing is changed.
        var forwarded: (Forwarded, received: [UInt8], original: [UInt8])?
    }

    var status: ReplyStatus
    var isLast: Bool
    var text: WireText
    /// Of the first line alone.
    var at: Int64 = 0, latency: Int64 = 0
    var turn: UInt32 = 0
    var enhanced: EnhancedCode?
    var changes: Changes?

    init(status: ReplyStatus, isLast: Bool, text: WireText) {
        self.status = status
        self.isLast = isLast
        self.text = text
    }
}

extension Reply {
    /// Adds the next line, in place: copying would make long replies quadratic.
    mutating func add(_ line: borrowing ReplyLine, isFirst: Bool) {
        if isFirst {
            at = line.at
            latency = line.latency
            turn = line.turn
            enhancedCode = line.enhanced
        }
        if status == .none { status = line.status }
        if let changes = line.changes { add(changes, isFirst: isFirst) }
        lines.append(line.text)
        isComplete = line.isLast
    }

    private mutating func add(_ changes: ReplyLine.Changes, isFirst: Bool) {
        if isFirst {
            isInjected = changes.isInjected
            acceptable = changes.acceptable
        }
        guard let (change, received, original) = changes.forwarded else { return }
        forwarded.append(change, received: received, original: original)
    }
}

extension Exchange {
    /// Makes room for the next line of a reply.
    ///
    /// - Returns: whether it belongs to the last of `furtherReplies`, and whether it is the first line of its reply.
    mutating func beginReplyLine(_ status: ReplyStatus) -> (isFurther: Bool, isFirst: Bool) {
        guard let isComplete = reply?.isComplete else {
            reply = Reply(status)
            return (false, true)
        }
        if !isComplete { return (false, reply?.lines.isEmpty ?? true) }
        if hasFurtherReplies, let last = furtherReplies.last, !last.isComplete { return (true, last.lines.isEmpty) }
        changeFurtherReplies { $0.append(Reply(status)) }
        return (true, true)
    }
}

extension Message {
    /// Octets of `side` came after `pause`, while it was under way.
    mutating func notePause(_ pause: Int64, of side: Side) {
        if kind.sender == side, pause > longestPause { longestPause = pause }
    }
}
