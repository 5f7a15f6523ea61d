extension DialogueFileSession {
    /// For each line of `said`, the exchange that what it says belongs to; nil for what is no dialogue.
    ///
    /// An exchange is meant by its index, as decoding the trace numbers them.
    public var exchanges: [Int?] {
        var dialogue = Dialogue(trace.info)
        var places = Places()
        for (time, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets): dialogue.receive(octets.span.bytes, from: side, at: time, &places)
            case .mark(let mark): dialogue.mark(mark, at: time, &places)
            }
        }
        dialogue.end(at: trace.ended, &places)
        return said.map { places.exchange(at: $0.range) }
    }

    /// Where each exchange's octets stand.
    private struct Places: DialogueHandler {
        private var sides: [[(range: StreamRange, exchange: Int)]] = [[], []]

        mutating func handle(_ event: Event, _ bytes: RawSpan) {
            switch event.kind {
            case .command, .continuation, .reply, .listing, .listingEnd, .content, .contentEnd:
                guard !event.range.isEmpty else { return }
                sides[Int(event.range.side.rawValue)].append((event.range, Int(event.exchange)))
            default: return
            }
        }

        mutating func content(_ bytes: RawSpan, from side: Side) {}

        /// The exchange of the event that holds the line's first octet; events come in the order of the stream.
        func exchange(at line: StreamRange) -> Int? {
            let events = sides[Int(line.side.rawValue)]
            var low = 0
            var high = events.count
            while low < high {
                let middle = (low + high) / 2
                if events[middle].range.end <= line.start { low = middle + 1 } else { high = middle }
            }
            guard low < events.count, events[low].range.start <= line.start else { return nil }
            return events[low].exchange
        }
    }
}
