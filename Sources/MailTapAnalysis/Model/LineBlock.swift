/// Octets of many lines, one behind the other, so that a line needs no memory of its own.
///
/// Append-only: octets below `used` never change and never move.
@usableFromInline typealias LineBlock = ManagedBuffer<LineBlockHeader, UInt8>

/// What a block of lines holds beside their octets.
@usableFromInline struct LineBlockHeader {
    /// Octets that are taken.
    var used: Int
    /// Octets that have room.
    let capacity: Int
    /// Of a block that holds one line alone: what is special about that line.
    let marks: LineMarks?
    /// Whether there are `marks`; without looking at them.
    @usableFromInline let hasMarks: Bool

    init(capacity: Int, marks: LineMarks?) {
        used = 0
        self.capacity = capacity
        self.marks = marks
        hasMarks = marks != nil
    }
}

/// What is special about a line: few have any of it.
struct LineMarks: Sendable, Equatable {
    var secrets: [WireText.Secret] = []
    var isMasked = false
    var patterns: [WireText.Pattern] = []

    var isEmpty: Bool { secrets.isEmpty && !isMasked && patterns.isEmpty }
}

/// Makes the lines of one session: their octets lie in few blocks, which live as long as any of their lines.
struct LineStore {
    /// Octets of the first block: what is said in a session with one short mail.
    private static let smallest = 928
    /// Octets of the largest block but for those that hold one long line.
    private static let largest = 65_000

    private var block: LineBlock?

    /// A line with these octets.
    mutating func line(_ bytes: RawSpan) -> WireText {
        let count = bytes.byteCount
        guard count > 0 else { return WireText() }
        let current = room(for: count)
        let start = current.withUnsafeMutablePointers { header, octets in
            let start = header.pointee.used
            // `room` made sure that `count` octets follow `start`; no line refers to them yet.
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: octets + start, count: count).copyMemory(from: $0)
            }
            header.pointee.used = start + count
            return start
        }
        return WireText(block: current, start: start, count: count)
    }

    /// The block in which the next `count` octets have room.
    private mutating func room(for count: Int) -> LineBlock {
        var capacity = Self.smallest
        if let block {
            // Read where they are: a copy of the header would be one of its arrays, too.
            let (used, room) = block.withUnsafeMutablePointerToHeader { ($0.pointee.used, $0.pointee.capacity) }
            if room - used >= count { return block }
            capacity = min(room * 4, Self.largest)
        }
        let made = Self.block(max(capacity, count))
        block = made
        return made
    }

    /// An empty block.
    static func block(_ capacity: Int, marks: LineMarks? = nil) -> LineBlock {
        LineBlock.create(minimumCapacity: capacity) { _ in LineBlockHeader(capacity: capacity, marks: marks) }
    }
}
