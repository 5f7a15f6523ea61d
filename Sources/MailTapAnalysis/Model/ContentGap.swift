/// A place in a message where octets are missing from the input.
public struct ContentGap: Sendable, Equatable {
    /// How many octets of the message that were seen stand before it.
    public var offset: UInt64
    /// How many octets of the stream are missing.
    public var length: UInt64

    /// Missing octets.
    public init(offset: UInt64, length: UInt64) {
        self.offset = offset
        self.length = length
    }
}
