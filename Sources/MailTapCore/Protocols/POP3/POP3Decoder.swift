/// Decodes POP3 (RFC 1939, 2449, 2595, 5034, 6856).
///
/// Whether a response has a body follows from the command, its arguments and the status, never from the body's look.
struct POP3Decoder: DialogueDecoder {
    // What every line touches stands first and together: thousands of sessions take turns.

    var client: POP3ClientState = .commands
    var server: POP3ServerState = .status
    let expectsGreeting: Bool
    var hasGreeted = false
    var clientIsAfterGap: Bool
    var serverIsAfterGap = false
    /// Whether the client's octets that wait are to be decided before the server's next ones.
    var passesOver = false
    /// What was lost that may shift the responses.
    var loss = POP3Loss()
    /// What the line behind the present response is, where that was asked.
    var lineBehind = POP3ResponseShape.Behind.unknown
    /// Responses that came since the client's newest command and that none asked for.
    var unasked: UInt32 = 0
    /// Whether responses may come to commands that were not seen.
    var lacksCommands: Bool
    /// A login is under way, or was refused: an unknown line that follows may be a password or a response.
    var suspectsResponse = false
    /// Whether the newest command was USER, behind which a password comes.
    var awaitsPassword = false
    /// Whether the newest PASS held no password, which may then stand in a line of its own.
    var passIsBare = false
    /// Whether a login may be among octets that were lost.
    var lostLogin: LostLogin
    var mayTurnToTLS = false
    var exchanges: UInt32 = 0
    var pending: PendingReplies
    /// Whether a login went by whose password was not seen, so that it can't be looked for.
    var secretIsUnknown = false
    var serverHasLost = false
    /// Whether the server's next line may be half of one.
    var serverLineIsCut = false
    var waitingLogins = WaitingLogins()
    var awaitedUntil: UInt64 = 0
    var suspectUntil: UInt64 = 0
    let limits: Limits
    /// The newest line came in the place of a response, without a status: its exchange, and how many exchanges there
    /// were, and where the client's octets offered while a response was awaited ended.
    var statusless: (exchange: UInt32, exchanges: UInt32, awaited: UInt64)?
    var spoken = SpokenSecrets()

    var scanner = ContentScanner()
    var contentExchange: UInt32 = 0
    /// Whether the next octet of content begins a line.
    var isAtLineStart = true
    /// The dot line with odd ends that may have ended the content.
    var candidateLine = DotLine(before: .lf, after: .lf)
    /// Where the newest gap in the open content ends, as a line may begin there; nil without one.
    var contentGapEnd: UInt64?
    /// Where the present stretch of content, ciphertext or skipped line began: in the client's and the server's stream.
    var clientStretch: UInt64 = 0
    var serverStretch: UInt64 = 0

    var sasl: SASLProgress?
    var suspectsAfterGap = false
    var hasReportedTLS = false
    var clientRecords = TLSRecordSkipper()
    var serverRecords = TLSRecordSkipper()

