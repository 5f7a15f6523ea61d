public import MailTapCore

/// A comment for the packet that holds a certain octet.
public struct PacketNote: Sendable, Hashable {
    /// The peer that sent the octet.
    public var side: Side
    /// Where the octet stands in the side's stream.
    public var offset: UInt64
    /// What to say of it, on one line.
    public var text: String

    /// A comment for the packet that holds the octet at `offset` of what `side` sent.
    public init(side: Side, offset: UInt64, text: String) {
        self.side = side
        self.offset = offset
        self.text = text
    }
}
