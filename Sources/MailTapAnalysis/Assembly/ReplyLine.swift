import MailTapCore

/// Where the next line of a reply belongs.
struct ReplyPlace {
    /// Whether it belongs to the last of `furtherReplies`, or begins one.
    var isFurther: Bool
    /// Whether it is the first line of its reply.
    var isFirst: Bool
}

/// What a reply's first line says of the reply.
struct ReplyStart {
    var status: ReplyStatus
    /// Nanoseconds from the session's start.
    var at: Int64
    var turn: UInt32
    var enhanced: EnhancedCode?
}

extension Exchange {
    /// Where the next line of a reply belongs.
    var placeOfReplyLine: ReplyPlace {
        guard let isComplete = reply?.isComplete else { return ReplyPlace(isFurther: false, isFirst: true) }
        guard isComplete else { return ReplyPlace(isFurther: false, isFirst: false) }
        let isOpen = hasFurtherReplies && furtherReplies.last?.isComplete == false
        return ReplyPlace(isFurther: true, isFirst: !isOpen)
    }

    /// Adds the next line of a reply, in place: copying would make long replies quadratic.
    ///
    /// - Parameter start: what the line says of its reply where it is the first.
    mutating func addReplyLine(
        _ text: consuming WireText, _ status: ReplyStatus, isLast: Bool, _ start: ReplyStart?, isFurther: Bool
    ) {
        switch (start, isFurther) {
        case (let start?, false): reply = Reply(start, text, isComplete: isLast, sent: sent)
        case (nil, false): reply?.add(text, status, isLast: isLast)
        case (let start?, true):
            let first = Reply(start, text, isComplete: isLast, sent: sent)
            changeFurtherReplies { $0.append(first) }
        case (nil, true):
            let line = text
            changeFurtherReplies { $0[$0.count - 1].add(line, status, isLast: isLast) }
        }
    }

    /// Changes the reply to which the newest line belongs.
    mutating func changeReply(isFurther: Bool, _ change: (inout Reply) -> Void) {
        if isFurther {
            changeFurtherReplies { change(&$0[$0.count - 1]) }
        } else if var changed = reply {
            change(&changed)
            reply = changed
        }
    }
}

extension Reply {
    /// Adds a line behind the first.
    fileprivate mutating func add(_ text: consuming WireText, _ status: ReplyStatus, isLast: Bool) {
        if self.status == .none { self.status = status }
        lines.append(text)
        isComplete = isLast
    }
}
