import MailTapCore

/// What several sessions did since the consumer last looked: entries in order, their octets in one array.
struct TraceBatch: Sendable {
    struct Entry: Sendable {
        var session: UInt64
        var time: Timestamp
        var kind: Kind
    }

    enum Kind: Sendable {
        indirect case open(SessionInfo)
        /// Octets `start..<end` of the batch's array.
        case chunk(Side, start: Int, end: Int)
        indirect case mark(Mark)
        case end
    }

    var entries: [Entry] = []
    var octets: [UInt8] = []

    var isEmpty: Bool { entries.isEmpty }

    /// What the batch weighs against the hub's bound: its octets, and some for each entry.
    var weight: Int { octets.count &+ entries.count &* MemoryLayout<Entry>.stride }

    /// Empties the batch and keeps its room, unless a burst has left far more than is of use.
    mutating func reset() {
        let used = octets.count
        entries.removeAll(keepingCapacity: entries.capacity < 65_536)
        octets.removeAll(keepingCapacity: octets.capacity < 1 << 20 || used > octets.capacity / 4)
    }
}
