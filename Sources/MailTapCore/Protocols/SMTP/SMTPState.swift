/// What the client's next octets are (RFC 5321 section 4.1.4); moves on the server's replies.
enum SMTPClientState: Sendable, Hashable {
    /// Command lines.
    case commands
    /// Not known before the reply to the newest command.
    case awaiting(SMTPDecision)
    /// The reply that would decide was lost: what stands there decides.
    case alone(SMTPDecision)
    /// A message begins with the next octet.
    case opening
    /// The answer to a SASL challenge.
    case sasl
    /// A message after 354, up to its dot line.
    case content
    /// What may be a message that ended with odd line ends: waits for the server's answer.
    case afterCandidate
    /// Octets of a BDAT chunk that are still to come.
    case chunk(remaining: UInt64)
    /// Behind the go-ahead for TLS: ciphertext, or clear text that goes on.
    case goAhead
    /// Ciphertext.
    case tls
    /// Not decoded, but searched for credentials: the two exchanged their roles.
    case turned
    /// The rest of a line over the limit.
    case skipping(secret: Bool)
}

/// The command whose reply decides what the client's next octets are.
enum SMTPDecision: Sendable, Hashable {
    case data, auth, starttls
}

/// What the server's next octets are.
struct SMTPServerState: Sendable {
    enum Line: Sendable, Hashable {
        /// Reply lines.
        case text
        /// Behind its go-ahead for TLS.
        case goAhead
        /// Ciphertext.
        case tls
        /// Not decoded: the two exchanged their roles.
        case turned
        /// The rest of a line over the limit.
        case skipping
    }

    var line = Line.text
    /// Whether a greeting is to come, or came.
    var expectsGreeting = false
    /// Whether the first reply was seen.
    var hasSpoken = false
    /// The exchange of the reply whose last line is not seen yet, and its code.
    var open: (exchange: UInt32, code: UInt16)?
    /// When the open reply's newest line came: the number of exchanges, and the end of the client's octets offered while
    /// a reply was awaited.
    var openedAt: (exchanges: UInt32, awaited: UInt64) = (0, 0)
    /// How often every command had its reply.
    private var steps: UInt8 = 0
    /// Whether every command that was seen surely had its reply at some time, so that no reply to one of them was lost
    /// before the server's first words.
    var isInStep: Bool { steps > 1 }
    /// Whether TLS may begin at any line.
    var mayTurnToTLS = false
    var hasReportedTLS = false
    var isAfterGap = false
    /// Whether the next reply answers a command that was lost.
    var isOrphan = false
    /// Where ciphertext or a skipped line began.
    var stretch: UInt64 = 0
    var records = TLSRecordSkipper()

    /// Every command has its reply.
    ///
    /// Once that may be by chance, since the first reply is taken for the first command's; one that greets the client can
    /// be no other command's.
    mutating func noteStep(isCertain: Bool) { steps = isCertain ? 2 : min(2, steps + 1) }
}
