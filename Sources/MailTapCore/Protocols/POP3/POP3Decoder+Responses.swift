extension POP3Decoder {
    // MARK: The server's octets

    mutating func decodeServer(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        switch server {
        case .status: return statusLine(bytes, offer, &events)
        case .listing(let exchange): return listingLine(bytes, exchange, offer, &events)
        case .content: return content(bytes, offer, &events)
        case .afterCandidate(let length): return afterCandidate(length, bytes, offer, &events)
        case .goAhead:
            guard let isTLS = bytes.looksLikeTLS() else { return 0 }
            server = .status
            mayTurnToTLS = true
            // Where the client went on in clear first, the server only answers.
            if !isTLS, client == .goAhead || client == .tls {
                emit(
                    .anomaly(.plaintextBehindGoAhead), offer.range(0, 0), exchanges == 0 ? 0 : exchanges - 1, offer,
                    &events)
            }
            return statusLine(bytes, offer, &events)
        case .tls:
            guard let clear = serverRecords.skip(bytes) else { return bytes.byteCount }
            endOpaque(.server, offer.base &+ UInt64(clear), offer.arrivals.latest, &events)
            server = .status
            return clear
        case .skipping(let then):
            guard let rest = LineScan.rest(in: bytes) else { return bytes.endOfSkipping }
            endSkipping(
                StreamRange(.server, serverStretch, offer.base &+ UInt64(rest.length)), lineEnd: rest.lineEnd, false,
                offer.arrivals.latest, &events)
            server = then
            return rest.length
        }
    }

    /// The next line, or nil when more octets are needed; a line over the limit is cut and its rest skipped.
    private mutating func line(
        _ bytes: RawSpan, _ exchange: UInt32, _ offer: Offer, _ events: inout EventBuffer
    ) -> (length: Int, text: Int, isLong: Bool)? {
        switch LineScan.next(in: bytes, from: 0, limit: limits.lineLength) {
        case .incomplete: return nil
        case .tooLong(let kept):
            emit(.anomaly(.lineTooLong), offer.range(0, kept), exchange, offer, &events)
            serverStretch = offer.base &+ UInt64(kept)
            return (kept, kept, true)
        case .line(let whole, let inner, let isBareLF):
            let mayHaveCR = serverLineIsCut && inner == 0
            if isBareLF, !mayHaveCR {
                emit(.anomaly(.bareLF), offer.range(inner, whole), exchange, offer, &events)
            }
            return (whole, inner, false)
        }
    }

    private mutating func statusLine(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if bytes[octet: 0] >= 20, bytes[octet: 0] <= 23, bytes.looksLikeTLS() == true {
            if !mayTurnToTLS { emit(.anomaly(.unexpectedTLS), offer.range(0, 0), exchanges, offer, &events) }
            server = .tls
            serverRecords = TLSRecordSkipper()
            serverStretch = offer.base
            mayTurnToTLS = true
            reportTLS(offer, &events)
            return decodeServer(bytes, offer, &events)
        }
        if waitsForLineBehind(bytes) { return 0 }
        guard let (length, text, isLong) = line(bytes, nextExchange, offer, &events) else {
            return 0
        }
        response(bytes.extracting(0..<length), text, offer, &events)
        if isLong { server = .skipping(then: server) }
        return length
    }

    mutating func response(
        _ line: RawSpan, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) {
        var status = Self.status(line, text)
        let range = offer.range(0, line.byteCount)
        let time = offer.arrivals.time(at: range.end)
        if serverIsAfterGap || lacksCommands {
            // Behind a gap, and in mid-stream, anything but a status line may be the rest of a message or listing; so it
            // may where a command is missing, which perhaps asked for one.
            guard status != .none, status != .plus || client == .awaitingAUTH || client == .aloneAUTH else {
                coverFragment(line, text, isCut: serverLineIsCut, offer, &events)
                serverLineIsCut = false
                events.append(Event(time: time, range: range, exchange: exchanges, kind: .fragment), line)
                return
            }
            serverLineIsCut = false
        }
        let isFirst = serverIsAfterGap
        serverIsAfterGap = false
        passOver()
        let (answered, isAsked) = owner(of: line, text, status, isFirst: isFirst)
        coverSecrets(of: line, text, status, isLostLogin: refusesLostLogin(answered), offer, &events)
        if lostLogin == .unanswered { lostLogin = .answered }
        let exchange: UInt32
        if let answered {
            exchange = answered.exchange
        } else {
            if hasGreeted, !isAsked {
                emit(.anomaly(.replyWithoutCommand), range, exchanges, offer, &events)
                unasked &+= 1
            }
            exchange = exchanges
            exchanges &+= 1
        }
        if status == .none, answered != nil || !hasGreeted, let glued = Self.gluedStatus(line) {
            // No space behind it; but a response it is.
            status = glued
            emit(.anomaly(.replySeparatorMissing), range, exchange, offer, &events)
        }
        hasGreeted = true
        if status == .none {
            emit(.anomaly(.replyWithoutStatus), range, exchange, offer, &events)
            statusless = (exchange, exchanges, awaitedUntil)
        } else if status != .plus, (1..<status.text.utf8.count).contains(where: { line[octet: $0] >= 97 }) {
            emit(.anomaly(.statusInSmallLetters), range, exchange, offer, &events)
        }
        events.append(
            Event(time: time, range: range, exchange: exchange, kind: .reply(status, isLast: status != .none)), line)
        guard let answered, status != .none else { return }
        pending.removeFirst()
        noteStep()
        conclude(
            answered, status, line.extracting(min(text, 2)..<text), StreamRange(.server, range.end, range.end), time,
            &events)
    }

    /// Where the client has gone on since a line without a status, that line answered its command: it does not shift all
    /// responses that follow.
    private mutating func passOver() {
        guard let line = statusless else { return }
        statusless = nil
        guard exchanges > line.exchanges, pending.first?.exchange == line.exchange else { return }
        if pending.first?.verb == POP3Verb.pass.rawValue { suspectsResponse = true }
        pending.removeFirst()
    }

    /// As `misses(replyBefore:)` asks: a line without a status came to AUTH or STLS, and the client has gone on.
    mutating func misses(replyBefore bytes: RawSpan) -> Bool {
        if passesOver { return true }
        guard let line = statusless, client == .awaitingAUTH || client == .awaitingSTLS, awaitedUntil > line.awaited,
            pending.count == 1, pending.first?.exchange == line.exchange
        else { return false }
        statusless = nil
        passesOver = true
        pending.removeFirst()
        if client == .awaitingSTLS { mayTurnToTLS = true }
        client = client == .awaitingSTLS ? .commands : .aloneAUTH
        return true
    }

    private mutating func conclude(
        _ answered: PendingReply, _ status: ReplyStatus, _ challenge: RawSpan, _ next: StreamRange,
        _ time: Timestamp, _ events: inout EventBuffer
    ) {
        let verb = POP3Verb(rawValue: answered.verb) ?? .unknown
        if status == .ok, verb == .pass || verb == .apop || verb == .auth && answered.body == .none {
            lostLogin = .over
        }
        if verb == .pass || verb == .apop, pending.isEmpty { suspectsResponse = status != .ok || passIsBare }
        if verb == .auth, client == .awaitingAUTH || client == .aloneAUTH, pending.isEmpty {
            if status == .plus {
                sasl?.challenge(challenge)
                client = .sasl
            } else {
                client = .commands
                suspectsResponse = status != .ok
                // What was said before it may be a response, too: this one may answer a later one.
                suspectUntil = max(suspectUntil, awaitedUntil)
                sasl = nil
            }
            return
        }
        if verb == .stls, client == .awaitingSTLS, pending.isEmpty {
            client = status == .ok ? .goAhead : .commands
            if status == .ok {
                server = .goAhead
                suspectUntil = max(suspectUntil, awaitedUntil)
            }
            return
        }
        guard status == .ok else { return }
        switch answered.body {
        case .none: break
        case .listing: server = .listing(exchange: answered.exchange)
        case .retr, .top:
            server = .content
            contentExchange = answered.exchange
            serverStretch = next.start
            scanner = ContentScanner()
            contentGapEnd = nil
            isAtLineStart = true
            events.append(
                Event(
                    time: time, range: next, exchange: contentExchange,
                    kind: .contentBegin(answered.body == .retr ? .retr : .top)), RawSpan())
        }
    }

    private mutating func listingLine(
        _ bytes: RawSpan, _ exchange: UInt32, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        guard let (length, text, isLong) = line(bytes, exchange, offer, &events) else { return 0 }
        let range = offer.range(0, length)
        let time = offer.arrivals.time(at: range.end)
        let whole = bytes.extracting(0..<length)
        let isCut = serverLineIsCut && lostLogin != .over
        serverLineIsCut = false
        if text == 1, whole[octet: 0] == 46 {
            server = .status
            events.append(Event(time: time, range: range, exchange: exchange, kind: .listingEnd), whole)
        } else if serverIsAfterGap, Self.status(whole, text) == .ok || Self.status(whole, text) == .err {
            // The dot line was lost: this can only be the next response.
            server = .status
            return statusLine(bytes, offer, &events)
        } else {
            if isCut {
                coverFragment(whole, text, isCut: true, offer, &events)
            } else {
                coverSecrets(ofListing: whole, text, offer, &events)
            }
            events.append(Event(time: time, range: range, exchange: exchange, kind: .listing), whole)
        }
        if isLong { server = .skipping(then: server) }
        return length
    }

    private mutating func content(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        var end = bytes.byteCount
        if let contentGapEnd, !pending.isEmpty {
            if isAtLineStart || offer.base == contentGapEnd,
                let returned = endLostContent(bytes, offer, &events)
            {
                return returned
            }
            // Line by line, as each may be a response.
            end = bytes.firstIndex(of: 10).map { $0 + 1 } ?? end
        }
        let outcome = scanner.scan(
            bytes.extracting(0..<end), from: 0, side: .server, takesCandidates: true, &events)
        for odd in scanner.takeOddities() {
            emit(
                .anomaly(odd.anomaly), offer.range(odd.offset, odd.offset + odd.length), contentExchange, offer, &events
            )
        }
        switch outcome {
        case .more(let consumed):
            if consumed > 0 { isAtLineStart = bytes[octet: consumed - 1] == 10 }
            return consumed
        case .end(let content, let end):
            endContent(
                offer.range(content, end), offer.arrivals.time(at: offer.base &+ UInt64(end)), isComplete: true,
                &events)
            return end
        case .candidate(let content, let end, let line):
            server = .afterCandidate(length: end - content)
            candidateLine = line
            if content > 0 { return content }
            return afterCandidate(end - content, bytes, offer, &events)
        }
    }

    /// Behind a gap the dot line may be lost: a status line for which a command waits ends the message.
    private mutating func endLostContent(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int? {
        guard bytes.mayBegin("+OK") || bytes.mayBegin("-ERR") else { return nil }
        switch LineScan.next(in: bytes, from: 0, limit: 512) {
        case .incomplete: return 0
        case .tooLong: return nil
        case .line(_, let text, _):
            guard Self.status(bytes, text) != .none else { return nil }
            endContent(offer.range(0, 0), offer.arrivals.latest, isComplete: false, &events)
            return statusLine(bytes, offer, &events)
        }
    }

    /// Behind a dot line with odd ends: it ended the message if a status line follows, or nothing.
    private mutating func afterCandidate(
        _ length: Int, _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        let rest = bytes.byteCount > length ? bytes.extracting(length...) : RawSpan()
        guard rest.byteCount >= 4 else { return 0 }
        if !pending.isEmpty, rest.hasPrefix("+OK") || rest.hasPrefix("-ERR") {
            takeCandidate(length, offer, &events)
            return length
        }
        emit(.anomaly(.dotLineWithOddEnds(candidateLine)), offer.range(0, length), contentExchange, offer, &events)
        server = .content
        switch scanner.scan(bytes.extracting(0..<length), from: 0, side: .server, takesCandidates: false, &events) {
        case .more(let consumed): return max(consumed, 1)
        case .end(_, let end), .candidate(_, let end, _): return end
        }
    }

    mutating func takeCandidate(_ length: Int, _ offer: Offer, _ events: inout EventBuffer) {
        let range = offer.range(0, length)
        emit(.anomaly(.oddEndOfData(candidateLine)), range, contentExchange, offer, &events)
        endContent(range, offer.arrivals.time(at: range.end), isComplete: true, &events)
    }

    mutating func endContent(
        _ mark: StreamRange, _ time: Timestamp, isComplete: Bool, _ events: inout EventBuffer
    ) {
        // Its end, and responses behind it, may be among what was lost.
        if contentGapEnd != nil { serverIsAfterGap = true }
        interruptContent(mark.start, at: time, &events)
        events.append(
            Event(time: time, range: mark, exchange: contentExchange, kind: .contentEnd(isComplete: isComplete)),
            RawSpan())
        server = .status
    }

    func interruptContent(_ end: UInt64, at time: Timestamp, _ events: inout EventBuffer) {
        guard end > serverStretch else { return }
        events.append(
            Event(
                time: time, range: StreamRange(.server, serverStretch, end), exchange: contentExchange, kind: .content),
            RawSpan())
    }

    static func status(_ line: RawSpan, _ text: Int) -> ReplyStatus {
        func ends(_ length: Int) -> Bool { text == length || (text > length && line[octet: length] == 32) }
        if line.hasPrefix("+OK"), ends(3) { return .ok }
        if line.hasPrefix("-ERR"), ends(4) { return .err }
        if text > 0, line[octet: 0] == 43, ends(1) { return .plus }
        return .none
    }

    /// The status of a line in which something other than a space follows it.
    private static func gluedStatus(_ line: RawSpan) -> ReplyStatus? {
        line.hasPrefix("+OK") ? .ok : line.hasPrefix("-ERR") ? .err : nil
    }
}
