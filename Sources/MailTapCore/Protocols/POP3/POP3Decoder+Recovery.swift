extension POP3Decoder {
    // MARK: Gaps and ends

    mutating func gap(_ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer) {
        if range.side == .client { clientGap(range, at: time, &events) } else { serverGap(range, at: time, &events) }
    }

    private mutating func clientGap(
        _ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer
    ) {
        lacksCommands = true
        if client != .tls { expectResponseToLost() }
        if awaitsPassword || suspectsResponse || client == .sasl || client == .awaitingAUTH || client == .aloneAUTH {
            secretIsUnknown = lostLogin != .over || secretIsUnknown
        }
        if lostLogin != .over { lostLogin = .unanswered }
        switch client {
        case .tls:
            endOpaque(.client, range.start, time, &events)
            clientRecords.loseStep()
            clientStretch = range.end
        case .skipping(let secret):
            endSkipping(StreamRange(.client, clientStretch, range.start), secret, time, &events)
            client = .commands
            clientIsAfterGap = true
        default:
            client = .commands
            clientIsAfterGap = true
        }
        events.append(Event(time: time, range: range, exchange: exchanges, kind: .gap), RawSpan())
    }

    private mutating func serverGap(
        _ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer
    ) {
        serverHasLost = true
        if server != .tls { loss.isOfServer = true }
        var exchange = nextExchange
        switch server {
        case .content, .afterCandidate:
            interruptContent(range.start, at: time, &events)
            exchange = contentExchange
            serverStretch = range.end
            scanner.skipLost()
            server = .content
            contentGapEnd = range.end
        case .listing(let open):
            exchange = open
            serverIsAfterGap = true
            serverLineIsCut = true
        case .tls:
            endOpaque(.server, range.start, time, &events)
            serverRecords.loseStep()
            serverStretch = range.end
        case .skipping:
            endSkipping(StreamRange(.server, serverStretch, range.start), false, time, &events)
            server = .status
            serverIsAfterGap = true
            serverLineIsCut = true
        case .status, .goAhead:
            server = .status
            serverIsAfterGap = true
            serverLineIsCut = true
            pending.noteGap()
            // One to a command that is lost too.
            if hasGreeted, pending.isEmpty { unasked &+= 1 }
            hasGreeted = true
            if client == .awaitingAUTH { client = .aloneAUTH }
            if client == .awaitingSTLS { client = .goAhead }
        }
        events.append(Event(time: time, range: range, exchange: exchange, kind: .gap), RawSpan())
    }

    mutating func abandon(
        _ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer
    ) {
        let range = offer.range(0, bytes.byteCount)
        if offer.side == .server {
            switch server {
            case .content:
                events.content(0, bytes.byteCount, of: .server)
                return
            case .afterCandidate(let length):
                guard atEnd, bytes.byteCount >= length else {
                    events.content(0, bytes.byteCount, of: .server)
                    server = .content
                    return
                }
                takeCandidate(length, offer, &events)
                guard bytes.byteCount > length else { return }
                events.append(
                    Event(
                        time: offer.arrivals.latest, range: offer.range(length, bytes.byteCount), exchange: exchanges,
                        kind: .fragment), bytes.extracting(length...))
                return
            case .status where atEnd && Self.status(bytes, bytes.byteCount) != .none:
                response(bytes, bytes.byteCount, offer, &events)
                return
            case .listing(let exchange) where atEnd && bytes.byteCount == 1 && bytes[octet: 0] == 46:
                server = .status
                events.append(
                    Event(time: offer.arrivals.latest, range: range, exchange: exchange, kind: .listingEnd), bytes)
                return
            case .tls, .skipping: return
            case .listing where lostLogin == .over: coverFragment(bytes, bytes.byteCount, isCut: false, offer, &events)
            default: coverFragment(bytes, bytes.byteCount, isCut: true, offer, &events)
            }
        } else {
            if client == .tls { return }
            if case .skipping = client { return }
            let mayHoldSecret =
                client == .sasl || sasl != nil || offer.base < suspectUntil || suspectsResponse || bytes.mayBeginLogin
                || clientIsAfterGap
            if mayHoldSecret {
                secret(.opaque, 0..<bytes.byteCount, bytes, offer, &events)
                suspectsAfterGap = true
            }
        }
        events.append(
            Event(time: offer.arrivals.latest, range: range, exchange: exchanges, kind: .fragment), bytes)
    }

    mutating func decideAlone(_ bytes: RawSpan, _ side: Side) -> Bool {
        guard side == .client else { return givesUpLineBehind() }
        switch client {
        case .awaitingAUTH:
            let (code, _) = bytes.verbCode(from: 0, to: bytes.byteCount)
            client = POP3Verb(code: code) != .unknown ? .commands : .sasl
            return true
        case .awaitingSTLS:
            client = .goAhead
            return true
        default: return false
        }
    }

    mutating func finish(
        _ side: Side, offset: UInt64, at time: Timestamp, _ events: inout EventBuffer
    ) {
        if side == .client {
            if client == .tls { endOpaque(.client, offset, time, &events) }
            if case .skipping(let secret) = client {
                endSkipping(StreamRange(.client, clientStretch, offset), secret, time, &events)
            }
            client = .commands
            return
        }
        switch server {
        case .content, .afterCandidate:
            endContent(StreamRange(.server, offset, offset), time, isComplete: false, &events)
        case .tls: endOpaque(.server, offset, time, &events)
        case .skipping: endSkipping(StreamRange(.server, serverStretch, offset), false, time, &events)
        default: break
        }
        server = .status
    }

    // MARK: Emitting

    func endOpaque(
        _ side: Side, _ end: UInt64, _ time: Timestamp, _ events: inout EventBuffer
    ) {
        let start = side == .client ? clientStretch : serverStretch
        guard end > start else { return }
        events.append(
            Event(time: time, range: StreamRange(side, start, end), exchange: exchanges, kind: .opaque), RawSpan())
    }

    /// The rest of a line over the limit is over; its last `lineEnd` octets end the line.
    func endSkipping(
        _ range: StreamRange, lineEnd: Int = 0, _ isSecret: Bool, _ time: Timestamp, _ events: inout EventBuffer
    ) {
        guard !range.isEmpty else { return }
        let hidden = StreamRange(range.side, range.start, range.end &- UInt64(lineEnd))
        if isSecret, !hidden.isEmpty {
            events.append(Event(time: time, range: hidden, exchange: exchanges, kind: .secret(.opaque)), RawSpan())
        }
        events.append(Event(time: time, range: range, exchange: exchanges, kind: .fragment), RawSpan())
    }

    func emit(
        _ kind: Event.Kind, _ range: StreamRange, _ exchange: UInt32, _ offer: Offer,
        _ events: inout EventBuffer
    ) {
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchange, kind: kind), RawSpan())
    }

    mutating func secret(
        _ kind: SecretKind, _ text: Range<Int>, _ line: RawSpan, _ offer: Offer,
        _ events: inout EventBuffer
    ) {
        let range = offer.range(text.lowerBound, text.upperBound)
        if offer.side == .client { spoken.note(line.extracting(text), kind) }
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: .secret(kind)),
            line.extracting(text))
    }

    mutating func begin(
        _ kind: Event.Kind, _ line: RawSpan, _ offer: Offer, _ waiting: PendingReply,
        _ events: inout EventBuffer
    ) {
        let range = offer.range(0, line.byteCount)
        events.append(
            Event(time: offer.arrivals.time(at: range.end), range: range, exchange: exchanges, kind: kind), line)
        pending.append(waiting)
        exchanges &+= 1
        unasked = 0
    }
}
