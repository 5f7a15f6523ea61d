#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The octets delivered last on all connections of a part together, to compare retransmissions with.
///
/// One ring for all of them: memory stays the same whatever the number of connections, and writing it is sequential.
/// How far back it reaches depends on the capture alone, so the same capture gives the same findings.
struct SegmentHistory {
    private struct Record {
        /// Where its octets stand, counted over all that was ever written.
        var place: UInt64
        var start: UInt64
        var length: Int
        /// The record before it in the same direction of the same connection; 0 for none.
        var previous: UInt64
    }

    /// Records that one comparison walks back at most: an old retransmission costs no more than this.
    private static let deepest = 64

    /// The ring, as far as it was ever written; it grows up to `capacity`, so that a small capture touches little memory.
    private var octets: [UInt8] = []
    private let capacity: Int
    /// Grows in the same way, up to `recordCount`; place 0 is for the number 0, which means none.
    private var records: [Record] = []
    private let recordCount: Int
    private var written: UInt64 = 0
    private var recorded: UInt64 = 0

    /// Whether anything is remembered at all.
    let isKept: Bool

    init(capacity: Int) {
        isKept = capacity > 0
        self.capacity = max(0, capacity)
        recordCount = max(16, capacity >> 8)
        guard isKept else { return }
        octets.reserveCapacity(capacity)
        records.reserveCapacity(recordCount)
        records.append(Record(place: 0, start: 0, length: 0, previous: 0))
    }

    /// Remembers what was delivered from `start` on.
    ///
    /// - Parameter last: the direction's last record, which this one becomes; 0 for none.
    @inline(__always)
    mutating func append(_ bytes: RawSpan, at start: UInt64, last: inout UInt64) {
        let length = bytes.byteCount
        guard length > 0, length <= capacity else { return }
        var place = Int(written % UInt64(capacity))
        if place + length > capacity {
            // No record wraps: the tail of the ring stays unused this time round.
            written &+= UInt64(capacity - place)
            place = 0
        }
        if place + length > octets.count {
            octets.append(contentsOf: repeatElement(0, count: place + length - octets.count))
        }
        octets.withUnsafeMutableBytes { ring in
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: ring[place..<place + length]).copyMemory(from: $0)
            }
        }
        recorded &+= 1
        let record = Record(place: written, start: start, length: length, previous: last)
        let number = Int(recorded % UInt64(recordCount))
        if number < records.count { records[number] = record } else { records.append(record) }
        written &+= UInt64(length)
        last = recorded
    }

    /// Whether `bytes`, which begin at `start`, contradict what is remembered of the direction whose last record is
    /// `last`; the differing stretch, as far as the ring reaches back.
    func conflict(_ bytes: RawSpan, at start: UInt64, last: UInt64) -> Range<UInt64>? {
        let end = start &+ UInt64(bytes.byteCount)
        var found: Range<UInt64>?
        var current = last
        for _ in 0..<Self.deepest {
            guard current > 0, current &+ UInt64(recordCount) > recorded else { break }
            let record = records[Int(current % UInt64(recordCount))]
            guard record.place &+ UInt64(capacity) >= written else { break }
            let low = max(start, record.start)
            let high = min(end, record.start &+ UInt64(record.length))
            if low < high, !isEqual(record, bytes, low, high, start) {
                found = min(found?.lowerBound ?? low, low)..<max(found?.upperBound ?? high, high)
            }
            if record.start <= start { break }
            current = record.previous
        }
        return found
    }

    private func isEqual(_ record: Record, _ bytes: RawSpan, _ low: UInt64, _ high: UInt64, _ start: UInt64) -> Bool {
        let place = Int(record.place % UInt64(capacity)) + Int(low &- record.start)
        let length = Int(high &- low)
        let from = Int(low &- start)
        guard place + length <= octets.count, from + length <= bytes.byteCount else { return true }
        return octets.withUnsafeBytes { ring in
            bytes.withUnsafeBytes { new in
                guard let old = ring.baseAddress, let new = new.baseAddress else { return true }
                return memcmp(old + place, new + from, length) == 0
            }
        }
    }
}
