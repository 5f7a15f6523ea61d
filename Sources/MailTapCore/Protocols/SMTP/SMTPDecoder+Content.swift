extension SMTPDecoder {
    // MARK: Chunks

    /// BDAT came: octets of content follow, as many as it says (RFC 3030 section 2).
    mutating func beginChunk(
        _ line: RawSpan, _ letters: Int, _ text: Int, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let number = line.word(from: letters, to: text)
        let word = line.word(from: number.upperBound, to: text)
        guard let size = line.decimal(in: number),
            word.isEmpty || (word.count == 4 && line.hasPrefix("LAST", from: word.lowerBound))
        else {
            anomaly(.badChunkSize, offer.range(0, line.byteCount), exchanges - 1, offer, &events)
            return
        }
        pending.markLast(.chunk(isLast: !word.isEmpty))
        content.exchange = exchanges - 1
        content.isAnsweredEarly = false
        stretch = offer.base &+ UInt64(line.byteCount)
        events.append(
            Event(
                time: offer.arrivals.time(at: stretch), range: StreamRange(.client, stretch, stretch),
                exchange: content.exchange, kind: .contentBegin(word.isEmpty ? .bdat : .bdatLast)), RawSpan())
        client = .chunk(remaining: size)
        if size == 0 { endChunk(offer, line.byteCount, isComplete: true, &events) }
    }

    mutating func endChunk(
        _ offer: Offer, _ end: Int, isComplete: Bool, _ events: inout EventBuffer
    ) {
        endContent(
            offer.range(end, end), offer.arrivals.time(at: offer.base &+ UInt64(end)), isComplete: isComplete, &events)
    }

    /// Emits what stands of the content and its end; the end mark's octets are `mark`.
    mutating func endContent(
        _ mark: StreamRange, _ time: Timestamp, isComplete: Bool, _ events: inout EventBuffer
    ) {
        if mark.start > stretch {
            events.append(
                Event(
                    time: time, range: StreamRange(.client, stretch, mark.start), exchange: content.exchange,
                    kind: .content), RawSpan())
        }
        events.append(
            Event(time: time, range: mark, exchange: content.exchange, kind: .contentEnd(isComplete: isComplete)),
            RawSpan())
        content.candidate = nil
        client = .commands
    }

    // MARK: Content after 354

    /// A message begins: an exchange of its own, whose reply is the one after its end.
    mutating func openContent(_ offer: Offer, _ events: inout EventBuffer) {
        content = SMTPContent(exchange: exchanges, strictEnd: content.strictEnd)
        exchanges &+= 1
        stretch = offer.base
        pending.append(PendingReply(exchange: content.exchange, verb: SMTPVerb.data.rawValue, kind: .content))
        events.append(
            Event(
                time: offer.arrivals.time(at: offer.base &+ 1), range: offer.range(0, 0), exchange: content.exchange,
                kind: .contentBegin(.data)), RawSpan())
        client = .content
    }

    mutating func contentOctets(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        if content.isAnsweredEarly, content.isAtLineStart || offer.base == content.gapEnd,
            let returned = resynchronize(bytes, offer, &events)
        {
            return returned
        }
        if content.isAnsweredEarly, let ended = endAtCarriageReturn(bytes, offer, &events) { return ended }
        let outcome = content.scanner.scan(bytes, from: 0, side: .client, takesCandidates: true, &events)
        for odd in content.scanner.takeOddities() {
            anomaly(
                odd.anomaly, offer.range(odd.offset, odd.offset + odd.length), content.exchange, offer,
                &events)
        }
        switch outcome {
        case .more(let consumed):
            if consumed > 0 { content.isAtLineStart = bytes[octet: consumed - 1] == 10 }
            return consumed
        case .end(let dot, let end):
            endContent(
                offer.range(dot, end), offer.arrivals.time(at: offer.base &+ UInt64(end)), isComplete: true, &events)
            return end
        case .candidate(let dot, let end, let line):
            content.candidate = EndCandidate(
                length: end - dot, line: line, verdict: content.isAnsweredEarly ? .taken : nil)
            client = .afterCandidate
            // The dot line itself stays undecided with what follows it.
            if dot > 0 { return dot }
            return afterCandidate(bytes, offer, &events)
        }
    }

    /// A dot and CR behind which the client waited, and the server answered: the end to both, where a command follows.
    private mutating func endAtCarriageReturn(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int? {
        guard bytes.byteCount > 2, bytes[octet: 0] == 46, bytes[octet: 1] == 13,
            let before = content.scanner.lineEndBefore
        else { return nil }
        let rest = bytes.extracting(2...)
        guard case .line(_, let text, _) = LineScan.next(in: rest, from: 0, limit: 1_024), rest.isSMTPCommand(to: text)
        else { return nil }
        let mark = offer.range(0, 2)
        anomaly(.oddEndOfData(DotLine(before: before, after: .cr)), mark, content.exchange, offer, &events)
        endContent(mark, offer.arrivals.time(at: mark.end), isComplete: true, &events)
        return 2
    }

    /// Behind a dot line with odd ends: the first octets offered are that line.
    mutating func afterCandidate(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        guard let candidate = content.candidate, bytes.byteCount >= candidate.length else { return 0 }
        switch candidate.verdict {
        case .taken:
            let range = offer.range(0, candidate.length)
            anomaly(.oddEndOfData(candidate.line), range, content.exchange, offer, &events)
            endContent(range, offer.arrivals.time(at: range.end), isComplete: true, &events)
            return candidate.length
        case .refused:
            return refuse(candidate, bytes, offer, &events)
        case nil:
            // The strict end behind it, before any answer: then the server did not take the odd one.
            guard content.strictEnd.stands(in: bytes, at: offer.base, behind: candidate.length) else { return 0 }
            return refuse(candidate, bytes, offer, &events)
        }
    }

    /// The dot line is content like any other.
    private mutating func refuse(
        _ candidate: EndCandidate, _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int {
        let length = candidate.length
        if content.scanner.isFirst(candidate.line) {
            anomaly(
                .dotLineWithOddEnds(candidate.line), offer.range(0, length), content.exchange, offer, &events)
        }
        content.candidate = nil
        client = .content
        let line = bytes.extracting(0..<length)
        switch content.scanner.scan(line, from: 0, side: .client, takesCandidates: false, &events) {
        case .more(let consumed): return max(consumed, 1)
        case .end(_, let end), .candidate(_, let end, _): return end
        }
    }

    /// After an early answer: a line that can only be a command ends the content there.
    private mutating func resynchronize(
        _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) -> Int? {
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: 1_024) {
        case .line(_, let inner, _): text = inner
        case .incomplete: return 0
        case .tooLong: return nil
        }
        guard bytes.isSMTPCommand(to: text) else { return nil }
        // Behind lost octets the end may be among them.
        if content.gapEnd == nil { anomaly(.contentEndedEarly, offer.range(0, 0), content.exchange, offer, &events) }
        endContent(offer.range(0, 0), offer.arrivals.latest, isComplete: false, &events)
        return commandLine(bytes, offer, &events)
    }
}
