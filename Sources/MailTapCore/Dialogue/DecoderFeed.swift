/// The decoder of a dialogue and what its present step decided: takes octets from the front of either side's stream, as
/// far as their meaning is certain, and hands on the events.
struct DecoderFeed: Sendable {
    private var decoder: any DialogueDecoder = OpaqueDecoder(isTLS: false)
    /// Empty between steps.
    private var events = EventBuffer()
    private let limits: Limits

    init(limits: Limits) { self.limits = limits }

    /// From now on `decoder` decides.
    mutating func begin(_ decoder: any DialogueDecoder) { self.decoder = decoder }

    /// As `DialogueDecoder.isWaiting(_:)` says.
    func isWaiting(_ side: Side) -> Bool { decoder.isWaiting(side) }

    /// As `DialogueDecoder.openSecret` says.
    var openSecret: UInt64? { decoder.openSecret }

    /// As `DialogueDecoder.misses(replyBefore:)` asks.
    mutating func misses(replyBefore bytes: RawSpan) -> Bool { decoder.misses(replyBefore: bytes) }

    /// TLS was terminated by the source.
    mutating func plaintextFollows() { decoder.plaintextFollows() }

    /// The session is over.
    mutating func finish(
        client: SideStream, server: SideStream, at time: Timestamp, _ handler: inout some DialogueHandler
    ) {
        decoder.finish(.server, offset: server.offset, at: time, &events)
        decoder.finish(.client, offset: client.offset, at: time, &events)
        events.deliver(RawSpan(), at: 0, to: &handler)
    }

    /// New octets: decoded where they lie when nothing waits before them, else queued.
    mutating func take(
        _ bytes: RawSpan, _ stream: inout SideStream, at time: Timestamp, other: inout SideStream,
        _ handler: inout some DialogueHandler
    ) {
        stream.noteArrival(time)
        var used = 0
        if stream.isEmpty {
            let base = stream.offset
            if other.hasFront { foresee(other) }
            while used < bytes.byteCount {
                let offer = Offer(
                    side: stream.side, base: base &+ UInt64(used), arrivals: Arrivals(latest: time))
                let step = decodeOnce(bytes.extracting(used..<bytes.byteCount), offer, &handler)
                if step <= 0 { break }
                used += step
                stream.offset = base &+ UInt64(used)
                if !other.isEmpty { _ = advance(&other, onlyOnce: false, &handler) }
            }
        }
        if used < bytes.byteCount { stream.append(bytes.extracting(used..<bytes.byteCount), at: time) }
    }

    /// Decodes what waits on one side; returns whether anything was decided.
    ///
    /// - Parameter onlyOnce: whether to stop behind the first thing decided.
    mutating func advance(
        _ stream: inout SideStream, onlyOnce: Bool, _ handler: inout some DialogueHandler
    ) -> Bool {
        var changed = false
        while !stream.isEmpty {
            if stream.hasFront {
                let step = decodeOnce(stream.storage.span.bytes.extracting(stream.start...), stream.offer, &handler)
                if step > 0 {
                    stream.consume(step)
                    changed = true
                    if onlyOnce { return true }
                    continue
                }
            }
            if decoder.isWaiting(stream.side) {
                // Waiting makes sense only while the other side may still speak, and within bounds.
                guard stream.isOver || stream.heldCount > limits.undecided else { return changed }
                if !stream.isOver { reportFlood(stream, &handler) }
                if decoder.decideAlone(stream.storage.span.bytes.extracting(stream.start...), stream.side) {
                    changed = true
                    continue
                }
            } else if stream.hasFront, !stream.hasBreak, !stream.isOver, stream.heldCount <= limits.undecided {
                return changed
            }
            changed = true
            if stream.hasFront, stream.side == .server,
                decoder.decideAlone(stream.storage.span.bytes.extracting(stream.start...), .server)
            {
                continue
            }
            if stream.hasFront {
                abandon(
                    stream.storage.span.bytes.extracting(stream.start...), stream.offer,
                    atEnd: !stream.nextBreakIsGap, &handler)
                stream.consume(stream.storage.count - stream.start)
            }
            switch stream.takeBreak() {
            case .gap(let length, let time):
                let range = StreamRange(stream.side, stream.offset, stream.offset &+ length)
                decoder.gap(range, at: time, &events)
                events.deliver(RawSpan(), at: 0, to: &handler)
                stream.offset = range.end
            case .close(let time):
                handler.handle(
                    Event(
                        time: time, range: StreamRange(stream.side, stream.offset, stream.offset), exchange: 0,
                        kind: .close), RawSpan())
            case nil: break
            }
        }
        return changed
    }

    /// Decides what waits of the client and was answered by replies that are lost.
    mutating func passLostReplies(
        before server: SideStream, _ client: inout SideStream, _ handler: inout some DialogueHandler
    ) {
        while !client.isEmpty, decoder.misses(replyBefore: server.storage.span.bytes.extracting(server.start...)),
            advance(&client, onlyOnce: true, &handler)
        {}
    }

    /// Lets the decoder see what waits for an answer, so that it can tell that from what comes after the answer.
    mutating func show(_ stream: SideStream, _ handler: inout some DialogueHandler) {
        guard decoder.isWaiting(stream.side), stream.hasFront else { return }
        _ = decodeOnce(stream.storage.span.bytes.extracting(stream.start...), stream.offer, &handler)
    }

    /// Lets the decoder look for credentials in what waits of the client.
    mutating func foresee(_ stream: SideStream) {
        guard stream.side == .client else { return }
        decoder.foresee(stream.storage.span.bytes.extracting(stream.start...), from: stream.offset)
    }

    /// One step of the decoder; what it decided is handed on.
    private mutating func decodeOnce(
        _ bytes: RawSpan, _ offer: Offer, _ handler: inout some DialogueHandler
    ) -> Int {
        let step = decoder.decode(bytes, offer, &events)
        events.deliver(bytes, at: offer.base, to: &handler)
        return step
    }

    /// Has the decoder decide octets that can't become a whole line any more.
    private mutating func abandon(
        _ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ handler: inout some DialogueHandler
    ) {
        decoder.abandon(bytes, offer, atEnd: atEnd, &events)
        events.deliver(bytes, at: offer.base, to: &handler)
    }

    /// More waits for the other side than is kept: says so, of whatever exchange is the newest.
    private func reportFlood(_ stream: SideStream, _ handler: inout some DialogueHandler) {
        let range = StreamRange(stream.side, stream.offset, stream.offset &+ UInt64(stream.heldCount))
        handler.handle(
            Event(
                time: stream.offer.arrivals.latest, range: range, exchange: .max, kind: .anomaly(.undecidedTooLong)),
            RawSpan())
    }
}
