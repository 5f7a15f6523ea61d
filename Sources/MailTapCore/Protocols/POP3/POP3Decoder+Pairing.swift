extension POP3Decoder {
    // MARK: Whose response it is, behind a loss

    /// Octets between commands were lost, so one command at least, which a response is owed; it may have come already.
    mutating func expectResponseToLost() {
        if unasked > 0 {
            unasked -= 1
        } else {
            loss.isOfClient = true
            pending.append(PendingReply(exchange: .max, verb: POP3Verb.unknown.rawValue, kind: .lost))
        }
    }

    /// Whether the response at the front waits for the line behind it, which tells whether it has a body.
    ///
    /// Only behind a loss, and only where it may be of more than one command.
    mutating func waitsForLineBehind(_ bytes: RawSpan) -> Bool {
        guard mayBeOfMore || loss.delayed != nil, client == .commands, hasGreeted || !expectsGreeting,
            case .line(let length, let text, _) = LineScan.next(in: bytes, from: 0, limit: limits.lineLength),
            Self.status(bytes, text) == .ok
        else { return false }
        if let behind = bytes.behindResponse(from: length) {
            lineBehind = behind
            return false
        }
        if loss.delayed == nil { loss.delayed = POP3Loss.Delayed(exchanges: exchanges) }
        return loss.delayed?.isOver == false
    }

    /// Whether it is not certain that the next response is that of the first command that waits.
    private var mayBeOfMore: Bool {
        guard let first = pending.first else { return false }
        switch POP3Verb(rawValue: first.verb) {
        // What has to be hidden hangs on these, and none of them waits.
        case .user, .pass, .apop: return false
        default: break
        }
        return loss.isOfServer && pending.count > 1 || loss.isOfClient && first.kind != .lost
    }

    /// The line behind the response will not come, or not whole; returns whether one waits for it.
    mutating func givesUpLineBehind() -> Bool {
        guard loss.delayed?.isOver == false else { return false }
        loss.delayed?.isOver = true
        return true
    }

    /// The command that a response answers, or nil where none does that was seen.
    ///
    /// - Parameter isFirst: whether it is the first behind octets that were lost.
    mutating func owner(
        of line: RawSpan, _ text: Int, _ status: ReplyStatus, isFirst: Bool
    ) -> (owner: PendingReply?, isAsked: Bool) {
        let earlier = loss.delayed?.exchanges ?? exchanges
        let behind = lineBehind
        lineBehind = .unknown
        loss.delayed = nil
        guard hasGreeted || !expectsGreeting, let waiting = pending.first else { return (nil, false) }
        guard loss.isOfClient || loss.isOfServer, status != .none else { return (waiting, true) }
        let shape = POP3ResponseShape(line, text, status, behind: behind)
        if isFirst || status == .plus || loss.isOfServer && !shape.canAnswer(waiting) {
            let isFound = pending.skip { ($0.kind == .lost || $0.exchange < earlier) && shape.canAnswer($0) }
            if isFirst, !isFound {
                // As servers go that say it in their own way.
                let verb = status == .plus ? POP3Verb.auth : POP3Verb.stat
                _ = pending.realign { status == .err || ($0.verb == verb.rawValue) == (status == .plus) }
            }
        }
        guard let first = pending.first else { return (nil, false) }
        if first.kind == .lost {
            pending.removeFirst()
            return (nil, true)
        }
        // More commands were lost than one.
        if loss.isOfClient, !shape.canAnswer(first) { return (nil, true) }
        return (first, true)
    }

    /// The exchange of the next response, as far as that is known.
    var nextExchange: UInt32 {
        guard let first = pending.first, first.kind != .lost else { return exchanges }
        return first.exchange
    }

    /// Where every command has its response, what was lost shifts none that follows.
    mutating func noteStep() {
        if pending.isEmpty { loss = POP3Loss() }
    }
}
