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

    private var arrivals: [(end: UInt64, time: Timestamp)] = []
    private var later: [Later] = []
    /// When the newest octet came.
    private(set) var latest = Timestamp(nanoseconds: 0)

    init(_ side: Side) { self.side = side }

    var hasFront: Bool { start < end }
    var hasBreak: Bool { !later.isEmpty }
    var isEmpty: Bool { !hasFront && !hasBreak }
    /// Octets held, over all breaks.
    var heldCount: Int { later.reduce(storage.count - start) { $0 + $1.octets.count } }
    /// Whether the octets are cut by a gap, not by the end.
    var nextBreakIsGap: Bool {
        if case .gap? = later.first?.interruption { return true }
        return false
    }
    var offer: Offer { Offer(side: side, base: offset, arrivals: Arrivals(latest: latest, earlier: arrivals)) }
    /// At most 512 undecided octets from the front, for detection.
    var prefix: [UInt8] { Array(storage[start..<min(storage.count, start + 512)]) }

    /// As `prefix`; what stands behind a gap where that is all there is.
    var prefixBehindGap: [UInt8] {
        !hasFront && nextBreakIsGap ? Array(later.first?.octets.prefix(512) ?? []) : prefix
    }

    mutating func noteArrival(_ time: Timestamp) {
        if firstArrival == nil { firstArrival = time }
        latest = time
    }

    /// What was said so far was a preamble: the first octet behind it is the first one that counts.
    mutating func restart() {
        firstArrival = hasFront ? arrivals.first?.time ?? latest : nil
    }

    /// Keeps octets that nothing can be made of yet.
    mutating func hold(_ bytes: RawSpan, at time: Timestamp) {
        noteArrival(time)
        append(bytes, at: time)
    }

    mutating func append(_ bytes: RawSpan, at time: Timestamp) {
        if later.isEmpty {
            if start > Self.idleCapacity, start > storage.count / 2 {
                storage.removeFirst(start)
                start = 0
            }
            bytes.withUnsafeBytes { storage.append(contentsOf: $0) }
            arrivals.append((offset &+ UInt64(storage.count - start), time))
        } else {
            bytes.withUnsafeBytes { later[later.count - 1].octets.append(contentsOf: $0) }
            later[later.count - 1].arrivals.append((bytes.byteCount, time))
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
        } else if let first = arrivals.first, first.end <= offset {
            arrivals.removeAll { $0.end <= offset }
        }
    }

    /// Takes the next break once no octet stands before it; what follows it comes to the front.
    mutating func takeBreak() -> Break? {
        guard !hasFront, !later.isEmpty else { return nil }
        let next = later.removeFirst()
        storage = next.octets
        start = 0
        var end = offset
        if case .gap(let length, _) = next.interruption { end &+= length }
        arrivals = next.arrivals.map { piece in
            end &+= UInt64(piece.count)
            return (end, piece.time)
        }
        return next.interruption
    }
}
