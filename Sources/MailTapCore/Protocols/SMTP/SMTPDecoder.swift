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

    var scanner = ContentScanner()
    /// Where the present stretch of content, ciphertext or skipped line began in the client's stream.
    var stretch: UInt64 = 0
    /// The exchange of the open content.
    var contentExchange: UInt32 = 0
    var contentKind = ContentKind.data
    /// Whether the next octet of content begins a line.
    var isAtLineStart = true
    /// The server answered the open content before its end.
    var isAnsweredEarly = false
    /// Where the newest gap in the open content ends: a line may begin there.
    var contentGapEnd = UInt64.max
    /// A dot line with odd ends that may end the content: its end; whether the server's answer said so; and whether too
    /// much came behind it.
    var candidate: (length: Int, line: DotLine, isTaken: Bool, isRefused: Bool)?
    /// Up to where the strict end was looked for.
    var searched: UInt64 = 0
    /// Where the dot of the strict end was seen that no candidate before it can be.
    var strictEnd: UInt64 = 0

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
        case .afterCandidate: return candidate?.isTaken == false
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

    private mutating func decodeClient(
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
            return content(bytes, offer, &events)
        case .content:
            return content(bytes, offer, &events)
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

    /// One command line, or one SASL response.
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
        case .line(let whole, let inner, let isBareLF):
            (length, text) = (whole, inner)
            // Its CR may be the last octet of those that were lost.
            let mayHaveCR = clientIsAfterGap && inner == 0
            if isBareLF, !mayHaveCR { anomaly(.bareLF, offer.range(text, length), exchanges, offer, &events) }
        }
        let line = bytes.extracting(0..<length)
        let isLong = length == text && length > 0 && bytes[octet: length - 1] != 10
        if isLong { anomaly(.lineTooLong, offer.range(0, length), exchanges, offer, &events) }
        let isSecret: Bool
        if case .sasl = client {
            isSecret = response(line, text, offer, &events)
        } else {
            isSecret = command(line, text, offer, &events)
        }
        if isLong {
            client = .skipping(secret: isSecret)
            stretch = offer.base &+ UInt64(length)
        }
        return length
    }

    /// A SASL response; returns whether it holds a credential.
    private mutating func response(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let kind = sasl?.response(line.extracting(0..<text))
        if let kind { secret(kind, 0, text, line, offer, exchanges, &events) }
        begin(.continuation, line, offer, verb: .auth, pendingKind: .continuation, &events)
        awaitedFrom = offer.base &+ UInt64(line.byteCount)
        awaitedUntil = awaitedFrom
        client = .awaiting(.auth)
        return kind != nil
    }

    /// A command; returns whether it holds a credential.
    private mutating func command(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let (code, letters) = line.verbCode(from: 0, to: text)
        var verb = SMTPVerb(code: code)
        let next: UInt8 = letters < text ? line[octet: letters] : 32
        if next != 32, next != 9, !(next == 58 && verb != .unknown) { verb = .unknown }
        if clientIsAfterGap, !isPlausible(verb, line, letters) {
            // In mid-stream a line that is no command may be anything: the rest of a message, or a SASL response.
            if server.expectsGreeting || !hasPlausibleForm(line, text) {
                return fragment(line, text, offer, &events)
            }
        }
        clientIsAfterGap = false
        isDataLost = false
        if lostLogin == .answered, pending.isEmpty, verb != .unknown { lostLogin = .none }
        var isSecret = false
        var isHiddenLogin = false
        switch verb {
        case .auth:
            isSecret = auth(line, letters, text, offer, &events)
        case .burl:
            for place in line.urlSecrets(in: line.word(from: letters, to: text)) {
                isSecret = true
                secret(.opaque, place.lowerBound, place.upperBound, line, offer, exchanges, &events)
            }
        case .xclient:
            if let password = line.value(of: "PASSWORD=", from: letters, to: text) {
                isSecret = true
                secret(.opaque, password.lowerBound, password.upperBound, line, offer, exchanges, &events)
            }
        case .unknown where text > 0 && (offer.base < suspectUntil || suspectsResponse):
            isSecret = true
            secret(.opaque, 0, text, line, offer, exchanges, &events)
        case .unknown where text > 0:
            // A login that is none to the server was meant as one, and so may be the lines behind it.
            guard
                let arguments = line.hiddenArguments(of: ["AUTH", "PASS", "LOGIN"], to: text)
                    ?? line.misspelledLogin(to: text)
            else { break }
            isHiddenLogin = true
            isSecret = !arguments.isEmpty
            if isSecret { secret(.opaque, arguments.lowerBound, text, line, offer, exchanges, &events) }
        case .unknown:
            anomaly(.emptyCommand, offer.range(0, line.byteCount), exchanges, offer, &events)
        default: break
        }
        if !isSecret, !spoken.isEmpty, verb.takesFreeText {
            // A command's own name is none, whatever was once said in a response's place.
            let start = verb == .unknown ? 0 : min(letters, text)
            for place in spoken.places(in: line.extracting(start..<text)) {
                isSecret = true
                secret(.opaque, start + place.lowerBound, start + place.upperBound, line, offer, exchanges, &events)
            }
        }
        if verb != .unknown { suspectsResponse = verb == .auth } else if isHiddenLogin { suspectsResponse = true }
        if server.expectsGreeting, !server.hasSpoken, exchanges == 0 {
            anomaly(.commandBeforeGreeting, offer.range(0, line.byteCount), exchanges, offer, &events)
        }
        begin(.command(verb: verb.rawValue), line, offer, verb: verb, pendingKind: .command, &events)
        awaitedFrom = offer.base &+ UInt64(line.byteCount)
        awaitedUntil = awaitedFrom
        switch verb {
        case .data: client = .awaiting(.data)
        case .auth: client = .awaiting(.auth)
        case .starttls: client = .awaiting(.starttls)
        case .bdat:
            chunk(line, letters, text, offer, &events)
        case .lhlo: isLMTP = true
        default: break
        }
        return isSecret
    }

    private mutating func auth(
        _ line: RawSpan, _ letters: Int, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let name = line.word(from: letters, to: text)
        var progress = SASLProgress(mechanism: line.extracting(name))
        let initial = line.word(from: name.upperBound, to: text)
        var isSecret = false
        if !line.extracting(name).namesMechanism {
            // The mechanism was left out, and this is the response.
            sasl = progress
            secret(.opaque, name.lowerBound, text, line, offer, exchanges, &events)
            return true
        }
        if !initial.isEmpty {
            // All to the line's end: a malformed line must not leave half of a credential in clear.
            let whole = initial.lowerBound..<text
            if let kind = progress.response(line.extracting(initial)) {
                isSecret = true
                secret(
                    whole == initial ? kind : .opaque, whole.lowerBound, whole.upperBound, line, offer, exchanges,
                    &events)
            }
        }
        let more = line.word(from: initial.upperBound, to: text)
        if !isSecret, !more.isEmpty {
            // A second response has no place here; a client that sends one sends a credential.
            isSecret = true
            secret(.opaque, more.lowerBound, text, line, offer, exchanges, &events)
        }
        sasl = progress
        return isSecret
    }

    private mutating func chunk(
        _ line: RawSpan, _ letters: Int, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let number = line.word(from: letters, to: text)
        let word = line.word(from: number.upperBound, to: text)
        guard let size = line.decimal(in: number),
            word.isEmpty || (word.count == 4 && line.hasPrefix("LAST", from: word.lowerBound))
        else {
            anomaly(.badChunkSize, offer.range(0, line.byteCount), exchanges - 1, offer, &events)
            return
        }
        pending.markLast(.chunk(isLast: !word.isEmpty))
        contentKind = word.isEmpty ? .bdat : .bdatLast
        contentExchange = exchanges - 1
        stretch = offer.base &+ UInt64(line.byteCount)
        isAnsweredEarly = false
        events.append(
            Event(
                time: offer.arrivals.time(at: stretch), range: StreamRange(.client, stretch, stretch),
                exchange: contentExchange, kind: .contentBegin(contentKind)), RawSpan())
        client = .chunk(remaining: size)
        if size == 0 { endChunk(offer, line.byteCount, isComplete: true, &events) }
    }

    mutating func endChunk(
        _ offer: Offer, _ end: Int, isComplete: Bool, _ events: inout EventBuffer
    ) {
        endContent(
            offer.range(end, end), offer.arrivals.time(at: offer.base &+ UInt64(end)), isComplete: isComplete, &events)
    }

    /// Emits what stands of the content and its end; the end mark's octets are `mark`.
    mutating func endContent(
        _ mark: StreamRange, _ time: Timestamp, isComplete: Bool, _ events: inout EventBuffer
    ) {
        if mark.start > stretch {
            events.append(
                Event(
                    time: time, range: StreamRange(.client, stretch, mark.start), exchange: contentExchange,
                    kind: .content), RawSpan())
        }
        events.append(
            Event(time: time, range: mark, exchange: contentExchange, kind: .contentEnd(isComplete: isComplete)),
            RawSpan())
        candidate = nil
        client = .commands
    }

    // MARK: Content after 354

    /// A message begins: an exchange of its own, whose reply is the one after its end.
    mutating func openContent(_ offer: Offer, _ events: inout EventBuffer) {
        contentKind = .data
        contentExchange = exchanges
        exchanges &+= 1
        stretch = offer.base
        scanner = ContentScanner()
        isAtLineStart = true
        contentGapEnd = .max
        isAnsweredEarly = false
        candidate = nil
        pending.append(PendingReply(exchange: contentExchange, verb: SMTPVerb.data.rawValue, kind: .content))
        events.append(
            Event(
                time: offer.arrivals.time(at: offer.base &+ 1), range: offer.range(0, 0), exchange: contentExchange,
                kind: .contentBegin(.data)), RawSpan())
        client = .content
    }

    private mutating func content(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if isAnsweredEarly, isAtLineStart || offer.base == contentGapEnd,
            let returned = resynchronize(bytes, offer, &events)
        {
            return returned
        }
        if isAnsweredEarly, let ended = endAtCarriageReturn(bytes, offer, &events) { return ended }
        let outcome = scanner.scan(bytes, from: 0, side: .client, takesCandidates: true, &events)
        for odd in scanner.takeOddities() {
            anomaly(
                odd.anomaly, offer.range(odd.offset, odd.offset + odd.length), contentExchange, offer,
                &events)
        }
        switch outcome {
        case .more(let consumed):
            isAtLineStart = consumed > 0 ? bytes[octet: consumed - 1] == 10 : isAtLineStart
            return consumed
        case .end(let content, let end):
            endContent(
                offer.range(content, end), offer.arrivals.time(at: offer.base &+ UInt64(end)), isComplete: true,
                &events)
            return end
        case .candidate(let content, let end, let line):
            candidate = (end - content, line, isAnsweredEarly, false)
            client = .afterCandidate
            // The dot line itself stays undecided with what follows it.
            if content > 0 { return content }
            return afterCandidate(bytes, offer, &events)
        }
    }

    /// A dot and CR behind which the client waited, and the server answered: the end to both, where a command follows.
    private mutating func endAtCarriageReturn(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int? {
        guard bytes.byteCount > 2, bytes[octet: 0] == 46, bytes[octet: 1] == 13,
            let before = scanner.lineEndBefore
        else { return nil }
        let rest = bytes.extracting(2...)
        guard case .line(_, let text, _) = LineScan.next(in: rest, from: 0, limit: 1_024) else { return nil }
        let (code, letters) = rest.verbCode(from: 0, to: text)
        let verb = SMTPVerb(code: code)
        guard verb != .unknown, isPlausible(verb, rest, letters), hasPlausibleForm(rest, text) else { return nil }
        let mark = offer.range(0, 2)
        anomaly(.oddEndOfData(DotLine(before: before, after: .cr)), mark, contentExchange, offer, &events)
        endContent(mark, offer.arrivals.time(at: mark.end), isComplete: true, &events)
        return 2
    }

    /// Behind a dot line with odd ends: the first octets offered are that line.
    private mutating func afterCandidate(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        guard let candidate, bytes.byteCount >= candidate.length else { return 0 }
        if candidate.isTaken {
            let range = offer.range(0, candidate.length)
            anomaly(.oddEndOfData(candidate.line), range, contentExchange, offer, &events)
            endContent(range, offer.arrivals.time(at: range.end), isComplete: true, &events)
            return candidate.length
        }
        // The strict end behind it, before any answer: then the server did not take the odd one.
        if candidate.isRefused || strictEnd > offer.base { return refuseCandidate(bytes, offer, &events) }
        let known = searched > offer.base ? Int(min(searched &- offer.base, UInt64(bytes.byteCount))) : 0
        var from = max(candidate.length, known)
        while true {
            guard let dot = bytes.firstIndex(of: 46, from: from) else {
                from = bytes.byteCount
                break
            }
            guard dot + 2 < bytes.byteCount else {
                from = dot
                break
            }
            from = dot + 1
            if dot >= 2, bytes[octet: dot - 1] == 10, bytes[octet: dot - 2] == 13, bytes[octet: dot + 1] == 13,
                bytes[octet: dot + 2] == 10
            {
                strictEnd = offer.base &+ UInt64(dot)
                return refuseCandidate(bytes, offer, &events)
            }
        }
        searched = offer.base &+ UInt64(from)
        return 0
    }

    private mutating func refuseCandidate(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        let length = candidate?.length ?? 0
        if let line = candidate?.line, scanner.isFirst(line) {
            anomaly(.dotLineWithOddEnds(line), offer.range(0, length), contentExchange, offer, &events)
        }
        candidate = nil
        client = .content
        switch scanner.scan(bytes.extracting(0..<length), from: 0, side: .client, takesCandidates: false, &events) {
        case .more(let consumed): return max(consumed, 1)
        case .end(_, let end), .candidate(_, let end, _): return end
        }
    }

    /// After an early answer: a line that can only be a command ends the content there.
    private mutating func resynchronize(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int? {
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: 1_024) {
        case .line(_, let inner, _): text = inner
        case .incomplete: return 0
        case .tooLong: return nil
        }
        let (code, letters) = bytes.verbCode(from: 0, to: text)
        let verb = SMTPVerb(code: code)
        guard verb != .unknown, isPlausible(verb, bytes, letters), hasPlausibleForm(bytes, text) else { return nil }
        // Behind lost octets the end may be among them.
        if contentGapEnd == .max { anomaly(.contentEndedEarly, offer.range(0, 0), contentExchange, offer, &events) }
        endContent(offer.range(0, 0), offer.arrivals.latest, isComplete: false, &events)
        return commandLine(bytes, offer, &events)
    }
}
