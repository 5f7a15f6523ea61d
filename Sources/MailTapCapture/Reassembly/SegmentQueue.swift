import MailTapCore

/// What waits in one direction of a connection: for octets before it, or for what it answers.
struct WaitingSegment {
    /// What a segment does beside carrying octets.
    struct Signals: OptionSet {
        var rawValue: UInt8
        static let fin = Signals(rawValue: 1)
        static let rst = Signals(rawValue: 2)
    }

    /// Position of its first octet.
    var start: UInt64
    var bytes: [UInt8]
    /// Octets behind `bytes` that the wire had and the capture cut off.
    var cut: Int = 0
    /// Position in the other direction up to which the sender had received; 0 where it said nothing.
    var acknowledged: UInt64
    var time: Timestamp
    var signals: Signals = []
    var comments: [String] = []
    /// Where a later segment held other octets.
    var conflict: Range<UInt64>?

    /// Position behind its last captured octet.
    var end: UInt64 { start &+ UInt64(bytes.count) }
    /// What holding it costs.
    var cost: Int { bytes.count + 96 }
}

/// The segments that wait in one direction, in the order of their positions, without overlap.
struct SegmentQueue {
    /// Kept up to date, so that who asks need not look into the array.
    private(set) var isEmpty = true
    private var segments: [WaitingSegment] = []
    private var head = 0

    @inline(__always) var count: Int { segments.count - head }
    var first: WaitingSegment? { head < segments.count ? segments[head] : nil }
    /// Position of the first waiting segment, without copying it.
    @inline(__always) var firstStart: UInt64? { head < segments.count ? segments[head].start : nil }
    @inline(__always) var firstEnd: UInt64? { head < segments.count ? segments[head].end : nil }
    @inline(__always) var lastEnd: UInt64? { isEmpty ? nil : segments.last?.end }
    @inline(__always) var firstAcknowledged: UInt64 { head < segments.count ? segments[head].acknowledged : 0 }
    @inline(__always) var firstTime: Timestamp? { head < segments.count ? segments[head].time : nil }

    /// Position of the first waiting octet; what carries none is passed over.
    var firstDataStart: UInt64? {
        var index = head
        while index < segments.count {
            if !segments[index].bytes.isEmpty { return segments[index].start }
            index += 1
        }
        return nil
    }

    /// Takes the first segment out; there is one.
    mutating func removeFirst() -> WaitingSegment {
        let segment = segments[head]
        segments[head].bytes = []
        head += 1
        if head == segments.count {
            isEmpty = true
            segments.removeAll(keepingCapacity: segments.capacity <= 64)
            head = 0
        } else if head > 64, head > segments.count / 2 {
            segments.removeFirst(head)
            head = 0
        }
        return segment
    }

    /// Adds what of a segment is not there yet: octets that wait already stay as they are.
    ///
    /// - Parameter bytes: the segment's captured octets.
    /// - Returns: what holding the added pieces costs.
    mutating func insert(_ segment: WaitingSegment, _ bytes: RawSpan) -> Int {
        let end = segment.start &+ UInt64(bytes.byteCount)
        // Nearly always it goes to the end.
        if let last = segments.last, head < segments.count,
            last.end &+ UInt64(last.cut) > segment.start
                || last.start > segment.start
        {
            return insertBetween(segment, bytes, end)
        }
        var whole = segment
        whole.bytes = [UInt8](copying: bytes)
        segments.append(whole)
        isEmpty = false
        return whole.cost
    }

    /// Takes the word of a segment that ended at `position`: what its side first sent up to there can't have
    /// acknowledged more.
    ///
    /// A retransmission acknowledges more than the segment did that it repeats, and a forged segment anything.
    ///
    /// - Returns: what holding the pieces costs in addition.
    mutating func acknowledgedAtMost(_ acknowledged: UInt64, upTo position: UInt64) -> Int {
        guard acknowledged > 0 else { return 0 }
        var cost = 0
        var index = segments.count
        while index > head {
            index -= 1
            if segments[index].start >= position || segments[index].acknowledged == 0 { continue }
            // They rise from segment to segment, so the first that fits ends it.
            if segments[index].acknowledged <= acknowledged { break }
            if segments[index].end > position { cost += split(index, at: position) }
            segments[index].acknowledged = acknowledged
        }
        return cost
    }

