extension SMTPDecoder {
    // MARK: TLS

    /// Behind the server's go-ahead: ciphertext, or clear text that plainly goes on (RFC 3207 section 4).
    mutating func goAhead(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        guard let isTLS = bytes.looksLikeTLS() else { return 0 }
        mayTurnToTLS = true
        if isTLS {
            beginTLS(offer, &events)
            return decode(bytes, offer, &events)
        }
        let injected = offer.base < suspectUntil
        anomaly(
            injected ? .plaintextAfterSTARTTLS : .clearTextGoesOn, offer.range(0, 0),
            exchanges == 0 ? 0 : exchanges - 1,
            offer, &events)
        client = .commands
        return decode(bytes, offer, &events)
    }

    mutating func beginTLS(_ offer: Offer, _ events: inout EventBuffer) {
        client = .tls
        clientRecords = TLSRecordSkipper()
        stretch = offer.base
        pending.removeAll()
        server.mayTurnToTLS = true
        mayTurnToTLS = false
        reportTLS(offer, &events)
    }

    mutating func reportTLS(_ offer: Offer, _ events: inout EventBuffer) {
        guard !server.hasReportedTLS else { return }
        server.hasReportedTLS = true
        events.append(
            Event(
                time: offer.arrivals.latest, range: offer.range(0, 0), exchange: exchanges == 0 ? 0 : exchanges - 1,
                kind: .tls(.starttls)), RawSpan())
    }

    mutating func endOpaque(_ at: StreamRange, _ time: Timestamp, _ events: inout EventBuffer) {
        let start = at.side == .client ? stretch : server.stretch
        guard at.start > start else { return }
        events.append(
            Event(time: time, range: StreamRange(at.side, start, at.start), exchange: exchanges, kind: .opaque),
            RawSpan())
    }

    // MARK: Gaps and ends

    mutating func gap(_ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer) {
        guard range.side == .client else {
            serverGap(range, at: time, &events)
            return
        }
        // What is lost behind a go-ahead that nothing seen asked for may be the line of DATA alone.
        let mayBeDATALine = pending.isEmpty && range.length <= UInt64("DATA\r\n".utf8.count)
        if client == .opening || client == .commands && isDataLost && !mayBeDATALine {
            // The message's first octets are among the lost ones.
            isDataLost = false
            clientIsAfterGap = false
            openContent(Offer(side: .client, base: range.start, arrivals: Arrivals(latest: time)), &events)
        }
        switch client {
        case .content, .afterCandidate:
            interruptContent(range.start, at: time, &events)
            report(gap: range, contentExchange, time, &events)
            scanner.skipLost()
            isAtLineStart = false
            candidate = nil
            client = .content
            stretch = range.end
            contentGapEnd = range.end
        case .chunk(let remaining):
            interruptContent(range.start, at: time, &events)
            report(gap: range, contentExchange, time, &events)
            stretch = range.end
            if remaining > range.length {
                client = .chunk(remaining: remaining - range.length)
            } else {
                // The chunk ended inside the gap, and so may have any number of commands behind it.
                endContent(
                    StreamRange(.client, range.end, range.end), time, isComplete: false, &events)
                clientIsAfterGap = remaining < range.length
                if clientIsAfterGap { expectReplyToLost() }
            }
        case .tls:
            endOpaque(StreamRange(.client, range.start, range.start), time, &events)
            clientRecords.loseStep()
            stretch = range.end
            report(gap: range, exchanges, time, &events)
        case .turned:
            turnedClient.lose()
            endOpaque(StreamRange(.client, range.start, range.start), time, &events)
            stretch = range.end
            report(gap: range, exchanges, time, &events)
        case .skipping(let secret):
            noteLostCommands()
            endSkipping(StreamRange(.client, stretch, range.start), secret, time, &events)
            report(gap: range, exchanges, time, &events)
            client = .commands
            clientIsAfterGap = true
        case .opening, .commands, .sasl, .awaiting, .goAhead, .alone:
            noteLostCommands()
            report(gap: range, exchanges, time, &events)
            if client == .sasl || client == .awaiting(.auth) || client == .alone(.auth) { suspectsAfterGap = true }
            // Where the reply to DATA is not known, they may be the message's.
            let mayBeContent = client == .awaiting(.data) || client == .alone(.data)
            client = isDataLost ? .opening : .commands
            clientIsAfterGap = !isDataLost
            isDataLost = false
            if !mayBeContent { expectReplyToLost() }
        }
        clientHasLost = true
    }

