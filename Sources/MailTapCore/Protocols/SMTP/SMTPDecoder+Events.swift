extension SMTPDecoder {
    // MARK: Events

    func anomaly(
        _ anomaly: Anomaly, _ range: StreamRange, _ exchange: UInt32, _ offer: Offer,
        _ events: inout EventBuffer
    ) {
        events.append(
            Event(
                time: offer.arrivals.time(at: range.end), range: range, exchange: exchange, kind: .anomaly(anomaly)),
            RawSpan())
    }

    /// What of a line is a credential, or may be one: reported before the line itself.
    ///
    /// - Parameter exchange: nil for the one that comes next.
    mutating func secret(
        _ kind: SecretKind, _ place: Range<Int>, _ line: RawSpan, _ offer: Offer, of exchange: UInt32? = nil,
        _ events: inout EventBuffer
    ) {
        let text = line.extracting(place)
        if offer.side == .client { spoken.note(text, kind) }
        let range = offer.range(place.lowerBound, place.upperBound)
        events.append(
            Event(
                time: offer.arrivals.time(at: range.end), range: range, exchange: exchange ?? exchanges,
                kind: .secret(kind)), text)
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