    /// Makes two of the segment at `index`, in which `position` lies.
    private mutating func split(_ index: Int, at position: UInt64) -> Int {
        var rest = segments[index]
        let length = Int(position &- rest.start)
        rest.start = position
        rest.bytes = Array(rest.bytes[length...])
        rest.comments = []
        rest.conflict = nil
        segments[index].bytes.removeLast(segments[index].bytes.count - length)
        segments[index].cut = 0
        segments[index].signals = []
        segments.insert(rest, at: index + 1)
        return rest.cost - rest.bytes.count
    }

    /// Whether the first waiting segment is a FIN or RST alone.
    @inline(__always) var firstIsBare: Bool {
        head < segments.count && segments[head].bytes.isEmpty && segments[head].cut == 0
            && !segments[head].signals.isEmpty
    }

    private mutating func insertBetween(_ segment: WaitingSegment, _ bytes: RawSpan, _ end: UInt64) -> Int {
        var cost = 0
        var at = segment.start
        var index = lowerBound(at)
        var isFirst = true
        var segment = segment
        if index < segments.count, segments[index].acknowledged > 0 {
            segment.acknowledged = min(segment.acknowledged, segments[index].acknowledged)
        }
        if at == end, segment.cut > 0, segment.signals.isEmpty { return insertUncaptured(segment, index) }
        while at < end {
            while index < segments.count, segments[index].end <= at { index += 1 }
            let isCovered = index < segments.count && segments[index].start <= at
            if isCovered {
                compare(index, bytes, from: segment.start, end: end)
                at = segments[index].end
                index += 1
                continue
            }
            let stop = index < segments.count ? min(end, segments[index].start) : end
            var piece = segment
            piece.start = at
            piece.bytes = [UInt8](copying: bytes.extracting(Int(at &- segment.start)..<Int(stop &- segment.start)))
            if stop < end {
                piece.cut = 0
                piece.signals = []
            }
            if !isFirst { piece.comments = [] }
            isFirst = false
            segments.insert(piece, at: index)
            cost += piece.cost
            index += 1
            at = stop
        }
        // Signals and comments that no added piece carries, and segments without octets, stand behind the octets.
        let signalsLeft =
            !segment.signals.isEmpty
            && (isFirst || segments[index - 1].end != end || segments[index - 1].signals.isEmpty)
        if signalsLeft || (isFirst && !segment.comments.isEmpty) {
            var bare = segment
            bare.cut = 0
            while index < segments.count,
                segments[index].start < end || (segments[index].start == end && segments[index].bytes.isEmpty)
            {
                index += 1
            }
            // A FIN below octets that wait is bogus, and must not break the order.
            bare.start = index > head ? max(end, segments[index - 1].end) : end
            segments.insert(bare, at: index)
            cost += bare.cost
        }
        return cost
    }

    /// Adds a segment of which nothing was captured but that it was there.
    private mutating func insertUncaptured(_ segment: WaitingSegment, _ index: Int) -> Int {
        let isCovered = index < segments.count && segments[index].start <= segment.start
        let isThere = index > head && segments[index - 1].start == segment.start && segments[index - 1].cut > 0
        guard !isCovered, !isThere else { return 0 }
        segments.insert(segment, at: index)
        return segment.cost
    }

    /// Notes where a segment's octets differ from those that wait at `index`.
    private mutating func compare(_ index: Int, _ bytes: RawSpan, from start: UInt64, end: UInt64) {
        let low = max(segments[index].start, start)
        let high = min(segments[index].end, end)
        guard low < high else { return }
        let mine = Int(low &- segments[index].start)..<Int(high &- segments[index].start)
        let theirs = Int(low &- start)..<Int(high &- start)
        let isEqual = segments[index].bytes.withUnsafeBytes { old in
            bytes.withUnsafeBytes { new in
                UnsafeRawBufferPointer(rebasing: old[mine]).elementsEqual(UnsafeRawBufferPointer(rebasing: new[theirs]))
            }
        }
        guard !isEqual else { return }
        let known = segments[index].conflict ?? low..<high
        segments[index].conflict = min(known.lowerBound, low)..<max(known.upperBound, high)
    }

    /// The first segment that ends behind `position`.
    private func lowerBound(_ position: UInt64) -> Int {
        var low = head
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
