/// What one side sent that is not decided yet: octets from `offset` on, then breaks and what follows them.
struct SideStream: Sendable {
    /// An interruption of the octets.
    enum Break: Sendable {
        case gap(UInt64, Timestamp)
        case close(Timestamp)
    }

    private struct Later: Sendable {
        var interruption: Break
        var octets: [UInt8] = []
        var arrivals: [(count: Int, time: Timestamp)] = []
    }

    /// Octets of storage that a side which has nothing undecided keeps: tens of thousands of sessions may be open.
    private static let idleCapacity = 4096

    let side: Side
    /// Stream offset of the first undecided octet.
    var offset: UInt64 = 0
    /// The octets before the first break; undecided from `start` on.
    private(set) var storage: [UInt8] = [] { didSet { end = storage.count } }
    private(set) var start = 0
    /// As `storage.count`, which lies elsewhere: whether anything waits is asked with every piece of either side.
    private var end = 0
    /// Whether nothing more will come.
    var isOver = false
    /// When the first octet came.
    private(set) var firstArrival: Timestamp?

    /// When the octets came; those of octets that were decided since may still stand in front.
    private var arrivals: [(end: UInt64, time: Timestamp)] = []
    /// How many of them are out of date.
    private var pastArrivals = 0
    private var later: [Later] = []
    /// The index of the next break.
    private var nextBreak = 0
    /// Octets behind the next break.
    private var heldBehind = 0
    /// When the newest octet came.
    private(set) var latest = Timestamp(nanoseconds: 0)

    init(_ side: Side) { self.side = side }

    var hasFront: Bool { start < end }
    var hasBreak: Bool { nextBreak < later.count }
    var isEmpty: Bool { !hasFront && !hasBreak }
    /// Octets held, over all breaks.
    var heldCount: Int { storage.count - start + heldBehind }
    /// Whether the octets are cut by a gap, not by the end.
    var nextBreakIsGap: Bool {
        if hasBreak, case .gap = later[nextBreak].interruption { return true }
        return false
    }
    var offer: Offer { Offer(side: side, base: offset, arrivals: Arrivals(latest: latest, earlier: arrivals)) }
    /// At most 512 undecided octets from the front, for detection.
    var prefix: [UInt8] { Array(storage[start..<min(storage.count, start + 512)]) }

    /// As `prefix`; what stands behind a gap where that is all there is.
    var prefixBehindGap: [UInt8] {
        !hasFront && nextBreakIsGap ? Array(later[nextBreak].octets.prefix(512)) : prefix
    }

    mutating func noteArrival(_ time: Timestamp) {
        if firstArrival == nil { firstArrival = time }
        latest = time
    }

    /// What was said so far was a preamble: the first octet behind it is the first one that counts.
    mutating func restart() {
        firstArrival = hasFront ? arrivals.dropFirst(pastArrivals).first?.time ?? latest : nil
    }

    /// Keeps octets that nothing can be made of yet.
    mutating func hold(_ bytes: RawSpan, at time: Timestamp) {
        noteArrival(time)
        append(bytes, at: time)
    }

    mutating func append(_ bytes: RawSpan, at time: Timestamp) {
        if !hasBreak {
            if start > Self.idleCapacity, start > storage.count / 2 {
                storage.removeFirst(start)
                start = 0
            }
            bytes.withUnsafeBytes { storage.append(contentsOf: $0) }
            arrivals.append((offset &+ UInt64(storage.count - start), time))
        } else {
            bytes.withUnsafeBytes { later[later.count - 1].octets.append(contentsOf: $0) }
            later[later.count - 1].arrivals.append((bytes.byteCount, time))
            heldBehind += bytes.byteCount
        }
    }

    mutating func append(_ interruption: Break, at time: Timestamp) {
        noteArrival(time)
        later.append(Later(interruption: interruption))
    }

    mutating func consume(_ count: Int) {
        offset &+= UInt64(count)
        start += count
        if start >= end {
            storage.removeAll(keepingCapacity: storage.capacity <= Self.idleCapacity)
            start = 0
            arrivals.removeAll(keepingCapacity: true)
            pastArrivals = 0
            return
        }
        while pastArrivals < arrivals.count, arrivals[pastArrivals].end <= offset { pastArrivals += 1 }
        // Now and then, so that each is moved a bounded number of times.
        if pastArrivals > 32, pastArrivals > arrivals.count / 2 {
            arrivals.removeFirst(pastArrivals)
            pastArrivals = 0
        }
    }

    /// Takes the next break once no octet stands before it; what follows it comes to the front.
    mutating func takeBreak() -> Break? {
        guard !hasFront, hasBreak else { return nil }
        let next = later[nextBreak]
        later[nextBreak].octets = []
        later[nextBreak].arrivals = []
        nextBreak += 1
        if nextBreak == later.count || nextBreak > 32 && nextBreak > later.count / 2 {
            later.removeFirst(nextBreak)
            nextBreak = 0
        }
        storage = next.octets
        heldBehind -= storage.count
        start = 0
        pastArrivals = 0
        var end = offset
        if case .gap(let length, _) = next.interruption { end &+= length }
        arrivals = next.arrivals.map { piece in
            end &+= UInt64(piece.count)
            return (end, piece.time)
        }
        return next.interruption
    }
}
