/// Finds a connection's place by its key: open addressing with linear probing, removal by shifting back.
///
/// A slot holds the hash beside the place, so that a probe touches the connection itself only when it has to.
struct FlowTable {
    /// Upper half: hash; lower half: place plus one; 0 for an empty slot.
    private var slots: [UInt64]
    private var mask: Int
    private(set) var count = 0
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        slots = [UInt64](repeating: 0, count: 1024)
        mask = 1023
    }

    /// The place of `key`, as `matches` confirms it.
    @inline(__always)
    func find(_ key: FlowKey, matches: (Int) -> Bool) -> Int? {
        let hash = key.hash(seed)
        var at = Int(hash) & mask
        while true {
            let slot = slots[at]
            if slot == 0 { return nil }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                let place = Int(UInt32(truncatingIfNeeded: slot)) - 1
                if matches(place) { return place }
            }
            at = (at + 1) & mask
        }
    }

    /// Adds a key that is not in the table.
    mutating func insert(_ key: FlowKey, place: Int) {
        if count * 2 >= slots.count { grow() }
        put(UInt64(key.hash(seed)) << 32 | UInt64(UInt32(truncatingIfNeeded: place + 1)))
        count += 1
    }

    /// Removes the key that stands for `place`.
    mutating func remove(_ key: FlowKey, place: Int) {
        var hole = Int(key.hash(seed)) & mask
        while slots[hole] != 0, Int(UInt32(truncatingIfNeeded: slots[hole])) - 1 != place { hole = (hole + 1) & mask }
        guard slots[hole] != 0 else { return }
        count -= 1
        var next = (hole + 1) & mask
        while slots[next] != 0 {
            let home = Int(UInt32(truncatingIfNeeded: slots[next] >> 32)) & mask
            // Move an entry back unless its home lies behind the hole.
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
    }

    private mutating func put(_ slot: UInt64) {
        var at = Int(UInt32(truncatingIfNeeded: slot >> 32)) & mask
        while slots[at] != 0 { at = (at + 1) & mask }
        slots[at] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for slot in old where slot != 0 { put(slot) }
    }
}
