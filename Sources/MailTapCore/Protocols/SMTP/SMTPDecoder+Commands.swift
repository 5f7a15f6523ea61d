extension SMTPDecoder {
    // MARK: The client's lines

    /// One command line, or one SASL response.
    mutating func commandLine(
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
        if let kind { secret(kind, 0..<text, line, offer, &events) }
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
        if clientIsAfterGap, !line.mayBeArgument(of: verb, from: letters) {
            // In mid-stream a line that is no command may be anything: the rest of a message, or a SASL response.
            if server.expectsGreeting || !line.hasFormOfSMTPCommand(to: text) {
                return fragment(line, text, offer, &events)
            }
        }
        clientIsAfterGap = false
        isDataLost = false
        if lostLogin == .answered, pending.isEmpty, verb != .unknown { lostLogin = .none }
        let isSecret = coverCredentials(of: verb, line, letters, text, offer, &events)
        if verb != .unknown { suspectsResponse = verb == .auth }
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
        case .bdat: beginChunk(line, letters, text, offer, &events)
        case .lhlo: isLMTP = true
        default: break
        }
        return isSecret
    }

    /// Reports what of a command may be a credential; returns whether anything may.
    private mutating func coverCredentials(
        of verb: SMTPVerb, _ line: RawSpan, _ letters: Int, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        var isSecret = false
        switch verb {
        case .auth:
            let arguments = AUTHArguments(in: line, from: letters, to: text)
            sasl = arguments.progress
            if let (kind, place) = arguments.secret {
                isSecret = true
                secret(kind, place, line, offer, &events)
            }
        case .burl:
            for place in line.urlSecrets(in: line.word(from: letters, to: text)) {
                isSecret = true
                secret(.opaque, place, line, offer, &events)
            }
        case .xclient:
            if let password = line.value(of: "PASSWORD=", from: letters, to: text) {
                isSecret = true
                secret(.opaque, password, line, offer, &events)
            }
        case .unknown where text == 0:
            anomaly(.emptyCommand, offer.range(0, line.byteCount), exchanges, offer, &events)
        case .unknown where offer.base < suspectUntil || suspectsResponse:
            isSecret = true
            secret(.opaque, 0..<text, line, offer, &events)
        case .unknown:
            // A login that is none to the server was meant as one, and so may be the lines behind it.
            guard
                let arguments = line.hiddenArguments(of: ["AUTH", "PASS", "LOGIN"], to: text)
                    ?? line.misspelledLogin(to: text)
            else { break }
            suspectsResponse = true
            isSecret = !arguments.isEmpty
            if isSecret { secret(.opaque, arguments.lowerBound..<text, line, offer, &events) }
        default: break
        }
        guard !isSecret, !spoken.isEmpty, verb.takesFreeText else { return isSecret }
        // A command's own name is none, whatever was once said in a response's place.
        let start = verb == .unknown ? 0 : min(letters, text)
        for place in spoken.places(in: line.extracting(start..<text)) {
            isSecret = true
            secret(.opaque, start + place.lowerBound..<start + place.upperBound, line, offer, &events)
        }
        return isSecret
    }
}
