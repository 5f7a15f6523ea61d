extension SMTPDecoder {
    // MARK: What a reply decides

    /// A reply is whole: the state moves.
    mutating func conclude(
        _ code: UInt16, _ exchange: UInt32, _ text: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) {
        guard let answered = pending.first, answered.exchange == exchange else { return }
        let isPositive = code / 100 == 2
        let verb = SMTPVerb(rawValue: answered.verb) ?? .unknown
        let endsContent = answered.kind == .content || answered.kind == .chunk(isLast: true)
        if endsContent, isLMTP, repliesToContent &+ 1 < acceptedRecipients {
            repliesToContent &+= 1
            return
        }
        if endsContent, judgesRecipients ? repliesToContent < acceptedRecipients : code == 353 {
            // The verdicts on the recipients, then one on the whole.
            if judgesRecipients { repliesToContent &+= 1 } else { contentIsAnswered() }
            judgesRecipients = true
            return
        }
        pending.removeFirst()
        let isNewest = pending.isEmpty
        if isNewest {
            isBehindLoss = false
            server.noteStep(isCertain: isPositive && (verb == .ehlo || verb == .helo || verb == .lhlo))
        }
        if endsContent { contentIsSettled() }
        switch (answered.kind, verb) {
        case (.content, _):
            contentIsAnswered()
        case (.continuation, _), (.command, .auth):
            authIsAnswered(code, text, isNewest)
        case (.command, .data):
            dataIsAnswered(code, isNewest, offer, &events)
        case (.command, .starttls):
            startTLSIsAnswered(code, isNewest)
        case (.command, .atrn), (.command, .turn):
            guard isPositive, isNewest, client == .commands else { return }
            anomaly(.rolesTurned, offer.range(0, 0), exchange, offer, &events)
            client = .turned
            stretch = awaitedFrom
        case (.command, .rcpt):
            if isPositive { acceptedRecipients &+= 1 }
        case (.command, .lhlo):
            isLMTP = isPositive
            if isPositive { acceptedRecipients = 0 }
        case (.command, .ehlo), (.command, .helo):
            if isPositive { (isLMTP, acceptedRecipients) = (false, 0) }
        case (.command, .mail), (.command, .rset):
            if isPositive { acceptedRecipients = 0 }
        default: break
        }
    }

    /// The server answered the open content, or said so of the dot line that may end it.
    mutating func contentIsAnswered() {
        switch client {
        case .content: content.isAnsweredEarly = true
        case .afterCandidate: content.candidate?.verdict = .taken
        default: break
        }
    }

    private mutating func authIsAnswered(_ code: UInt16, _ text: RawSpan, _ isNewest: Bool) {
        guard isNewest, client == .awaiting(.auth) || client == .alone(.auth) else { return }
        if code == 334 {
            sasl?.challenge(text)
            client = .sasl
        } else {
            sasl = nil
            client = .commands
            suspectsResponse = code != 235
            // What was said before it may be a response, too: this reply may be that to a later one.
            suspectUntil = max(suspectUntil, awaitedUntil)
        }
    }

    private mutating func dataIsAnswered(
        _ code: UInt16, _ isNewest: Bool, _ offer: Offer, _ events: inout EventBuffer
    ) {
        guard isNewest, client == .awaiting(.data) || client == .alone(.data) else { return }
        client = code / 100 == 3 ? .opening : .commands
        if code / 100 == 3, awaitedUntil > awaitedFrom {
            anomaly(
                .contentBeforeGoAhead, StreamRange(.client, awaitedFrom, awaitedUntil),
                exchanges == 0 ? 0 : exchanges - 1,
                offer, &events)
        }
    }

    private mutating func startTLSIsAnswered(_ code: UInt16, _ isNewest: Bool) {
        guard isNewest, client == .awaiting(.starttls) || client == .alone(.starttls) else { return }
        guard code == 220 else {
            client = .commands
            return
        }
        suspectUntil = max(suspectUntil, awaitedUntil)
        client = .goAhead
        server.line = .goAhead
    }

    /// Content may follow a 354 even where its DATA was not seen.
    mutating func noteGoAhead(_ code: UInt16) {
        let isForNewest = pending.count == 1 && pending.first?.verb == SMTPVerb.data.rawValue
        isDataLost = code == 354 && client == .commands && (pending.isEmpty || isForNewest)
        // Where commands came before the first that was seen, DATA may seem to have had its reply already.
        guard isDataLost, clientIsAfterGap || !server.expectsGreeting && pending.isEmpty else { return }
        client = .opening
        clientIsAfterGap = false
        isDataLost = false
    }

    /// The first command that waits got its answer, of which nothing can be told.
    mutating func giveUpFirst() {
        if pending.first?.kind == .content { contentIsAnswered() }
        if pending.first?.kind == .content || pending.first?.kind == .chunk(isLast: true) { contentIsSettled() }
        pending.removeFirst()
    }

    /// All verdicts on the content were given.
    mutating func contentIsSettled() {
        repliesToContent = 0
        acceptedRecipients = 0
        judgesRecipients = false
    }
}
