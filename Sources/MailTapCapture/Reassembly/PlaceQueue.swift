import MailTapCore

/// Connections in the order in which something happened to them; entries may be out of date.
struct PlaceQueue {
    /// A connection to which something happened.
    struct Entry {
        var place: Int
        var serial: UInt64
        /// Of the packet that brought it.
        var time: Timestamp
        var packet: UInt64
    }

    private var entries: [Entry] = []
    private var head = 0

    var isEmpty: Bool { head == entries.count }
    var count: Int { entries.count - head }
    var first: Entry? { head < entries.count ? entries[head] : nil }

    mutating func append(_ entry: Entry) { entries.append(entry) }

    mutating func removeFirst() {
        guard head < entries.count else { return }
        head += 1
        if head > 256, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
    }
}
