/// Finds the end of dot-stuffed content (RFC 5321 section 4.5.2, RFC 1939 section 3), whatever the chunking.
///
/// Octets go on with the stuffed dots removed: the first octet of each line, where it is a dot. Lines are those that CRLF
/// ends (RFC 5321 section 2.3.8); in content whose first line ends with LF alone, LF ends lines. A dot line with odd line ends is only a candidate for the
/// end: the caller decides when the other side has answered.
struct ContentScanner: Sendable {
    /// What a scan found.
    enum Outcome {
        /// Content goes on; all offered octets up to `consumed` are content.
        case more(consumed: Int)
        /// The end mark CRLF.CRLF: content up to `content`, the dot line up to `end`.
        case end(content: Int, end: Int)
        /// A dot line with odd line ends, which some servers take for the end.
        case candidate(content: Int, end: Int, DotLine)
    }

    /// What stands before the current position.
    private enum Before {
        case start, crlf, lf, cr, nul, other
        /// Octets that were lost.
        case lost

        /// Nil where no line begins, whoever reads it.
        var lineEnd: DotLine.End? {
            switch self {
            case .start, .crlf: .crlf
            case .lf: .lf
            case .cr: .cr
            case .nul: .nul
            case .other, .lost: nil
            }
        }
    }

    private var before: Before = .start
    /// Whether LF alone ends lines, as it ends the first; nil before its end.
    private var linesEndWithLF: Bool?
    private var oddities: [ContentOddity] = []
    /// The forms of dot lines that were reported of this content, and whether an unstuffed dot was.
    private var reported: UInt32 = 0
    private var hasReportedDot = false

    /// What ends a line, by any reading, right before what comes next; nil where nothing does.
    var lineEndBefore: DotLine.End? { before.lineEnd }

    /// Octets were lost: nothing is known of the octet before.
    mutating func skipLost() { before = .lost }

    /// What the last scans found odd, each kind once in a content; forgets it.
    mutating func takeOddities() -> [ContentOddity] {
        guard !oddities.isEmpty else { return [] }
        defer { oddities = [] }
        return oddities
    }

    /// Scans `bytes` from `start`; gives content to `handler`, except dots that were stuffed.
    ///
    /// - Parameter takesCandidates: false where a dot line with odd ends is content all the same.
    mutating func scan(
        _ bytes: RawSpan, from start: Int, side: Side, takesCandidates: Bool, _ events: inout EventBuffer
    ) -> Outcome {
        var pieceStart = start
        var search = start
        // Whoever sends content in SMTP is told where it ended; what a POP3 server sends is not answered.
        let isAnswered = side == .client
        let count = bytes.byteCount
        if linesEndWithLF == nil, let end = bytes.firstIndex(of: 10, from: start) {
            linesEndWithLF = end > start ? bytes[octet: end - 1] != 13 : before != .cr && before != .lost
        }
        while let dot = bytes.firstIndex(of: 46, from: search) {
            let standing = standing(before: dot, bytes, from: start)
            guard let lineEnd = standing.lineEnd else {
                search = dot + 1
                continue
            }
            let available = count - dot
            let next = available > 1 ? bytes[octet: dot + 1] : 0
            if available < 2 || (next == 13 && available < 3) || (next == 0 && available < 4)
                || (next == 13 && available < 4 && bytes[octet: dot + 2] == 13)
            {
                give(bytes, pieceStart, dot, side, &events)
                before = standing
                return .more(consumed: dot)
            }
            let after = Self.end(behind: dot, next, bytes)
            let isLineStart = lineEnd == .crlf || lineEnd == .lf
            let isStuffing = lineEnd == .crlf || (lineEnd == .lf && linesEndWithLF == true)
            if let after, after != .cr, isAnswered || isLineStart && after != .crcrlf {
                let isStrict = after == .crlf && lineEnd == .crlf
                if isStrict || takesCandidates {
                    give(bytes, pieceStart, dot, side, &events)
                    let end = dot + Self.length(after)
                    before = standing
                    return isStrict
                        ? .end(content: dot, end: end)
                        : .candidate(content: dot, end: end, DotLine(before: lineEnd, after: after))
                }
            } else {
                if let after { note(DotLine(before: lineEnd, after: after), at: dot) }
                if isLineStart, after == nil, next != 46 { noteUnstuffed(at: dot) }
            }
            search = dot + 1
            guard isStuffing else { continue }
            give(bytes, pieceStart, dot, side, &events)
            pieceStart = dot + 1
        }
        give(bytes, pieceStart, count, side, &events)
        before = standing(before: count, bytes, from: start)
        return .more(consumed: count)
    }

    /// What stands before `position`, of which the octets before `start` were seen by earlier scans.
    private func standing(before position: Int, _ bytes: RawSpan, from start: Int) -> Before {
        guard position > start else { return before }
        let earlier: UInt8? = position - 2 >= start ? bytes[octet: position - 2] : nil
        switch bytes[octet: position - 1] {
        case 10:
            let hasCR = earlier.map { $0 == 13 } ?? (before == .cr || before == .lost)
            return hasCR ? .crlf : .lf
        case 13: return .cr
        case 0:
            let isLineStart = earlier.map { $0 == 10 } ?? (before == .crlf || before == .lf || before == .start)
            return isLineStart ? .nul : .other
        default: return .other
        }
    }

    /// What ends the line whose first octet is a dot, where nothing else stands in it.
    private static func end(behind dot: Int, _ next: UInt8, _ bytes: RawSpan) -> DotLine.End? {
        switch next {
        case 10: .lf
        case 13:
            switch bytes[octet: dot + 2] {
            case 10: .crlf
            case 13: bytes[octet: dot + 3] == 10 ? .crcrlf : .cr
            default: .cr
            }
        case 0: bytes[octet: dot + 2] == 13 && bytes[octet: dot + 3] == 10 ? .nul : nil
        default: nil
        }
    }

    /// Octets of a dot and what stands behind it.
    private static func length(_ after: DotLine.End) -> Int {
        switch after {
        case .crlf: 3
        case .lf, .cr: 2
        case .nul, .crcrlf: 4
        }
    }

    /// Whether a form of dot line was not reported of this content yet; it is then taken for reported.
    mutating func isFirst(_ line: DotLine) -> Bool {
        guard reported & line.bit == 0 else { return false }
        reported |= line.bit
        return true
    }

    private mutating func note(_ line: DotLine, at dot: Int) {
        guard isFirst(line) else { return }
        oddities.append(
            ContentOddity(anomaly: .dotLineWithOddEnds(line), offset: dot, length: Self.length(line.after)))
    }

    private mutating func noteUnstuffed(at dot: Int) {
        guard !hasReportedDot else { return }
        hasReportedDot = true
        oddities.append(ContentOddity(anomaly: .unstuffedDot, offset: dot, length: 1))
    }

    private func give(
        _ bytes: RawSpan, _ from: Int, _ to: Int, _ side: Side, _ events: inout EventBuffer
    ) {
        guard to > from else { return }
        events.content(from, to, of: side)
    }
}
