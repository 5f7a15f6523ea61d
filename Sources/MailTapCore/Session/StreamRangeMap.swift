/// Ranges of a session's two streams that do not overlap, each with what is said of it.
///
/// Finding takes as long as there is to be found, however many ranges there are and however they lie.
package struct StreamRangeMap<Value: Sendable>: Sendable {
    /// A range, and what is said of it.
    package struct Item: Sendable {
        package var range: StreamRange
        package var value: Value
    }

    /// In the order of their octets.
    private var client: [Item] = []
    private var server: [Item] = []

    /// No ranges.
    package init() {}

    /// Whether there is none.
    package var isEmpty: Bool { client.isEmpty && server.isEmpty }

    /// Adds a range: it takes the place of those that lie in it, and gives way to those that it only touches.
    package mutating func insert(_ range: StreamRange, _ value: Value) {
        if range.side == .client {
            Self.insert(Item(range: range, value: value), to: &client)
        } else {
            Self.insert(Item(range: range, value: value), to: &server)
        }
    }

    /// Those that have octets of `range`, in their order; one without octets of its own counts where it lies inside.
    package func touching(_ range: StreamRange) -> ArraySlice<Item> {
        let items = range.side == .client ? client : server
        return items[Self.places(of: range, in: items)]
    }

    /// Whether each octet of `range` lies in one of them.
    package func covers(_ range: StreamRange) -> Bool {
        let covered = touching(range).reduce(0) {
            $0 + (min($1.range.end, range.end) - max($1.range.start, range.start))
        }
        return covered == range.length
    }

    /// Octets of a side that lie in them.
    package func octets(of side: Side) -> UInt64 {
        (side == .client ? client : server).reduce(0) { $0 &+ $1.range.length }
    }

    private static func places(of range: StreamRange, in items: [Item]) -> Range<Int> {
        let first = place(in: items) { $0.range.end > range.start }
        let end = place(in: items) { $0.range.start >= range.end }
        return first..<max(first, end)
    }

    /// The first place from which on all fit.
    private static func place(in items: [Item], where fits: (Item) -> Bool) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = (low + high) / 2
            if fits(items[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func insert(_ item: Item, to items: inout [Item]) {
        guard let last = items.last, last.range.end > item.range.start else {
            items.append(item)
            return
        }
        var item = item
        var places = places(of: item.range, in: items)
        if let first = places.first, items[first].range.start < item.range.start {
            guard items[first].range.end < item.range.end else { return }
            item.range.start = items[first].range.end
            places = first + 1..<max(first + 1, places.upperBound)
        }
        if let last = places.last, items[last].range.end > item.range.end {
            item.range.end = items[last].range.start
            places = places.lowerBound..<last
            // Two together may have all of it.
            guard !item.range.isEmpty else { return }
        }
        items.replaceSubrange(places, with: CollectionOfOne(item))
    }
}
