/// The bounds that keep decoding's memory flat, whatever a peer sends.
public struct Limits: Sendable, Equatable {
    /// Octets of one line that are kept; the rest of a longer line is skipped and said so.
    public var lineLength: Int
    /// Octets that may wait for the other side's answer before their meaning is decided without it.
    public var undecided: Int
    /// Commands that may wait for their reply.
    public var pendingReplies: Int

    /// The bounds; the defaults hold 64 KiB a line, 1 MiB undecided, 100,000 commands waiting.
    public init(lineLength: Int = 65_536, undecided: Int = 1_048_576, pendingReplies: Int = 100_000) {
        self.lineLength = lineLength
        self.undecided = undecided
        self.pendingReplies = pendingReplies
    }
}
