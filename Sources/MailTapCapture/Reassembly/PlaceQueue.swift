import MailTapCore

/// Connections in the order in which something happened to them; entries may be out of date.
struct PlaceQueue {
    private var entries: [(place: Int, serial: UInt64, time: Timestamp)] = []
    private var head = 0

    var isEmpty: Bool { head == entries.count }
    var count: Int { entries.count - head }
    var first: (place: Int, serial: UInt64, time: Timestamp)? { head < entries.count ? entries[head] : nil }

    mutating func append(_ place: Int, _ serial: UInt64, _ time: Timestamp) {
        entries.append((place, serial, time))
    }

    mutating func removeFirst() {
        guard head < entries.count else { return }
        head += 1
        if head > 256, head > entries.count / 2 {
            entries.removeFirst(head)
            head = 0
        }
    }
}
