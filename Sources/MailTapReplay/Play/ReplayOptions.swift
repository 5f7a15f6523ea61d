/// How a replay is done.
public struct ReplayOptions: Sendable, Equatable {
    /// What to log in with where the recording does not say, or only a fresh answer fits.
    public var credentials: Credentials?
    /// Unique text for SCRAM's client nonce: printable ASCII without commas.
    public var nonce: String

    /// How a replay is done.
    public init(credentials: Credentials? = nil, nonce: String = "") {
        self.credentials = credentials
        self.nonce = nonce
    }
}

/// Something about how the replay went that the comparison of the dialogues can't tell.
public struct ReplayNote: Sendable, Equatable {
    /// What kind of thing.
    public enum Kind: Sendable, Equatable {
        /// The recording asks for what this replay can't do: these exchanges were not played.
        case notPlayed
        /// What the server said made these exchanges pointless: they were left out.
        case leftOut
        /// The replay said something that the recording does not have.
        case inserted
        /// The session was ended before the recording's end.
        case aborted
    }

    /// What kind of thing.
    public var kind: Kind
    /// The recorded exchanges concerned.
    public var exchanges: Range<Int>
    /// Why, in words.
    public var text: String

    /// Something about how the replay went.
    public init(kind: Kind, exchanges: Range<Int>, text: String) {
        self.kind = kind
        self.exchanges = exchanges
        self.text = text
    }
}
