extension SMTPDecoder {
    // MARK: What the server said is not whole

    mutating func serverGap(
        _ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer
    ) {
        serverHasLost = true
        report(gap: range, server.open?.exchange ?? pending.first?.exchange ?? exchanges, time, &events)
        switch server.line {
        case .tls, .turned:
            endOpaque(StreamRange(.server, range.start, range.start), time, &events)
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
}
