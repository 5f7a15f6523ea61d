import MailTapCore

/// One side's stream as the strip filter keeps it: what was received and has not gone on yet, and what goes on instead.
struct HeldStream: Sendable {
    /// Octets that are replaced by others, or by nothing.
    private struct Edit: Sendable {
        var range: StreamRange
        var replacement: [UInt8]
    }

    let side: Side
    /// How much of the side's stream stands in the record before what comes here.
    let base: UInt64
    /// Offset behind the last octet that came (or was injected).
    private(set) var received: UInt64 = 0
    /// Offset behind the last octet that was recorded and went on.
    private(set) var released: UInt64 = 0
    /// The octets `released..<received`.
    private(set) var octets: [UInt8] = []
    /// Whether the next octet to be released begins a line.
    private(set) var isAtLineStart = true
    private var edits: [Edit] = []

    init(_ side: Side, base: UInt64 = 0) {
        self.side = side
        self.base = base
    }

    /// A range of this stream as the record counts.
    func recorded(_ range: StreamRange) -> StreamRange {
        StreamRange(side, range.start &+ base, range.end &+ base)
    }

    /// Takes away what waits.
    mutating func takeRest() -> [UInt8] {
        defer { octets = [] }
        return octets
    }

    /// Whether nothing waits.
    var isEmpty: Bool { octets.isEmpty }

    /// Notes octets that came.
    mutating func append(_ bytes: RawSpan) {
        octets += [UInt8](copying: bytes)
        received &+= UInt64(bytes.byteCount)
    }

    /// Has the range replaced when it is released; a range that has gone on already stays as it was.
    mutating func replace(_ range: StreamRange, by replacement: [UInt8]) {
        guard range.start >= released else { return }
        edits.append(Edit(range: range, replacement: replacement))
    }

    /// Records what stands before `end`, and sends on what becomes of it.
    ///
    /// `wasReceived`: what waits is exactly the buffer that was just received, so that it can go on as it is.
    mutating func release(to end: UInt64, wasReceived: Bool, into effects: inout [RelayEffect]) {
        let end = min(end, received)
        guard end > released else { return }
        let count = Int(end - released)
        isAtLineStart = octets[count - 1] == 10
        let due = edits.filter { $0.range.end <= end }.sorted { $0.range.start < $1.range.start }
        edits.removeAll { $0.range.end <= end }
        guard !due.isEmpty || !wasReceived || count < octets.count else {
            effects.append(.recordReceived(side))
            effects.append(.forward(from: side))
            released = end
            octets = []
            return
        }
        for edit in due { effects.append(.mark(.forwarded(recorded(edit.range), edit.replacement))) }
        effects.append(.record(side, Array(octets[..<count])))
        let sent = edited(due, count)
        if !sent.isEmpty { effects.append(.send(to: side.peer, sent)) }
        octets.removeFirst(count)
        released = end
    }

    /// Counts octets that MailTap put into the stream; nothing may wait before them.
    mutating func inject(_ count: Int) {
        received &+= UInt64(count)
        released = received
        isAtLineStart = true
    }

    private func edited(_ edits: [Edit], _ count: Int) -> [UInt8] {
        var sent: [UInt8] = []
        var position = 0
        for edit in edits {
            let start = Int(clamping: edit.range.start &- released)
            let end = Int(clamping: edit.range.end &- released)
            guard start >= position, end <= count else { continue }
            sent += octets[position..<start]
            sent += edit.replacement
            position = end
        }
        return sent + octets[position..<count]
    }
}
