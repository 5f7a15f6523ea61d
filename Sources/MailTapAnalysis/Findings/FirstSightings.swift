/// The first messages of which a `DuplicateWatch` knows, by what tells them apart.
///
/// A table with open addresses: it is asked several times for each message, under the lock of all readers.
struct FirstSightings {
    private struct Slot {
        var identity: DuplicateWatch.Identity
        var first: DuplicateWatch.First
    }

    /// What a table of 2^17 places holds: one more would double it.
    private static let limit = 98_304
    private static let smallest = 256

    private var slots: [Slot?] = [Slot?](repeating: nil, count: smallest)
    private var count = 0
    /// Odd and of this run, so that nobody can choose messages that all belong in one place.
    private let factor = UInt64(truncatingIfNeeded: Hasher().finalize()) | 1

    /// Where an identity is, or would be put; good until something is put in.
    func place(of identity: DuplicateWatch.Identity) -> Int { Self.place(of: identity, in: slots, factor) }

    /// What stands at a place.
    func first(at place: Int) -> DuplicateWatch.First? { slots[place]?.first }

    /// Puts in what is first of an identity, at its place, if there is room for one more.
    mutating func put(_ first: DuplicateWatch.First, of identity: DuplicateWatch.Identity, at place: Int) {
        let isNew = slots[place] == nil
        guard !isNew || count < Self.limit else { return }
        slots[place] = Slot(identity: identity, first: first)
        guard isNew else { return }
        count += 1
        if count >= slots.count / 4 * 3, count < Self.limit { grow() }
    }

    private mutating func grow() {
        var larger = [Slot?](repeating: nil, count: slots.count * 2)
        for slot in slots {
            guard let slot else { continue }
            larger[Self.place(of: slot.identity, in: larger, factor)] = slot
        }
        slots = larger
    }

    /// At least a quarter of the places is empty, so that the search ends.
    private static func place(of identity: DuplicateWatch.Identity, in slots: [Slot?], _ factor: UInt64) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: (identity.mix &* factor) >> 40) & mask
        while let slot = slots[place], slot.identity != identity { place = (place + 1) & mask }
        return place
    }
}
