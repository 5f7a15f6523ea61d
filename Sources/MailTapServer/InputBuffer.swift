import MailTapCore

/// Octets that came and wait for their meaning: lines, or stretches of content.
struct InputBuffer: Sendable {
    /// A line, or the news that one was over the limit.
    enum Line: Equatable {
        /// A line without its CRLF.
        case complete([UInt8])
        /// A line that was skipped because of its length.
        case tooLong
    }

    private var octets: [UInt8] = []
    private var position = 0
    /// Octets behind `position` that hold no line end.
    private var scanned = 0
    private var isSkipping = false

    /// The octets not taken yet.
    var remaining: ArraySlice<UInt8> { octets[position...] }

    mutating func append(_ bytes: RawSpan) {
        if position == octets.count {
            octets.removeAll(keepingCapacity: true)
            position = 0
        } else if position > 65_536 {
            octets.removeFirst(position)
            position = 0
        }
        bytes.withUnsafeBytes { octets.append(contentsOf: $0) }
    }

    mutating func consume(_ count: Int) {
        position = min(octets.count, position + max(0, count))
        scanned = 0
    }

    /// The next line that ends with CRLF; a lone CR or LF ends none (RFC 5321 section 2.3.8).
    ///
    /// Nil: none is whole yet.
    mutating func takeLine(limit: Int) -> Line? {
        var search = position + scanned
        while let cr = octets[search...].firstIndex(of: 0x0D) {
            guard cr + 1 < octets.count else {
                search = cr
                break
            }
            guard octets[cr + 1] == 0x0A else {
                search = cr + 1
                continue
            }
            let line = octets[position..<cr]
            let isTooLong = isSkipping || line.count + 2 > limit
            isSkipping = false
            let result: Line = isTooLong ? .tooLong : .complete([UInt8](line))
            consume(cr + 2 - position)
            return result
        }
        let endsWithCR = octets.last == 0x0D && position < octets.count
        scanned = octets.count - position - (endsWithCR ? 1 : 0)
        if scanned > limit {
            isSkipping = true
            consume(scanned)
        }
        return nil
    }
}
