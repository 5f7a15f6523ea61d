extension SMTPDecoder {
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
            report(gap: range, content.exchange, time, &events)
            content.scanner.skipLost()
            content.isAtLineStart = false
            content.candidate = nil
            client = .content
            stretch = range.end
            content.gapEnd = range.end
        case .chunk(let remaining):
            interruptContent(range.start, at: time, &events)
            report(gap: range, content.exchange, time, &events)
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
                time: time, range: StreamRange(.client, stretch, end), exchange: content.exchange, kind: .content),
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
            secret(.opaque, 0..<text, line, offer, &events)
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
        secret(.opaque, 0..<bytes.byteCount, bytes, offer, &events)
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
            let behind = content.candidate?.length ?? 0
            let rest = bytes.byteCount > behind ? bytes.extracting(behind...) : RawSpan()
            // At the end nobody contradicts it; what can be no command, and a flood, do.
            let isEnd = rest.byteCount == 0 || rest.byteCount <= limits.undecided && looksLikeCommand(rest)
            content.candidate?.verdict = isEnd ? .taken : .refused
            return true
        default: return false
        }
    }

    private func looksLikeCommand(_ bytes: RawSpan) -> Bool {
        guard case .line(_, let text, _) = LineScan.next(in: bytes, from: 0, limit: 1_024) else { return false }
        return bytes.isSMTPCommand(to: text)
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
        if passesOver || passOverStatusless() { return true }
        let isFirst = !server.expectsGreeting && !server.hasSpoken
        guard isFirst || server.isAfterGap, server.line == .text, !pending.isEmpty,
            case .line(_, let text, _) = LineScan.next(in: bytes, from: 0, limit: limits.lineLength),
            let code = bytes.replyCode(to: text),
            !pending.contains(.answers(code), where: { $0.kind == .lost || $0.canHave(code) })
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
}
