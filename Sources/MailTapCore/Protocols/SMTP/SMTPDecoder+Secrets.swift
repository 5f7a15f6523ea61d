extension SMTPDecoder {
    // MARK: What the server repeats

    /// Reports what of a reply's line may be a credential, before the line itself.
    ///
    /// Those that the client was seen to say are looked for. Where a login was lost, the refusal that may answer it is
    /// covered whole, behind its codes; and what a session says later of one that was not seen, by its words.
    mutating func coverSecrets(
        of line: RawSpan, _ text: Int, _ code: UInt16?, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let isLoginReply = code == 334 || code == 235 || code == 535
        if isLoginReply { noteLoginReply() }
        defer {
            if code != nil, lostLogin == .unanswered { lostLogin = .answered }
            if code == 235, lostLogin != .over { lostLogin = .over }
        }
        let isRefusal = code.map { $0 / 100 == 4 || $0 / 100 == 5 } ?? true
        if isRefusal, client == .sasl || isUnheardLogin(code) {
            // It came instead of a response, or before one that is seen only later, or not at all.
            lostLogin = .answered
            secretIsUnknown = true
        }
        guard !spoken.isEmpty || isRefusal && (secretIsUnknown || lostLogin == .unanswered || lostLogin == .answered)
        else { return }
        var places = spoken.places(in: line.extracting(0..<text), isRefusal || code == 334 ? .refusal : .text)
        let words = code == nil ? 0..<text : line.wordsOfReply(to: text)
        if isRefusal, !words.isEmpty, mayRefuseLogin(code, line, text) {
            if lostLogin == .unanswered || lostLogin == .answered {
                places = [words]
            } else if secretIsUnknown {
                places = SpokenSecrets.joined(places + line.unusualWords(in: words))
            }
        }
        // A line without its end was cut off, perhaps within a secret.
        if text == line.byteCount, let rest = spoken.cutOff(atEndOf: line) {
            places = SpokenSecrets.joined(places + [rest])
        }
        for place in places {
            secret(.opaque, place, line, offer, of: server.open?.exchange, &events)
        }
    }

    /// A reply that only a login has: where no AUTH waits for one, that was lost.
    private mutating func noteLoginReply() {
        guard server.hasSpoken || !server.expectsGreeting, pending.first?.verb != SMTPVerb.auth.rawValue,
            pending.isEmpty || clientHasLost || !server.expectsGreeting
        else { return }
        secretIsUnknown = true
        if lostLogin != .over { lostLogin = .answered }
    }

    /// Whether a refusal has nothing to refuse but a login or a response to a challenge, of which either was lost.
    private func isUnheardLogin(_ code: UInt16?) -> Bool {
        guard spoken.isEmpty, server.open == nil, server.hasSpoken || !server.expectsGreeting else { return false }
        guard let answered = pending.first else {
            return serverHasLost && lostLogin == .none && content.exchange == 0 && acceptedRecipients == 0
        }
        return code == 535 && answered.verb == SMTPVerb.auth.rawValue && answered.kind == .command
            && (serverHasLost || clientHasLost || !server.expectsGreeting)
    }

    /// Whether a refusal may be that of a login, or of the lines that were said in one's place.
    ///
    /// Those of a mail's sender, recipients and content speak of them: RFC 4954 section 4 permits no login there.
    private func mayRefuseLogin(_ code: UInt16?, _ line: RawSpan, _ text: Int) -> Bool {
        guard let code else { return true }
        switch code {
        // RFC 4954 section 6, and what unknown lines and a server that hangs up get.
        case 421, 432, 454, 500...504, 525, 530, 534, 535, 538: return true
        default: break
        }
        // Enhanced codes of security and policy (RFC 3463 section 3.8).
        if text > 8, line[octet: 5] == 46, line[octet: 6] == 55, line[octet: 7] == 46 { return true }
        guard secretIsUnknown else { return false }
        guard let answered = pending.first, answered.kind == .command else { return pending.isEmpty }
        switch SMTPVerb(rawValue: answered.verb) {
        case .mail, .rcpt, .data, .bdat: return false
        default: return true
        }
    }

    /// Half of a reply's line: what stands there may be half of a secret, so it is covered whole where there may be any.
    mutating func coverFragment(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) {
        let mayHoldSecret =
            !spoken.isEmpty || lostLogin != .none || secretIsUnknown || clientHasLost || sasl != nil
            || !server.expectsGreeting || pending.isEmpty
        let end = bytes.endOfText
        guard mayHoldSecret, end > 0 else { return }
        // A beginning that says of itself that it refuses nothing.
        if !server.isAfterGap, let code = bytes.replyCode(to: end), (200..<400).contains(code) {
            coverSecrets(of: bytes, end, code, offer, &events)
        } else {
            secret(.opaque, 0..<end, bytes, offer, &events)
        }
    }

    // MARK: What of the client was lost

    /// Commands were lost: a login may be among them, unless mails were sent before, as a login comes first.
    mutating func noteLostCommands() {
        if client == .sasl || client == .awaiting(.auth) || client == .alone(.auth) || suspectsResponse
            || suspectsAfterGap
        {
            secretIsUnknown = true
        }
        let hasMailed = content.exchange > 0 || acceptedRecipients > 0
        if lostLogin != .over, !hasMailed { lostLogin = .unanswered }
    }

    mutating func foresee(_ bytes: RawSpan, from base: UInt64) {
        let answersAUTH = client == .awaiting(.auth) || client == .alone(.auth)
        // Elsewhere a message may wait.
        guard answersAUTH || exchanges == 0 else { return }
        waitingLogins.look(at: bytes, from: base, answersAUTH ? sasl : nil, into: &spoken)
    }
}

extension RawSpan {
    /// What stands behind the codes of a reply's line (RFC 5321 section 4.2, RFC 2034).
    fileprivate func wordsOfReply(to text: Int) -> Range<Int> {
        let start = min(4, text)
        let first = word(from: start, to: text)
        let isEnhanced =
            first.count >= 5 && (50...53).contains(self[octet: first.lowerBound])
            && self[octet: first.lowerBound + 1] == 46
            && first.allSatisfy { self[octet: $0] == 46 || (48...57).contains(self[octet: $0]) }
        let rest = isEnhanced ? word(from: first.upperBound, to: text) : first
        return rest.isEmpty ? text..<text : rest.lowerBound..<text
    }

    /// Where the octets' text ends: before their line end, if they have one.
    fileprivate var endOfText: Int {
        var end = byteCount
        if end > 0, self[octet: end - 1] == 10 { end -= 1 }
        if end > 0, self[octet: end - 1] == 13 { end -= 1 }
        return end
    }
}