    /// Octets between commands were lost, so one command at least, which a reply is owed; it may have come already.
    private mutating func expectReplyToLost() {
        isBehindLoss = true
        if unasked > 0 {
            unasked -= 1
        } else {
            pending.append(PendingReply(exchange: .max, verb: SMTPVerb.unknown.rawValue, kind: .lost))
        }
    }

    func interruptContent(_ end: UInt64, at time: Timestamp, _ events: inout EventBuffer) {
        guard end > stretch else { return }
        events.append(
            Event(
                time: time, range: StreamRange(.client, stretch, end), exchange: contentExchange, kind: .content),
            RawSpan())
    }

    func report(
        gap range: StreamRange, _ exchange: UInt32, _ time: Timestamp, _ events: inout EventBuffer
    ) {
        events.append(Event(time: time, range: range, exchange: exchange, kind: .gap), RawSpan())
    }

    mutating func endSkipping(
        _ range: StreamRange, lineEnd: Int, _ secret: Bool, _ offer: Offer, _ events: inout EventBuffer
    ) {
        endSkipping(range, lineEnd: lineEnd, secret, offer.arrivals.time(at: range.end), &events)
    }

    /// The rest of a line over the limit is over; its last `lineEnd` octets end the line.
    mutating func endSkipping(
        _ range: StreamRange, lineEnd: Int = 0, _ secret: Bool, _ time: Timestamp, _ events: inout EventBuffer
    ) {
        guard !range.isEmpty else { return }
        let hidden = StreamRange(range.side, range.start, range.end &- UInt64(lineEnd))
        if secret, !hidden.isEmpty {
            events.append(Event(time: time, range: hidden, exchange: exchanges, kind: .secret(.opaque)), RawSpan())
        }
        events.append(Event(time: time, range: range, exchange: exchanges, kind: .fragment), RawSpan())
    }

    /// A line behind a gap, or cut by one, that is no command.
    mutating func fragment(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        let isSuspect = suspectsAfterGap || line.mayBeEndOfLogin(to: text)
        if isSuspect, text > 0 {
            secret(.opaque, 0, text, line, offer, exchanges, &events)
            if lostLogin != .none { secretIsUnknown = true }
        }
        let range = offer.range(0, line.byteCount)
        let time = offer.arrivals.time(at: range.end)
        anomaly(.afterGap, range, exchanges, offer, &events)
        events.append(Event(time: time, range: range, exchange: exchanges, kind: .fragment), line)
        suspectsAfterGap = false
        return isSuspect
    }

    mutating func abandon(
        _ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer
    ) {
        guard offer.side == .client else {
            abandonServer(bytes, offer, atEnd: atEnd, &events)
            return
        }
        let count = bytes.byteCount
        switch client {
        case .content, .afterCandidate:
            events.content(0, bytes.byteCount, of: .client)
        case .sasl:
            _ = fragmentOfSecret(bytes, offer, &events)
        case .turned: turnedFragment(bytes, offer, &events)
        case .tls, .skipping, .chunk: break
        default:
            let isResponse = sasl != nil && (client == .awaiting(.auth) || client == .alone(.auth))
            let isBehindGap = clientIsAfterGap && bytes.mayBeEndOfLogin(to: count)
            if isResponse || isBehindGap || suspectsResponse || offer.base < suspectUntil || bytes.mayBeginLogin {
                _ = fragmentOfSecret(bytes, offer, &events)
            } else {
                events.append(
                    Event(
                        time: offer.arrivals.latest, range: offer.range(0, count), exchange: exchanges, kind: .fragment),
                    bytes)
            }
        }
    }

