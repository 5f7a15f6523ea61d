/// Finds the end of dot-stuffed content (RFC 5321 section 4.5.2, RFC 1939 section 3), whatever the chunking.
///
/// Octets go on with the stuffed dots removed. A dot line with odd line ends is only a candidate for the
/// end: the caller decides when the other side has answered.
struct ContentScanner: Sendable {
    /// What a scan found.
    enum Outcome {
        /// Content goes on; all offered octets up to `consumed` are content.
        case more(consumed: Int)
        /// The end mark CRLF.CRLF: content up to `content`, the dot line up to `end`.
        case end(content: Int, end: Int)
        /// A dot line with odd line ends, which some servers take for the end.
        case candidate(content: Int, end: Int)
    }

    /// The line end before the current position.
    private enum Before { case start, crlf, lf, cr, other }
    private var before: Before = .start
    /// Octets were lost: nothing is known of the octet before.
    mutating func skipLost() { before = .other }

    /// Scans `bytes` from `start`; gives the content on, except dots that were stuffed.
    ///
    /// - Parameter takesCandidates: false where a dot line with odd ends is content all the same.
    mutating func scan(
        _ bytes: RawSpan, from start: Int, side: Side, takesCandidates: Bool, _ events: inout EventBuffer
    ) -> Outcome {
        var pieceStart = start
        var search = start
        let count = bytes.byteCount
        while let dot = bytes.firstIndex(of: 46, from: search) {
            let lineStart: Before =
                if dot == start { before } else if bytes[octet: dot - 1] == 10 {
                    if dot - 1 == start {
                        before == .cr ? .crlf : .lf
                    } else {
                        bytes[octet: dot - 2] == 13 ? .crlf : .lf
                    }
                } else { .other }
            guard lineStart == .start || lineStart == .crlf || lineStart == .lf else {
                search = dot + 1
                continue
            }
            let available = count - dot
            let next = available > 1 ? bytes[octet: dot + 1] : 0
            if available < 2 || (next == 13 && available < 3) {
                give(bytes, pieceStart, dot, side, &events)
                before = lineStart
                return .more(consumed: dot)
            }
            let isCRLF = next == 13 && bytes[octet: dot + 2] == 10
            if isCRLF || next == 10 {
                let isStrict = isCRLF && lineStart != .lf
                if isStrict || takesCandidates {
                    give(bytes, pieceStart, dot, side, &events)
                    let end = dot + (isCRLF ? 3 : 2)
                    before = lineStart
                    return isStrict ? .end(content: dot, end: end) : .candidate(content: dot, end: end)
                }
                // A lone dot that ends nothing is content as it stands.
                search = dot + 1
                continue
            }
            give(bytes, pieceStart, dot, side, &events)
            pieceStart = dot + 1
            search = dot + 1
        }
        give(bytes, pieceStart, count, side, &events)
        if count > start {
            let last = bytes[octet: count - 1]
            let previous: UInt8? = count - 2 >= start ? bytes[octet: count - 2] : nil
            before =
                switch last {
                case 13: .cr
                case 10: (previous == 13 || (previous == nil && before == .cr)) ? .crlf : .lf
                default: .other
                }
        }
        return .more(consumed: count)
    }

    private func give(
        _ bytes: RawSpan, _ from: Int, _ to: Int, _ side: Side, _ events: inout EventBuffer
    ) {
        guard to > from else { return }
        events.content(from, to, of: side)
    }
}
