import MailTapCore

/// All that both sides of a trace sent, each side's octets in one piece.
struct StreamOctets {
    private struct Side {
        var octets: [UInt8] = []
        /// Where octets are missing: the offset in the stream, and how many are missing up to there and here.
        var gaps: [(offset: UInt64, missing: UInt64)] = []
        var offset: UInt64 = 0
    }

    private var client = Side()
    private var server = Side()

    init(_ trace: Trace) {
        for (_, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets):
                self[side].octets += octets
                self[side].offset &+= UInt64(octets.count)
            case .mark(.gap(let side, let length)):
                self[side].gaps.append(
                    (self[side].offset, (self[side].gaps.last?.missing ?? 0).addingClamped(length)))
                self[side].offset = self[side].offset.addingClamped(length)
            case .mark: break
            }
        }
    }

    private subscript(side: MailTapCore.Side) -> Side {
        get { side == .client ? client : server }
        _modify { if side == .client { yield &client } else { yield &server } }
    }

    /// The octets of a side, without what is missing.
    func all(_ side: MailTapCore.Side) -> [UInt8] { self[side].octets }

    /// The octets of a range that holds no gap.
    subscript(range: StreamRange) -> ArraySlice<UInt8> {
        guard let place = place(range) else { return [] }
        return self[range.side].octets[place]
    }

    /// Replaces the octets of a range by as many.
    mutating func replace(_ range: StreamRange, with octets: [UInt8]) {
        guard let place = place(range), place.count == octets.count else { return }
        self[range.side].octets.replaceSubrange(place, with: octets)
    }

    private func place(_ range: StreamRange) -> Range<Int>? {
        let side = self[range.side]
        var (low, high) = (0, side.gaps.count)
        while low < high {
            let middle = (low + high) / 2
            if side.gaps[middle].offset < range.end { low = middle + 1 } else { high = middle }
        }
        let missing = low > 0 ? side.gaps[low - 1].missing : 0
        guard range.start >= missing else { return nil }
        let start = range.start - missing
        let end = range.end - missing
        guard end <= UInt64(side.octets.count) else { return nil }
        return Int(start)..<Int(end)
    }

    /// The trace with these octets in its chunks.
    func filled(_ trace: Trace) -> Trace {
        var trace = trace
        var rest = [client.octets[...], server.octets[...]]
        for index in trace.entries.indices {
            guard case .chunk(let side, let octets) = trace.entries[index].entry else { continue }
            let new = rest[Int(side.rawValue)].prefix(octets.count)
            rest[Int(side.rawValue)] = rest[Int(side.rawValue)].dropFirst(octets.count)
            trace.entries[index].entry = .chunk(side, Array(new))
        }
        return trace
    }
}

extension UInt64 {
    fileprivate func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
