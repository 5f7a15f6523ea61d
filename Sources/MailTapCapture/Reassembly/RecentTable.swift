/// A table that keeps what was set last: as many entries as the bound allows, and half of them for certain.
///
/// Of two generations the older one goes when the newer one is full, so that a long capture forgets its beginning rather
/// than not learning any more.
struct RecentTable<Key: Hashable, Value> {
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]
    private let half: Int

    /// - Parameter capacity: how many entries it holds at most.
    init(capacity: Int) { half = max(1, capacity / 2) }

    var isEmpty: Bool { newer.isEmpty && older.isEmpty }

    subscript(key: Key) -> Value? { newer[key] ?? older[key] }

    mutating func set(_ value: Value, for key: Key) {
        if newer.count >= half, newer[key] == nil {
            older = newer
            newer = [:]
        }
        newer[key] = value
    }
}
