/// Finds what may be a credential in the lines that one side says after client and server exchanged their roles.
///
/// Nothing else is decoded there, so replies decide nothing: behind AUTH every line is taken for a response to it until
/// one can only be a command. It rather finds too much than too little; a mail's line that looks like a login is one.
struct TurnedLines: Sendable {
    /// What the next octets are.
    private enum Place: Sendable {
        case lineStart
        /// The rest of a line over the limit.
        case rest(isSecret: Bool)
    }

    private var place = Place.lineStart
    /// Whether a line may be a SASL response.
    private var awaitsResponse = false

    /// Takes from the front of `bytes`: the octets that are decided, and those of them that may be a credential.
    ///
    /// - Parameter limit: octets of a line that are waited for.
    mutating func next(in bytes: RawSpan, limit: Int) -> (length: Int, secret: Range<Int>?) {
        if case .rest(let isSecret) = place {
            guard let rest = LineScan.rest(in: bytes) else {
                let length = bytes.endOfSkipping
                return (length, isSecret && length > 0 ? 0..<length : nil)
            }
            place = .lineStart
            let text = rest.length - rest.lineEnd
            return (rest.length, isSecret && text > 0 ? 0..<text : nil)
        }
        switch LineScan.next(in: bytes, from: 0, limit: limit) {
        case .incomplete: return (0, nil)
        case .tooLong(let kept):
            let found = secret(in: bytes, to: kept)
            place = .rest(isSecret: found != nil)
            return (kept, found)
        case .line(let length, let text, _): return (length, secret(in: bytes, to: text))
        }
    }

    /// What of a line that a gap or the end cuts off may be a credential.
    mutating func cut(_ bytes: RawSpan) -> Range<Int>? {
        let isLogin = bytes.mayBeginLogin
        if case .rest(isSecret: true) = place { return 0..<bytes.byteCount }
        return secret(in: bytes, to: bytes.byteCount) ?? (isLogin ? 0..<bytes.byteCount : nil)
    }

    /// Octets were lost: AUTH may be among them.
    mutating func lose() {
        place = .lineStart
        awaitsResponse = true
    }

    private mutating func secret(in line: RawSpan, to text: Int) -> Range<Int>? {
        guard text > 0, !isReply(line, text) else { return nil }
        if let arguments = login(in: line, to: text) { return arguments.isEmpty ? nil : arguments }
        guard awaitsResponse else {
            let hidden = line.misspelledLogin(to: text)
            return hidden.flatMap { $0.isEmpty ? nil : $0 }
        }
        let (code, letters) = line.verbCode(from: 0, to: text)
        let isAlone = letters == text || line[octet: letters] == 32
        guard isAlone, SMTPVerb(code: code) != .unknown else { return 0..<text }
        awaitsResponse = false
        return nil
    }

    /// What stands behind AUTH or PASS, and behind the mechanism's name; nil where the line is no login.
    private mutating func login(in line: RawSpan, to text: Int) -> Range<Int>? {
        var start = 0
        while start < text, line[octet: start] <= 32 || line[octet: start] >= 127 { start += 1 }
        let verb = line.word(from: start, to: text)
        let isAuth = verb.count == 4 && line.hasPrefix("AUTH", from: verb.lowerBound)
        guard isAuth || verb.count == 4 && line.hasPrefix("PASS", from: verb.lowerBound) else { return nil }
        let name = line.word(from: verb.upperBound, to: text)
        if !isAuth { return name.isEmpty ? text..<text : name.lowerBound..<text }
        awaitsResponse = true
        // Without a mechanism's name this is the response.
        guard line.extracting(name).namesMechanism else { return name.lowerBound..<text }
        let response = line.word(from: name.upperBound, to: text)
        return response.isEmpty ? text..<text : response.lowerBound..<text
    }

    /// `250-AUTH PLAIN` and the like, which no response in base64 can be.
    private func isReply(_ line: RawSpan, _ text: Int) -> Bool {
        guard text > 3, (0..<3).allSatisfy({ (48...57).contains(line[octet: $0]) }) else { return false }
        return line[octet: 3] == 32 || line[octet: 3] == 45
    }
}

extension SMTPDecoder {
    /// A line behind an exchange of roles.
    mutating func turnedLine(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        let (length, secret) =
            offer.side == .client
            ? turnedClient.next(in: bytes, limit: limits.lineLength)
            : turnedServer.next(in: bytes, limit: limits.lineLength)
        mask(secret, of: bytes.extracting(0..<length), offer, &events)
        return length
    }

    /// A line behind an exchange of roles that will not be whole.
    mutating func turnedFragment(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) {
        let secret = offer.side == .client ? turnedClient.cut(bytes) : turnedServer.cut(bytes)
        mask(secret, of: bytes, offer, &events)
    }

    /// Also what was said before and is repeated now.
    private mutating func mask(
        _ found: Range<Int>?, of line: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) {
        if let found {
            spoken.note(line.extracting(found), .opaque)
            secret(.opaque, found, line, offer, &events)
        } else if !spoken.isEmpty {
            for place in spoken.places(in: line) {
                secret(.opaque, place, line, offer, &events)
            }
        }
    }
}