    private mutating func fragmentOfSecret(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Bool {
        secret(.opaque, 0, bytes.byteCount, bytes, offer, exchanges, &events)
        events.append(
            Event(
                time: offer.arrivals.latest, range: offer.range(0, bytes.byteCount), exchange: exchanges,
                kind: .fragment), bytes)
        suspectsAfterGap = true
        return true
    }

    mutating func decideAlone(_ bytes: RawSpan, _ side: Side) -> Bool {
        guard side == .client else { return false }
        switch client {
        case .awaiting(.data):
            client = looksLikeCommand(bytes) || bytes.byteCount == 0 ? .commands : .opening
            return true
        case .awaiting(.auth):
            client = looksLikeCommand(bytes) ? .commands : .sasl
            return true
        case .awaiting(.starttls):
            client = .goAhead
            return true
        case .afterCandidate:
            let behind = candidate?.length ?? 0
            let rest = bytes.byteCount > behind ? bytes.extracting(behind...) : RawSpan()
            // At the end nobody contradicts it; what can be no command, and a flood, do.
            let isEnd = rest.byteCount == 0 || rest.byteCount <= limits.undecided && looksLikeCommand(rest)
            if isEnd { candidate?.isTaken = true } else { candidate?.isRefused = true }
            return true
        default: return false
        }
    }

    private func looksLikeCommand(_ bytes: RawSpan) -> Bool {
        guard case .line(_, let text, _) = LineScan.next(in: bytes, from: 0, limit: 1_024) else { return false }
        let (code, letters) = bytes.verbCode(from: 0, to: text)
        let verb = SMTPVerb(code: code)
        return verb != .unknown && isPlausible(verb, bytes, letters) && hasPlausibleForm(bytes, text)
    }

    mutating func finish(
        _ side: Side, offset: UInt64, at time: Timestamp, _ events: inout EventBuffer
    ) {
        guard side == .client else {
            if server.line == .tls || server.line == .turned {
                endOpaque(StreamRange(.server, offset, offset), time, &events)
            }
            return
        }
        switch client {
        case .content, .afterCandidate, .chunk:
            endContent(StreamRange(.client, offset, offset), time, isComplete: false, &events)
        case .tls, .turned: endOpaque(StreamRange(.client, offset, offset), time, &events)
        case .skipping(let secret):
            endSkipping(StreamRange(.client, stretch, offset), secret, time, &events)
        default: break
        }
        client = .commands
    }

    mutating func misses(replyBefore bytes: RawSpan) -> Bool {
        if passesOver || isPassedOver() { return true }
        let isFirst = !server.expectsGreeting && !server.hasSpoken
        guard isFirst || server.isAfterGap, server.line == .text, !pending.isEmpty,
            case .line(_, let text, _) = LineScan.next(in: bytes, from: 0, limit: limits.lineLength),
            let code = bytes.replyCode(to: text),
            !pending.contains(code, where: { $0.kind == .lost || Self.canAnswer($0, code) })
        else { return false }
        pending.noteGap()
        server.hasSpoken = true
        server.isAfterGap = true
        if case .awaiting(let decision) = client { client = .alone(decision) }
        return true
    }

    /// The reply that would decide was lost: a line that can only be a command is one.
    mutating func alone(
        _ decision: SMTPDecision, _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if decision == .starttls {
            client = .goAhead
            return decode(bytes, offer, &events)
        }
        guard case .line = LineScan.next(in: bytes, from: 0, limit: limits.lineLength) else {
            if bytes.byteCount < limits.lineLength { return 0 }
            client = decision == .data ? .opening : .commands
            return decode(bytes, offer, &events)
        }
        client = .awaiting(decision)
        _ = decideAlone(bytes, .client)
        return decode(bytes, offer, &events)
    }

    // MARK: What a command looks like

    /// Whether the line can be that command, by the form of what follows the verb.
    func isPlausible(_ verb: SMTPVerb, _ line: RawSpan, _ letters: Int) -> Bool {
        switch verb {
        case .unknown: false
        case .mail: line.hasPrefix("FROM:", from: letters + 1)
        case .rcpt: line.hasPrefix("TO:", from: letters + 1)
        default: true
        }
    }

    /// Whether the line's verb stands alone where it must (QUIT, DATA, RSET), or has an argument where it must.
    func hasPlausibleForm(_ line: RawSpan, _ text: Int) -> Bool {
        let (code, letters) = line.verbCode(from: 0, to: text)
        let isAlone = letters == text
        switch SMTPVerb(code: code) {
        case .unknown: return false
        case .quit, .data, .rset, .starttls, .turn: return isAlone
        case .noop, .help: return true
        default: return !isAlone && (line[octet: letters] == 32)
        }
    }
}

extension RawSpan {
    /// The next word (octets other than space and tab) at or after `start`; empty at the end.
    func word(from start: Int, to end: Int) -> Range<Int> {
        var from = start
        while from < end, self[octet: from] == 32 || self[octet: from] == 9 { from += 1 }
        var to = from
        while to < end, self[octet: to] != 32, self[octet: to] != 9 { to += 1 }
        return from..<to
    }

    /// The decimal number in `range`; nil where it is none, or too large for 63 bits.
    func decimal(in range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count <= 20 else { return nil }
        var number: UInt64 = 0
        for index in range {
            let octet = self[octet: index]
            guard octet >= 48, octet <= 57 else { return nil }
            let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(UInt64(octet - 48))
            guard !tooLarge, !overflow else { return nil }
            number = sum
        }
        return number <= UInt64(Int64.max) ? number : nil
    }
}
