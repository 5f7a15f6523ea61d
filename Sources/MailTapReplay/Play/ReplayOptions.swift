/// How a replay is done.
public struct ReplayOptions: Sendable, Equatable {
    /// What to log in with where the recording does not say, or only a fresh answer fits.
    public var credentials: Credentials?
    /// Unique text for SCRAM's client nonce: printable ASCII without commas.
    public var nonce: String
    /// How long to wait before each command.
    public var timing = ReplayTiming.none
    /// Whether mails get a new Message-ID and date, so that one that is delivered twice does not collide.
    public var renewsIDs = false
    /// What is replaced in a recording before it is played.
    public var rewrites: [RewriteRule] = []
    /// When TLS begins.
    public var tls = TLSUse.asRecorded
    /// Whether a mail that was recorded as BDAT chunks is sent with DATA where CHUNKING is not offered (RFC 3030).
    public var fallsBackToData = false

    /// When TLS begins.
    public enum TLSUse: Sendable, Hashable {
        /// Where the recording did STARTTLS or STLS.
        case asRecorded
        /// By STARTTLS or STLS, also where the recording did not.
        case starttls
        /// With the first octet (RFC 8314): there is no STARTTLS then.
        case implicit
    }

    /// How a replay is done.
    public init(credentials: Credentials? = nil, nonce: String = "") {
        self.credentials = credentials
        self.nonce = nonce
    }
}

/// How long a replay waits before each command.
public enum ReplayTiming: Sendable, Hashable {
    /// Not at all.
    case none
    /// As long as the recorded client did, divided by this factor.
    case recorded(speed: Double)

    /// No recorded pause is waited for longer than an hour: servers give up after ten minutes (RFC 5321 section 4.5.3.2).
    private static let limit = 3_600e9

    /// Reads `none`, `recorded` or `xN`, N the factor, above 0.
    public init?(parsing text: String) {
        switch text {
        case "none": self = .none
        case "recorded": self = .recorded(speed: 1)
        default:
            guard text.hasPrefix("x"), let speed = Double(text.dropFirst()), speed > 0, speed.isFinite else {
                return nil
            }
            self = .recorded(speed: speed)
        }
    }

    /// Nanoseconds to wait for a recorded pause of so many.
    func pause(for recorded: Int64) -> Int64 {
        guard case .recorded(let speed) = self, recorded > 0 else { return 0 }
        return Int64(min(Self.limit, Double(recorded) / speed))
    }
}

/// Something about how the replay went that the comparison of the dialogues can't tell.
public struct ReplayNote: Sendable, Equatable {
    /// What kind of thing.
    public enum Kind: Sendable, Hashable {
        /// The recording asks for what this replay can't do: these exchanges were not played.
        case notPlayed
        /// What the server said made these exchanges pointless: they were left out.
        case leftOut
        /// The replay said something that the recording does not have.
        case inserted
        /// The replay said something in another way than the recording.
        case altered
        /// The session was ended before the recording's end.
        case aborted
    }

    /// What kind of thing.
    public var kind: Kind
    /// The recorded exchanges concerned.
    public var exchanges: Range<Int>
    /// Why, in words.
    public var text: String
    /// The live exchange that was inserted; nil for the other kinds.
    public var came: Int?

    /// Something about how the replay went.
    public init(kind: Kind, exchanges: Range<Int>, text: String, came: Int? = nil) {
        self.kind = kind
        self.exchanges = exchanges
        self.text = text
        self.came = came
    }
}