    /// - Parameters:
    ///   - expectsGreeting: whether the connection's beginning was seen.
    ///   - isGreetingLost: whether the server's first octets were lost.
    init(expectsGreeting: Bool, isGreetingLost: Bool = false, limits: Limits) {
        self.limits = limits
        self.expectsGreeting = expectsGreeting
        hasGreeted = isGreetingLost
        clientIsAfterGap = !expectsGreeting
        lacksCommands = !expectsGreeting
        lostLogin = expectsGreeting ? .none : .answered
        pending = PendingReplies(limit: limits.pendingReplies)
    }

    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        offer.side == .client ? decodeClient(bytes, offer, &events) : decodeServer(bytes, offer, &events)
    }

    func isWaiting(_ side: Side) -> Bool {
        side == .client && (client == .awaitingAUTH || client == .awaitingSTLS)
    }

    var openSecret: UInt64? {
        if case .skipping(secret: true) = client { clientStretch } else { nil }
    }

    mutating func plaintextFollows() {
        client = .commands
        server = .status
        pending.removeAll()
        noteStep()
        mayTurnToTLS = false
        sasl = nil
    }

    // MARK: The client's octets

    private mutating func decodeClient(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        passesOver = false
        switch client {
        case .commands, .sasl: return commandLine(bytes, offer, &events)
        case .awaitingAUTH, .awaitingSTLS:
            awaitedUntil = offer.base &+ UInt64(bytes.byteCount)
            return 0
        case .aloneAUTH:
            if case .incomplete = LineScan.next(in: bytes, from: 0, limit: limits.lineLength) { return 0 }
            client = .awaitingAUTH
            _ = decideAlone(bytes, .client)
            return decodeClient(bytes, offer, &events)
        case .goAhead:
            guard let isTLS = bytes.looksLikeTLS() else { return 0 }
            mayTurnToTLS = true
            client = .commands
            if isTLS {
                beginTLS(offer, &events)
            } else {
                emit(
                    .anomaly(offer.base < suspectUntil ? .plaintextAfterSTARTTLS : .clearTextGoesOn),
                    offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer, &events)
            }
            return decodeClient(bytes, offer, &events)
        case .tls:
            guard let clear = clientRecords.skip(bytes) else { return bytes.byteCount }
            endOpaque(.client, offer.base &+ UInt64(clear), offer.arrivals.latest, &events)
            client = .commands
            mayTurnToTLS = true
            return clear
        case .skipping(let secret):
            guard let rest = LineScan.rest(in: bytes) else { return bytes.endOfSkipping }
            endSkipping(
                StreamRange(.client, clientStretch, offer.base &+ UInt64(rest.length)), lineEnd: rest.lineEnd, secret,
                offer.arrivals.latest, &events)
            client = .commands
            return rest.length
        }
    }

    private mutating func commandLine(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if mayTurnToTLS || clientIsAfterGap, bytes.looksLikeTLS() == true {
            beginTLS(offer, &events)
            return decodeClient(bytes, offer, &events)
        }
        let length: Int
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: limits.lineLength) {
        case .incomplete: return 0
        case .tooLong(let kept):
            (length, text) = (kept, kept)
            emit(.anomaly(.lineTooLong), offer.range(0, kept), exchanges, offer, &events)
        case .line(let whole, let inner, let isBareLF):
            (length, text) = (whole, inner)
            // Its CR may be the last octet of those that were lost.
            let mayHaveCR = clientIsAfterGap && inner == 0
            if isBareLF, !mayHaveCR { emit(.anomaly(.bareLF), offer.range(text, whole), exchanges, offer, &events) }
        }
        let line = bytes.extracting(0..<length)
        let isLong = length == text
        let isSecret =
            client == .sasl ? response(line, text, offer, &events) : command(line, text, offer, &events)
        if isLong {
            client = .skipping(secret: isSecret)
            clientStretch = offer.base &+ UInt64(length)
        }
        return length
    }

    private mutating func response(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let kind = sasl?.response(line.extracting(0..<text))
        if let kind { secret(kind, 0..<text, line, offer, &events) }
        begin(
            .continuation, line, offer,
            PendingReply(exchange: exchanges, verb: POP3Verb.auth.rawValue, kind: .continuation), &events)
        client = .awaitingAUTH
        return kind != nil
    }

    private mutating func command(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let (code, letters) = line.verbCode(from: 0, to: text)
        var verb = POP3Verb(code: code)
        if letters < text, line[octet: letters] != 32, line[octet: letters] != 9 { verb = .unknown }
        if clientIsAfterGap, verb == .unknown { return fragment(line, text, offer, &events) }
        clientIsAfterGap = false
        let argument = line.word(from: letters, to: text)
        var isSecret = false
        var isHiddenLogin = false
        var body = PendingReply.Body.none
        var number: UInt32 = 0
        awaitsPassword = verb == .user
        if lostLogin == .answered, pending.isEmpty { lostLogin = .none }
        // Whoever lists or fetches is logged in (RFC 1939 section 4), by a login that was lost.
        if lacksCommands, lostLogin != .over, verb.takesNumber { secretIsUnknown = true }
        switch verb {
        case .pass:
            // The password is all that stands behind the one space: it may hold spaces (RFC 1939 section 7).
            if letters + 1 < text {
                isSecret = true
                secret(.password, letters + 1..<text, line, offer, &events)
            }
        case .user:
            // A password that was put behind the name, where none belongs.
            let more = line.word(from: argument.upperBound, to: text)
            if !more.isEmpty {
                isSecret = true
                secret(.opaque, more.lowerBound..<text, line, offer, &events)
            }
        case .apop:
            let digest = line.word(from: argument.upperBound, to: text)
            if !digest.isEmpty {
                isSecret = true
                secret(.apopDigest, digest.lowerBound..<text, line, offer, &events)
            } else if !argument.isEmpty {
                // One word: the digest, or a password, where the name was forgotten.
                isSecret = true
                secret(.apopDigest, argument.lowerBound..<text, line, offer, &events)
            }
        case .auth where !argument.isEmpty:
            let arguments = AUTHArguments(in: line, from: letters, to: text)
            sasl = arguments.progress
            if let (kind, place) = arguments.secret {
                isSecret = true
                secret(kind, place, line, offer, &events)
            }
        case .auth, .capa: body = .listing
        case .list, .uidl, .lang:
            body = argument.isEmpty ? .listing : .none
            number = line.decimal(in: argument).flatMap { UInt32(exactly: $0) } ?? 0
        case .retr: body = .retr
        case .top: body = .top
        case .unknown where text > 0 && (offer.base < suspectUntil || suspectsResponse):
            isSecret = true
            secret(.opaque, 0..<text, line, offer, &events)
        case .unknown where text > 0:
            // A login that is none to the server was meant as one, and so may be the lines behind it.
            guard
                let arguments = line.hiddenArguments(of: ["PASS", "APOP", "AUTH", "LOGIN"], to: text)
                    ?? line.misspelledLogin(to: text)
            else { break }
            isHiddenLogin = true
            isSecret = !arguments.isEmpty
            if isSecret { secret(.opaque, arguments, line, offer, &events) }
        case .unknown:
            emit(.anomaly(.emptyCommand), offer.range(0, line.byteCount), exchanges, offer, &events)
        default: break
        }
        if !isSecret, !spoken.isEmpty, verb.takesFreeText || verb.takesNumber {
            isSecret = repeatedSecrets(
                line, verb == .unknown ? 0 : letters, text, verb.takesNumber ? .data : .text, offer, &events)
        }
        passIsBare = verb == .pass && !isSecret
        if verb != .unknown {
            suspectsResponse =
                verb == .user || verb == .pass || verb == .apop || (verb == .auth && !argument.isEmpty)
        } else if isHiddenLogin {
            suspectsResponse = true
        }
        if expectsGreeting, !hasGreeted, exchanges == 0 {
            emit(.anomaly(.commandBeforeGreeting), offer.range(0, line.byteCount), exchanges, offer, &events)
        }
        begin(
            .command(verb: verb.rawValue), line, offer,
            PendingReply(exchange: exchanges, verb: verb.rawValue, kind: .command, body: body, number: number), &events)
        awaitedUntil = offer.base &+ UInt64(line.byteCount)
        if verb == .auth, !argument.isEmpty { client = .awaitingAUTH }
        if verb == .stls { client = .awaitingSTLS }
        return isSecret
    }

    /// A command that says a credential again, in a place where none belongs; looked for from `start` on, since a
    /// command's own name is none, whatever was once said in a response's place.
    private mutating func repeatedSecrets(
        _ line: RawSpan, _ start: Int, _ text: Int, _ place: SpokenSecrets.Place, _ offer: Offer,
        _ events: inout EventBuffer
    ) -> Bool {
        let start = min(start, text)
        let places = spoken.places(in: line.extracting(start..<text), place)
        for place in places {
            secret(.opaque, start + place.lowerBound..<start + place.upperBound, line, offer, &events)
        }
        return !places.isEmpty
    }

    /// A line behind a gap that is no command: it may be a SASL response or part of a password.
    private mutating func fragment(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        if text > 0 { secret(.opaque, 0..<text, line, offer, &events) }
        let range = offer.range(0, line.byteCount)
        emit(.anomaly(.afterGap), range, exchanges, offer, &events)
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: .fragment), line)
        return text > 0
    }

    mutating func beginTLS(_ offer: Offer, _ events: inout EventBuffer) {
        client = .tls
        clientRecords = TLSRecordSkipper()
        clientStretch = offer.base
        pending.removeAll()
        noteStep()
        mayTurnToTLS = false
        reportTLS(offer, &events)
    }

    mutating func reportTLS(_ offer: Offer, _ events: inout EventBuffer) {
        guard !hasReportedTLS else { return }
        hasReportedTLS = true
        emit(.tls(.starttls), offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer, &events)
    }
}
