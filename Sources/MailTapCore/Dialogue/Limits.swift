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

    /// Octets that all sessions together may hold back, about: what `shared(among:)` goes by.
    private static let inAll = 32 << 20

    /// The bounds of one session more where so many are open: what all of them hold back stays within bounds too.
    ///
    /// Each session keeps the share that was left when it began, at least 4 KiB, so that all of them together hold some
    /// hundred MiB where tens of thousands flood. Among 32 or fewer a session may leave its whole 1 MiB undecided, among
    /// 512 or fewer each line may have its 64 KiB.
    public func shared(among sessions: Int) -> Limits {
        let share = max(4096, Self.inAll / max(1, sessions))
        var limits = self
        limits.undecided = min(undecided, share)
        limits.lineLength = min(lineLength, share)
        return limits
    }
}
