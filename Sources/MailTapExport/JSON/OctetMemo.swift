/// Octets by octets, for what comes again and again: bounded, and quicker than working it out.
///
/// Each key has one place, where a later one takes it; where the values need more memory than allowed all begins anew.
struct OctetMemo: Sendable {
    private struct Entry {
        var hash: UInt64 = 0
        /// Where key and value stand in `octets`, one behind the other; a key of no octets is none.
        var start: UInt32 = 0
        var keyLength: UInt16 = 0
        var valueLength: UInt16 = 0
    }

    private static let places = 1_024
    private static let limit = 256 << 10

    private var entries: [Entry] = []
    private var octets: [UInt8] = []

    init() {}

    /// Appends the value of `key`; false where it is not known.
    func append(valueOf key: UnsafeRawBufferPointer, to out: inout OctetBuffer) -> Bool {
        guard !entries.isEmpty else { return false }
        let hash = Self.hash(key)
        let entry = entries[Self.place(hash)]
        guard entry.hash == hash, Int(entry.keyLength) == key.count, entry.keyLength > 0 else { return false }
        return octets.withUnsafeBytes { octets in
            let start = Int(entry.start), end = start + key.count
            guard Self.areSame(UnsafeRawBufferPointer(rebasing: octets[start..<end]), key) else { return false }
            out.append(octets: UnsafeRawBufferPointer(rebasing: octets[end..<(end + Int(entry.valueLength))]))
            return true
        }
    }

    /// Keeps the value of `key`, if neither is longer than is usual.
    mutating func keep(_ value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer) {
        guard (1...256).contains(key.count), value.count <= 4_096 else { return }
        if entries.isEmpty || octets.count + key.count + value.count > Self.limit {
            entries = Array(repeating: Entry(), count: Self.places)
            octets.removeAll(keepingCapacity: true)
        }
        let hash = Self.hash(key)
        entries[Self.place(hash)] = Entry(
            hash: hash, start: UInt32(octets.count), keyLength: UInt16(key.count), valueLength: UInt16(value.count))
        octets.append(contentsOf: key)
        octets.append(contentsOf: value)
    }

    /// Whether two stretches of one length hold the same.
    private static func areSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 8 <= one.count {
            let word = one.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard word == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset += 8
        }
        while offset < one.count {
            guard one[offset] == other[offset] else { return false }
            offset += 1
        }
        return true
    }

    private static func place(_ hash: UInt64) -> Int { Int(hash >> 32) & (places - 1) }

    /// Good enough to find a place; keys are compared as well.
    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = UInt64(truncatingIfNeeded: key.count) &* factor
        var offset = 0
        while offset + 8 <= key.count {
            hash = (hash ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* factor
            hash ^= hash >> 29
            offset += 8
        }
        while offset < key.count {
            hash = (hash ^ UInt64(key[offset])) &* factor
            offset += 1
        }
        return hash ^ hash >> 32
    }
}
