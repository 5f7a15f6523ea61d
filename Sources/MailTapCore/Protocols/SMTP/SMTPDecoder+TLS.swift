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
}
