import MailTapCore

/// Which octets of a session came before which: counts its turns, so that the order of what both sides said is known
/// where times do not tell it, as in a dialogue file without any.
///
/// A turn ends when the other side speaks; the two sides never share one.
struct TurnLog {
    /// Where a turn began in its side's stream.
    private struct Start {
        var offset: UInt64
        var turn: UInt32
    }

    /// The turns of one side.
    private struct Speaker {
        /// The turn before the newest, where it alone of those may still be asked for, as is usual.
        private var kept: Start?
        /// Otherwise where each turn began, from the oldest that may still be asked for, but for the newest.
        private var starts: [Start] = []
        private var oldest = 0
        private var newest: Start?

        /// Begins a turn; of those that nobody asked for, the oldest are forgotten.
        mutating func begin(_ turn: UInt32, at offset: UInt64) {
            if let newest { keep(newest) }
            newest = Start(offset: offset, turn: turn)
        }

        private mutating func keep(_ start: Start) {
            if oldest == starts.count {
                // All of them were asked for: none is needed any more.
                oldest = 0
                if !starts.isEmpty { starts.removeAll(keepingCapacity: true) }
                guard let before = kept.take() else {
                    kept = start
                    return
                }
                starts.append(before)
            }
            if starts.count >= 2 * TurnLog.limit {
                let forgotten = min(max(oldest, TurnLog.limit), starts.count)
                starts.removeFirst(forgotten)
                oldest = max(0, oldest - forgotten)
            }
            starts.append(start)
        }

        mutating func turn(at offset: UInt64) -> UInt32 {
            guard let newest else { return 0 }
            if newest.offset <= offset {
                kept = nil
                oldest = starts.count
                return newest.turn
            }
            if let kept { return kept.turn }
            while oldest + 1 < starts.count, starts[oldest + 1].offset <= offset { oldest += 1 }
            return oldest < starts.count ? starts[oldest].turn : newest.turn
        }
    }

    /// Turns of each side that are remembered at least.
    private static let limit = 1_024

    private var speaking: Side?
    private var turn: UInt32 = 0
    /// Octets of each side so far, lost ones included.
    private var clientSeen: UInt64 = 0, serverSeen: UInt64 = 0
    private var client = Speaker(), server = Speaker()

    /// A side sent octets, or octets of it were lost.
    mutating func note(_ octets: UInt64, of side: Side) {
        if speaking != side {
            speaking = side
            turn &+= 1
            if side == .client { client.begin(turn, at: clientSeen) } else { server.begin(turn, at: serverSeen) }
        }
        if side == .client { clientSeen &+= octets } else { serverSeen &+= octets }
    }

    /// The turn in which the last octet of a range came; ask in the order of the stream.
    mutating func turn(of range: StreamRange) -> UInt32 {
        let last = max(range.start, range.end &- min(range.end, 1))
        return range.side == .client ? client.turn(at: last) : server.turn(at: last)
    }
}

extension Exchange {
    /// Whether the command was whole before the reply, to whatever command, began.
    public func isSent(before reply: Reply) -> Bool { at < reply.at || at == reply.at && turn < reply.turn }
}
