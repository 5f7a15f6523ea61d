extension POP3Decoder {
    // MARK: What the server repeats

    /// Reports what of a response's line may be a credential, before the line itself.
    ///
    /// Those that the client was seen to say are looked for. The refusal that may answer a login that was lost is covered
    /// whole; and what a session says later of one that was not seen, by its words.
    mutating func coverSecrets(
        of line: RawSpan, _ text: Int, _ status: ReplyStatus, isLostLogin: Bool, _ offer: Offer,
        _ events: inout EventBuffer
    ) {
        let isRefusal = status == .err || status == .none
        // A capture that begins in mid-session has missed the login, until it shows one.
        let secretIsUnknown = secretIsUnknown || !expectsGreeting && lostLogin != .over
        guard !spoken.isEmpty || isRefusal && (isLostLogin || secretIsUnknown) else { return }
        var places = spoken.places(in: line.extracting(0..<text), status == .ok ? .text : .refusal)
        let words = status == .err ? Self.words(line, text) : 0..<text
        if isRefusal, isLostLogin {
            places = words.isEmpty ? [] : [words]
        } else if isRefusal, secretIsUnknown {
            places = SpokenSecrets.joined(places + line.unusualWords(in: words))
        }
        // A line without its end was cut off, perhaps within a secret.
        if text == line.byteCount, let rest = spoken.cutOff(atEndOf: line) {
            places = SpokenSecrets.joined(places + [rest])
        }
        for place in places { secret(.opaque, place, line, offer, &events) }
    }

    /// As for a response, in a line of a listing: where a command is not answered, a later one's response may stand there.
    mutating func coverSecrets(
        ofListing line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let mayBeResponse = text > 0 && (line[octet: 0] == UInt8(ascii: "+") || line[octet: 0] == UInt8(ascii: "-"))
        let status = mayBeResponse ? Self.status(line, text) : .none
        if status == .none {
            guard !spoken.isEmpty else { return }
            for place in spoken.places(in: line.extracting(0..<text), .data) {
                secret(.opaque, place, line, offer, &events)
            }
        } else {
            coverSecrets(of: line, text, status, isLostLogin: refusesLostLogin(pending.first), offer, &events)
        }
    }

    /// A line that is none of a response, or half of one: half a line is covered whole where there may be a secret.
    mutating func coverFragment(
        _ line: RawSpan, _ text: Int, isCut: Bool, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let mayHoldSecret =
            !spoken.isEmpty || lostLogin != .none || secretIsUnknown || awaitsPassword || sasl != nil || serverHasLost
        if isCut, text > 0, mayHoldSecret {
            secret(.opaque, 0..<text, line, offer, &events)
            return
        }
        var places = spoken.places(in: line.extracting(0..<text), .refusal)
        if text == line.byteCount, let rest = spoken.cutOff(atEndOf: line) {
            places = SpokenSecrets.joined(places + [rest])
        }
        for place in places { secret(.opaque, place, line, offer, &events) }
    }

    /// Whether a refusal may be the answer to a login that was not seen; what it says may then be what the login held.
    func refusesLostLogin(_ answered: PendingReply?) -> Bool {
        switch lostLogin {
        case .over: false
        case .unanswered, .answered: hasGreeted || !expectsGreeting
        // The loss may show only later.
        case .none: answered == nil && hasGreeted && (awaitsPassword || client == .sasl || serverHasLost)
        }
    }

    /// What stands behind the `-ERR ` of a line, a response code aside (RFC 2449 section 8).
    private static func words(_ line: RawSpan, _ text: Int) -> Range<Int> {
        var start = min(5, text)
        if start < text, line[octet: start] == UInt8(ascii: "["),
            let close = line.firstIndex(of: UInt8(ascii: "]"), from: start), close < text
        {
            start = close + 1
            while start < text, line[octet: start] == 32 { start += 1 }
        }
        return start..<text
    }

    mutating func foresee(_ bytes: RawSpan, from base: UInt64) {
        waitingLogins.look(at: bytes, from: base, client == .awaitingSTLS ? nil : sasl, into: &spoken)
    }
}
