/// Decodes SMTP, Submission and LMTP (RFC 5321, 2920, 1870, 3030, 3207, 4954, 2033).
///
/// Commands queue for their replies, so pipelining resolves itself. What follows DATA, AUTH and STARTTLS is undecided
/// until the server has answered; a chunk after BDAT is content whatever the server says (RFC 3030 section 2).
struct SMTPDecoder: DialogueDecoder {
    // What every line touches stands first and together: thousands of sessions take turns.

    var client: SMTPClientState = .commands
    /// Whether the client's octets that wait are to be decided before the server's next ones.
    var passesOver = false
    var clientIsAfterGap = false
    /// Whether the server's newest reply was the go-ahead for content though no DATA waits for one.
    var isDataLost = false
    var isLMTP = false
    /// AUTH came and did not succeed: an unknown line that follows may be the response that it asks for.
    var suspectsResponse = false
    /// Whether TLS may begin at any line, since the server gave its go-ahead.
    var mayTurnToTLS = false
    /// Whether a reply may answer a command that was lost, since not every command had its reply after the loss.
    var isBehindLoss = false
    /// Replies that came since the client's newest command and that none asked for.
    var unasked: UInt32 = 0
    var exchanges: UInt32 = 0
    var pending: PendingReplies
    /// End of the client's octets that were offered while a reply was awaited.
    var awaitedUntil: UInt64 = 0
    /// End of the newest command line.
    var awaitedFrom: UInt64 = 0
    var acceptedRecipients: UInt32 = 0
    var repliesToContent: UInt32 = 0
    let limits: Limits
    var spoken = SpokenSecrets()
    /// Whether a login may be among octets that were lost.
    var lostLogin: LostLogin
    /// Whether a login went by whose credentials were not all seen, so that they can't be looked for.
    var secretIsUnknown = false
    var waitingLogins = WaitingLogins()
    /// Whether octets of the server were lost.
    var serverHasLost = false
    var server = SMTPServerState()

    /// Where the present stretch of content, ciphertext or skipped line began in the client's stream.
    var stretch: UInt64 = 0
    var content = SMTPContent()

    var sasl: SASLProgress?
    /// Up to here the client's unknown lines came before a refusal of AUTH, and may hold what was meant for it.
    var suspectUntil: UInt64 = 0
    /// Whether 353 said that each accepted recipient gets a verdict on the content, and a last one follows (PRDR).
    var judgesRecipients = false
    /// Whether what stands behind a gap may be part of a credential.
    var suspectsAfterGap = false
    /// Whether octets of the client were lost.
    var clientHasLost = false
    var clientRecords = TLSRecordSkipper()
    /// What each side says after the two exchanged their roles.
    var turnedClient = TurnedLines()
    var turnedServer = TurnedLines()

    /// - Parameters:
    ///   - expectsGreeting: whether the connection's beginning was seen.
    ///   - isGreetingLost: whether the server's first octets were lost.
    init(expectsGreeting: Bool, isGreetingLost: Bool = false, limits: Limits) {
        self.limits = limits
        pending = PendingReplies(limit: limits.pendingReplies)
        server.expectsGreeting = expectsGreeting
        server.hasSpoken = isGreetingLost
        clientIsAfterGap = !expectsGreeting
        lostLogin = expectsGreeting ? .none : .answered
    }

    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        offer.side == .client ? decodeClient(bytes, offer, &events) : decodeServer(bytes, offer, &events)
    }

    func isWaiting(_ side: Side) -> Bool {
        guard side == .client else { return false }
        switch client {
        case .awaiting: return true
        case .afterCandidate: return content.awaitsVerdict
        default: return false
        }
    }

    var openSecret: UInt64? {
        if case .skipping(secret: true) = client { stretch } else { nil }
    }

    mutating func plaintextFollows() {
        client = .commands
        pending.removeAll()
        server.line = .text
        server.expectsGreeting = false
        mayTurnToTLS = false
        sasl = nil
    }

    // MARK: The client's octets

    mutating func decodeClient(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        passesOver = false
        switch client {
        case .commands, .sasl:
            return commandLine(bytes, offer, &events)
        case .awaiting:
            awaitedUntil = offer.base &+ UInt64(bytes.byteCount)
            return 0
        case .alone(let decision):
            return alone(decision, bytes, offer, &events)
        case .opening:
            openContent(offer, &events)
            return contentOctets(bytes, offer, &events)
        case .content:
            return contentOctets(bytes, offer, &events)
        case .afterCandidate:
            return afterCandidate(bytes, offer, &events)
        case .chunk(let remaining):
            let step = Int(min(remaining, UInt64(bytes.byteCount)))
            events.content(0, step, of: .client)
            client = .chunk(remaining: remaining - UInt64(step))
            if remaining == UInt64(step) { endChunk(offer, step, isComplete: true, &events) }
            return step
        case .goAhead:
            return goAhead(bytes, offer, &events)
        case .turned: return turnedLine(bytes, offer, &events)
        case .tls:
            guard let clear = clientRecords.skip(bytes) else { return bytes.byteCount }
            endOpaque(offer.range(clear, clear), offer.arrivals.time(at: offer.base &+ UInt64(clear)), &events)
            client = .commands
            mayTurnToTLS = true
            return clear
        case .skipping(let secret):
            guard let rest = LineScan.rest(in: bytes) else { return bytes.endOfSkipping }
            endSkipping(
                StreamRange(.client, stretch, offer.base &+ UInt64(rest.length)), lineEnd: rest.lineEnd, secret, offer,
                &events)
            client = .commands
            return rest.length
        }
    }
}
