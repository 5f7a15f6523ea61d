/// Decodes POP3 (RFC 1939, 2449, 2595, 5034, 6856).
///
/// Whether a response has a body follows from the command, its arguments and the status, never from the body's look.
struct POP3Decoder: DialogueDecoder {
    var client: POP3ClientState = .commands
    var server: POP3ServerState = .status
    var pending: PendingReplies
    var exchanges: UInt32 = 0
    var sasl: SASLProgress?
    var scanner = ContentScanner()
    var contentExchange: UInt32 = 0
    /// Where the present stretch of content, ciphertext or skipped line began: in the client's and the server's stream.
    var clientStretch: UInt64 = 0
    var serverStretch: UInt64 = 0
    let expectsGreeting: Bool
    var hasGreeted = false
    var clientIsAfterGap: Bool
    var serverIsAfterGap = false
    var suspectsAfterGap = false
    var awaitedUntil: UInt64 = 0
    var suspectUntil: UInt64 = 0
    var mayTurnToTLS = false
    var hasReportedTLS = false
    var clientRecords = TLSRecordSkipper()
    var serverRecords = TLSRecordSkipper()
    let limits: Limits

    init(expectsGreeting: Bool, limits: Limits) {
        self.limits = limits
        self.expectsGreeting = expectsGreeting
        clientIsAfterGap = !expectsGreeting
        pending = PendingReplies(limit: limits.pendingReplies)
    }

    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ handler: inout some DialogueHandler) -> Int {
        offer.side == .client ? decodeClient(bytes, offer, &handler) : decodeServer(bytes, offer, &handler)
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
        mayTurnToTLS = false
        sasl = nil
    }

    // MARK: The client's octets

    private mutating func decodeClient(
        _ bytes: RawSpan, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Int {
        switch client {
        case .commands, .sasl: return commandLine(bytes, offer, &handler)
        case .awaitingAUTH, .awaitingSTLS:
            awaitedUntil = offer.base &+ UInt64(bytes.byteCount)
            return 0
        case .goAhead:
            guard let isTLS = bytes.looksLikeTLS() else { return 0 }
            mayTurnToTLS = true
            client = .commands
            if isTLS {
                beginTLS(offer, &handler)
            } else {
                emit(
                    .anomaly(offer.base < suspectUntil ? .plaintextAfterSTARTTLS : .clearTextGoesOn),
                    offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer, &handler)
            }
            return decodeClient(bytes, offer, &handler)
        case .tls:
            guard let clear = clientRecords.skip(bytes) else { return bytes.byteCount }
            endOpaque(.client, offer.base &+ UInt64(clear), offer.arrivals.latest, &handler)
            client = .commands
            mayTurnToTLS = true
            return clear
        case .skipping(let secret):
            guard let end = bytes.firstIndex(of: 10) else { return bytes.byteCount }
            endSkipping(
                StreamRange(.client, clientStretch, offer.base &+ UInt64(end + 1)), secret, offer.arrivals.latest,
                &handler)
            client = .commands
            return end + 1
        }
    }

    private mutating func commandLine(
        _ bytes: RawSpan, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Int {
        if mayTurnToTLS || clientIsAfterGap, bytes.looksLikeTLS() == true {
            beginTLS(offer, &handler)
            return decodeClient(bytes, offer, &handler)
        }
        let length: Int
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: limits.lineLength) {
        case .incomplete: return 0
        case .tooLong(let kept):
            (length, text) = (kept, kept)
            emit(.anomaly(.lineTooLong), offer.range(0, kept), exchanges, offer, &handler)
        case .line(let whole, let inner, let isBareLF):
            (length, text) = (whole, inner)
            if isBareLF { emit(.anomaly(.bareLF), offer.range(text, whole), exchanges, offer, &handler) }
        }
        let line = bytes.extracting(0..<length)
        let isLong = length == text
        let isSecret =
            client == .sasl ? response(line, text, offer, &handler) : command(line, text, offer, &handler)
        if isLong {
            client = .skipping(secret: isSecret)
            clientStretch = offer.base &+ UInt64(length)
        }
        return length
    }

    private mutating func response(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Bool {
        let kind = sasl?.response(line.extracting(0..<text))
        if let kind { secret(kind, 0..<text, line, offer, &handler) }
        begin(
            .continuation, line, offer,
            PendingReply(exchange: exchanges, verb: POP3Verb.auth.rawValue, kind: .continuation), &handler)
        client = .awaitingAUTH
        return kind != nil
    }

    private mutating func command(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Bool {
        let (code, letters) = line.verbCode(from: 0, to: text)
        var verb = POP3Verb(code: code)
        if letters < text, line[octet: letters] != 32, line[octet: letters] != 9 { verb = .unknown }
        if clientIsAfterGap, verb == .unknown { return fragment(line, text, offer, &handler) }
        clientIsAfterGap = false
        let argument = line.word(from: letters, to: text)
        var isSecret = false
        var body = PendingReply.Body.none
        switch verb {
        case .pass:
            // The password is all that stands behind the one space: it may hold spaces (RFC 1939 section 7).
            if letters + 1 < text {
                isSecret = true
                secret(.password, letters + 1..<text, line, offer, &handler)
            }
        case .apop:
            let digest = line.word(from: argument.upperBound, to: text)
            if !digest.isEmpty {
                isSecret = true
                secret(.apopDigest, digest.lowerBound..<text, line, offer, &handler)
            }
        case .auth where !argument.isEmpty:
            isSecret = auth(line, argument, text, offer, &handler)
        case .auth, .capa: body = .listing
        case .list, .uidl, .lang: body = argument.isEmpty ? .listing : .none
        case .retr: body = .retr
        case .top: body = .top
        case .unknown where offer.base < suspectUntil && text > 0:
            isSecret = true
            secret(.opaque, 0..<text, line, offer, &handler)
        case .unknown where text == 0:
            emit(.anomaly(.emptyCommand), offer.range(0, line.byteCount), exchanges, offer, &handler)
        default: break
        }
        if expectsGreeting, !hasGreeted, exchanges == 0 {
            emit(.anomaly(.commandBeforeGreeting), offer.range(0, line.byteCount), exchanges, offer, &handler)
        }
        begin(
            .command(verb: verb.rawValue), line, offer,
            PendingReply(exchange: exchanges, verb: verb.rawValue, kind: .command, body: body), &handler)
        awaitedUntil = offer.base &+ UInt64(line.byteCount)
        if verb == .auth, !argument.isEmpty { client = .awaitingAUTH }
        if verb == .stls { client = .awaitingSTLS }
        return isSecret
    }

    private mutating func auth(
        _ line: RawSpan, _ name: Range<Int>, _ text: Int, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Bool {
        var progress = SASLProgress(mechanism: line.extracting(name))
        defer { sasl = progress }
        let initial = line.word(from: name.upperBound, to: text)
        guard !initial.isEmpty, let kind = progress.response(line.extracting(initial)) else { return false }
        let isWhole = initial.upperBound == text
        secret(isWhole ? kind : .opaque, initial.lowerBound..<text, line, offer, &handler)
        return true
    }

    /// A line behind a gap that is no command: it may be a SASL response or part of a password.
    private mutating func fragment(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Bool {
        if text > 0 { secret(.opaque, 0..<text, line, offer, &handler) }
        let range = offer.range(0, line.byteCount)
        emit(.anomaly(.afterGap), range, exchanges, offer, &handler)
        handler.handle(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: .fragment), line)
        return text > 0
    }

    mutating func beginTLS(_ offer: Offer, _ handler: inout some DialogueHandler) {
        client = .tls
        clientRecords = TLSRecordSkipper()
        clientStretch = offer.base
        pending.removeAll()
        mayTurnToTLS = false
        reportTLS(offer, &handler)
    }

    mutating func reportTLS(_ offer: Offer, _ handler: inout some DialogueHandler) {
        guard !hasReportedTLS else { return }
        hasReportedTLS = true
        emit(.tls(.starttls), offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer, &handler)
    }
}
