extension SMTPDecoder {
    // MARK: The server's octets

    mutating func decodeServer(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        switch server.line {
        case .text: return replyLine(bytes, offer, &events)
        case .goAhead:
            guard let isTLS = bytes.looksLikeTLS() else { return 0 }
            server.mayTurnToTLS = true
            server.line = .text
            // Where the client went on in clear first, the server only answers.
            if !isTLS, client == .goAhead || client == .tls {
                anomaly(
                    .plaintextBehindGoAhead, offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer, &events)
            }
            return replyLine(bytes, offer, &events)
        case .tls:
            guard let clear = server.records.skip(bytes) else { return bytes.byteCount }
            endOpaque(offer.range(clear, clear), offer.arrivals.time(at: offer.base &+ UInt64(clear)), &events)
            server.line = .text
            server.mayTurnToTLS = true
            return clear
        case .turned: return turnedLine(bytes, offer, &events)
        case .skipping:
            guard let rest = LineScan.rest(in: bytes) else { return bytes.endOfSkipping }
            endSkipping(
                StreamRange(.server, server.stretch, offer.base &+ UInt64(rest.length)), lineEnd: rest.lineEnd, false,
                offer, &events)
            server.line = .text
            return rest.length
        }
    }

    private mutating func replyLine(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if bytes[octet: 0] >= 20, bytes[octet: 0] <= 23, let isTLS = bytes.looksLikeTLS(), isTLS {
            if !server.mayTurnToTLS {
                anomaly(.unexpectedTLS, offer.range(0, 0), exchanges, offer, &events)
            }
            server.line = .tls
            server.records = TLSRecordSkipper()
            server.stretch = offer.base
            server.open = nil
            mayTurnToTLS = true
            reportTLS(offer, &events)
            return decodeServer(bytes, offer, &events)
        }
        let length: Int
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: limits.lineLength) {
        case .incomplete: return 0
        case .tooLong(let kept):
            (length, text) = (kept, kept)
            server.line = .skipping
            server.stretch = offer.base &+ UInt64(kept)
            anomaly(.lineTooLong, offer.range(0, kept), server.open?.exchange ?? exchanges, offer, &events)
        case .line(let whole, let inner, let isBareLF):
            (length, text) = (whole, inner)
            if isBareLF, !server.isAfterGap || inner > 0 {
                anomaly(.bareLF, offer.range(text, whole), server.open?.exchange ?? exchanges, offer, &events)
            }
        }
        reply(bytes.extracting(0..<length), text, offer, &events)
        return length
    }

    mutating func reply(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let code = line.replyCode(to: text)
        let separator: UInt8 = text > 3 ? line[octet: 3] : 32
        if server.isAfterGap {
            guard let code, separator == 32 || separator == 45 else {
                coverFragment(line, offer, &events)
                let range = offer.range(0, line.byteCount)
                events.append(
                    Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: .fragment),
                    line)
                return
            }
            server.isAfterGap = false
            let isOwned = pending.realign { $0.kind == .lost || Self.canAnswer($0, code) }
            if !isOwned, clientHasLost { server.isOrphan = true }
        }
        closeLeftOpen(before: code, offer, &events)
        coverSecrets(of: line, text, code, offer, &events)
        guard let code else {
            statuslessLine(line, offer, &events)
            return
        }
        if code == 354, server.open == nil, client == .awaiting(.data), pending.last?.verb == SMTPVerb.data.rawValue {
            // Nothing but DATA can be answered so: the server did not answer the commands before it.
            pending.keepLast()
        }
        if code == 334 || code == 235 || code == 535, server.open == nil, client == .awaiting(.auth),
            pending.last?.verb == SMTPVerb.auth.rawValue, pending.first?.verb != SMTPVerb.auth.rawValue
        {
            // Nothing but AUTH can be answered so, either.
            pending.keepLast()
        }
        if code == 221, !server.expectsGreeting, !server.isInStep, server.open == nil,
            pending.last?.verb == SMTPVerb.quit.rawValue
        {
            // Nothing but QUIT can be answered so: the server's first words were lost with the beginning.
            pending.keepLast()
        }
        if server.open == nil, repliesToContent > 0, let content = pending.first, let next = pending.second,
            !Self.canAnswer(content, code), Self.canAnswer(next, code)
        {
            // No verdict on the content is such: the server gave fewer than there are recipients (RFC 2033 section 4.2).
            pending.removeFirst()
            contentIsSettled()
        }
        let exchange = server.open?.exchange ?? replyBegins(code, offer, line.byteCount, &events)
        if let open = server.open, open.code != code, open.code != 0 {
            anomaly(.replyCodesDiffer, offer.range(0, line.byteCount), exchange, offer, &events)
        }
        if separator != 32, separator != 45 {
            anomaly(.replySeparatorMissing, offer.range(0, line.byteCount), exchange, offer, &events)
        }
        let isLast = separator != 45
        let range = offer.range(0, line.byteCount)
        events.append(
            Event(
                time: offer.arrivals.time(at: range.end), range: range, exchange: exchange,
                kind: .reply(ReplyStatus(rawValue: code), isLast: isLast)), line)
        guard isLast else {
            server.open = (exchange, code)
            server.openedAt = (exchanges, awaitedUntil)
            if case .auth? = pending.first.flatMap({ SMTPVerb(rawValue: $0.verb) }), code == 334 {
                sasl?.challenge(line.extracting(min(4, text)..<text))
            }
            return
        }
        server.open = nil
        noteGoAhead(code)
        conclude(code, exchange, line.extracting(min(4, text)..<text), offer, &events)
        if client == .turned {
            server.line = .turned
            server.stretch = range.end
        }
    }

    /// Content may follow a 354 even where its DATA was not seen.
    private mutating func noteGoAhead(_ code: UInt16) {
        let isForNewest = pending.count == 1 && pending.first?.verb == SMTPVerb.data.rawValue
        isDataLost = code == 354 && client == .commands && (pending.isEmpty || isForNewest)
        guard isDataLost, clientIsAfterGap else { return }
        client = .opening
        clientIsAfterGap = false
        isDataLost = false
    }

    /// Closes a reply whose end was not said, where the client has gone on since: it took it for whole.
    ///
    /// That is a line without a code, which then answers its command, or one with a hyphen behind which a reply of another
    /// code comes. So a server's slip does not shift all replies that follow.
    private mutating func closeLeftOpen(before code: UInt16?, _ offer: Offer, _ events: inout EventBuffer) {
        guard let open = server.open, exchanges > server.openedAt.exchanges, open.code == 0 || code != nil,
            open.code != code
        else { return }
        // The greeting may stand behind such a line; the client may have been heard before either was understood.
        if open.code == 0, open.exchange == 0, code == 220, server.expectsGreeting { return }
        server.open = nil
        guard open.code != 0 else {
            if pending.first?.exchange == open.exchange { giveUpFirst() }
            return
        }
        anomaly(.replyNotEnded, offer.range(0, 0), open.exchange, offer, &events)
        conclude(open.code, open.exchange, RawSpan(), offer, &events)
    }

    /// The first command that waits got its answer, of which nothing can be told.
    private mutating func giveUpFirst() {
        if pending.first?.kind == .content { contentIsAnswered() }
        if pending.first?.kind == .content || pending.first?.kind == .chunk(isLast: true) { contentIsSettled() }
        pending.removeFirst()
    }

    /// All verdicts on the content were given.
    private mutating func contentIsSettled() {
        repliesToContent = 0
        acceptedRecipients = 0
        judgesRecipients = false
    }

    /// A line without a code came in the place of a reply that decides what the client's next octets are, and the client
    /// has gone on.
    mutating func isPassedOver() -> Bool {
        guard let open = server.open, open.code == 0, case .awaiting(let decision) = client,
            awaitedUntil > server.openedAt.awaited, pending.count == 1, pending.first?.exchange == open.exchange
        else { return false }
        server.open = nil
        passesOver = true
        pending.removeFirst()
        // Without 220 nobody may begin TLS, but a client that does is followed.
        if decision == .starttls { mayTurnToTLS = true }
        client = decision == .starttls ? .commands : .alone(decision)
        return true
    }

    /// A line that begins with no reply code: goes with the reply that is open, or with the next one.
    private mutating func statuslessLine(
        _ line: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let exchange = server.open?.exchange ?? replyBegins(0, offer, line.byteCount, &events)
        if server.open == nil { server.open = (exchange, 0) }
        server.openedAt = (exchanges, awaitedUntil)
        anomaly(.replyWithoutStatus, offer.range(0, line.byteCount), exchange, offer, &events)
        let range = offer.range(0, line.byteCount)
        events.append(
            Event(
                time: offer.arrivals.time(at: range.end), range: range, exchange: exchange,
                kind: .reply(.none, isLast: false)), line)
    }

    /// The exchange to which a new reply belongs.
    private mutating func replyBegins(
        _ code: UInt16, _ offer: Offer, _ length: Int, _ events: inout EventBuffer
    ) -> UInt32 {
        if server.expectsGreeting, !server.hasSpoken {
            server.hasSpoken = true
            defer { exchanges &+= 1 }
            return exchanges
        }
        server.hasSpoken = true
        if server.isOrphan {
            server.isOrphan = false
            defer { exchanges &+= 1 }
            return exchanges
        }
        if let first = pending.first {
            if first.kind == .lost {
                pending.removeFirst()
                defer { exchanges &+= 1 }
                return exchanges
            }
            // More commands were lost than one.
            guard isBehindLoss, code != 0, !Self.canAnswer(first, code) else { return first.exchange }
            defer { exchanges &+= 1 }
            return exchanges
        }
        if server.expectsGreeting || exchanges > 0 {
            anomaly(.replyWithoutCommand, offer.range(0, length), exchanges, offer, &events)
        }
        unasked &+= 1
        defer { exchanges &+= 1 }
        return exchanges
    }

    /// A reply is whole: the state moves.
    private mutating func conclude(
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

    private mutating func contentIsAnswered() {
        switch client {
        case .content: isAnsweredEarly = true
        case .afterCandidate: candidate?.isTaken = true
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

    /// Whether a reply of this code can be the answer, for finding the way back after lost replies.
    static func canAnswer(_ pending: PendingReply, _ code: UInt16) -> Bool {
        if pending.kind == .lost { return false }
        if code / 100 == 4 || code / 100 == 5 { return code != 535 || pending.verb == SMTPVerb.auth.rawValue }
        let verb = SMTPVerb(rawValue: pending.verb) ?? .unknown
        switch (pending.kind, verb) {
        case (.content, _): return code == 250
        case (.continuation, _), (.command, .auth): return code == 334 || code == 235
        case (.command, .data): return code == 354
        case (.command, .quit): return code == 221
        case (.command, .starttls): return code == 220
        default: return code / 100 == 2 && code != 221 && code != 235
        }
    }

    mutating func serverGap(
        _ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer
    ) {
        serverHasLost = true
        report(gap: range, server.open?.exchange ?? pending.first?.exchange ?? exchanges, time, &events)
        switch server.line {
        case .tls, .turned:
            let start = server.stretch
            if range.start > start {
                events.append(
                    Event(
                        time: time, range: StreamRange(.server, start, range.start), exchange: exchanges, kind: .opaque),
                    RawSpan())
            }
            server.records.loseStep()
            turnedServer.lose()
            server.stretch = range.end
            return
        case .skipping:
            endSkipping(StreamRange(.server, server.stretch, range.start), false, time, &events)
        default: break
        }
        server.line = .text
        server.open = nil
        server.hasSpoken = true
        server.isAfterGap = true
        pending.noteGap()
        if case .awaiting(let decision) = client { client = .alone(decision) }
    }

    mutating func abandonServer(
        _ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer
    ) {
        // The last reply may lack its line end; anything else that is cut stays a fragment.
        if atEnd, server.line == .text, bytes.replyCode(to: bytes.byteCount) != nil {
            reply(bytes, bytes.byteCount, offer, &events)
            return
        }
        if server.line == .turned { turnedFragment(bytes, offer, &events) }
        if server.line != .text { return }
        coverFragment(bytes, offer, &events)
        events.append(
            Event(
                time: offer.arrivals.latest, range: offer.range(0, bytes.byteCount), exchange: exchanges,
                kind: .fragment), bytes)
    }

    // MARK: Emitting

    func anomaly(
        _ anomaly: Anomaly, _ range: StreamRange, _ exchange: UInt32, _ offer: Offer,
        _ events: inout EventBuffer
    ) {
        events.append(
            Event(
                time: offer.arrivals.time(at: range.end), range: range, exchange: exchange, kind: .anomaly(anomaly)),
            RawSpan())
    }

    mutating func secret(
        _ kind: SecretKind, _ from: Int, _ to: Int, _ line: RawSpan, _ offer: Offer, _ exchange: UInt32,
        _ events: inout EventBuffer
    ) {
        let range = offer.range(from, to)
        if offer.side == .client { spoken.note(line.extracting(from..<to), kind) }
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchange, kind: .secret(kind)),
            line.extracting(from..<to))
    }

    /// A line that begins an exchange and waits for its reply.
    mutating func begin(
        _ kind: Event.Kind, _ line: RawSpan, _ offer: Offer, verb: SMTPVerb, pendingKind: PendingReply.Kind,
        _ events: inout EventBuffer
    ) {
        let range = offer.range(0, line.byteCount)
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: kind), line)
        pending.append(PendingReply(exchange: exchanges, verb: verb.rawValue, kind: pendingKind))
        unasked = 0
        exchanges &+= 1
    }
}

extension RawSpan {
    /// The three digits of an SMTP reply line, or nil.
    func replyCode(to end: Int) -> UInt16? {
        guard end >= 3 else { return nil }
        var code: UInt16 = 0
        for index in 0..<3 {
            let octet = self[octet: index]
            guard octet >= 48, octet <= 57 else { return nil }
            code = code * 10 + UInt16(octet - 48)
        }
        return code >= 100 ? code : nil
    }
}
