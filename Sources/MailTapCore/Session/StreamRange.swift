/// Octets `start..<end` of the stream that one side sent, counted from the first octet of the connection.
///
/// Octets known to be lost count, so a range means the same whatever the chunking and whatever was captured.
public struct StreamRange: Sendable, Hashable {
    /// Offset of the first octet.
    public var start: UInt64
    /// Offset behind the last octet; never below `start`.
    public var end: UInt64
    /// The peer that sent the octets.
    public var side: Side

    /// The range `start..<end` of what `side` sent; an `end` below `start` makes the range empty.
    public init(_ side: Side, _ start: UInt64, _ end: UInt64) {
        self.side = side
        self.start = start
        self.end = max(start, end)
    }

    /// Number of octets.
    public var length: UInt64 { end - start }
    /// Whether the range holds no octet.
    public var isEmpty: Bool { start == end }
}
