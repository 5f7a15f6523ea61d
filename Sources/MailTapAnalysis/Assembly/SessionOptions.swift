/// What a `SessionBuilder` works out beside the dialogue.
public struct SessionOptions: Sendable {
    /// Whether to read messages: digests, header section, MIME leaves.
    public var readsMessages = true
    /// Takes a message of which this many octets have come, to call its `run` on another thread; nil to read it at once.
    public var readsElsewhere: (@Sendable (_ message: MessageReading, _ octets: Int) -> Void)?
    /// Octets of each message that are read at once all the same: few are not worth handing over.
    public var readsAtOnce = 0
    /// Octets of a message that are worth handing over: until so many have come they wait.
    public var pieceSize = 65_536
    /// Whether to keep each message's octets in memory.
    public var keepsContent = false
    /// Whether to add notes to exchanges.
    public var annotates = true
    /// Whether to apply the rules.
    public var findsFaults = true
    /// Whether to sum up what the session did, where the rules are applied.
    public var sumsUp = true
    /// Whether to digest messages; without it those of SMTP get a fingerprint, to find the same one sent again.
    public var digestsMessages = true
    /// Whether to measure and digest each part of a message; without it what no rule looks at is not decoded.
    public var digestsParts = true
    /// Whether to work out what header fields say beyond what rules ask for: subject, addresses, lists and the like.
    public var decodesFields = true

    /// Everything but the content itself.
    public init() {}
}
