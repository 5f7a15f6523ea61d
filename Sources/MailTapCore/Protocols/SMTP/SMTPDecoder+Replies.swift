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
            let isOwned = pending.realign { $0.kind == .lost || $0.canHave(code) }
            if !isOwned, clientHasLost { server.isOrphan = true }
        }
        closeLeftOpen(before: code, offer, &events)
        coverSecrets(of: line, text, code, offer, &events)
        guard let code else {
            statuslessLine(line, offer, &events)
            return
        }
        if server.open == nil { giveUpUnanswered(before: code) }
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

    /// A reply begins: gives up the commands that it can't answer where it tells for certain which one it does.
    private mutating func giveUpUnanswered(before code: UInt16) {
        let newest = pending.last.flatMap { SMTPVerb(rawValue: $0.verb) }
        switch code {
        // Nothing but DATA can be answered so: the commands before it were answered by what was lost, or not at all.
        case 354 where client == .awaiting(.data) && newest == .data: pending.keepLast()
        case 354 where pending.first?.kind == .command && pending.first?.verb != SMTPVerb.data.rawValue:
            pending.skip(to: SMTPVerb.data.rawValue)
        case 334, 235, 535:
            // Nothing but AUTH can be answered so, either.
            if client == .awaiting(.auth), newest == .auth, pending.first?.verb != SMTPVerb.auth.rawValue {
                pending.keepLast()
            }
        case 221 where !server.expectsGreeting && !server.isInStep && newest == .quit:
            // Nothing but QUIT can be answered so: the server's first words were lost with the beginning.
            pending.keepLast()
        default: break
        }
        if repliesToContent > 0, let content = pending.first, let next = pending.second, !content.canHave(code),
            next.canHave(code)
        {
            // No verdict on the content is such: the server gave fewer than there are recipients (RFC 2033 section 4.2).
            pending.removeFirst()
            contentIsSettled()
        }
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

    /// A line without a code came in the place of a reply that decides what the client's next octets are, and the client
    /// has gone on.
    mutating func passOverStatusless() -> Bool {
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
            // More commands were lost than one, or some came before the first that was seen.
            let mayBeOfOther = isBehindLoss || !server.expectsGreeting && !server.isInStep
            guard mayBeOfOther, code != 0, !first.canHave(code) else { return first.exchange }
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
}
