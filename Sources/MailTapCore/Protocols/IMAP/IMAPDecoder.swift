/// IMAP (RFC 9051), as far as it is needed to keep its credentials off the disk: the dialogue itself stays opaque.
///
/// Finds LOGIN and AUTHENTICATE, literals and continuations included, and reports what they carry as secrets.
struct IMAPDecoder: DialogueDecoder {
    /// What the client's next line is.
    private enum ClientState: Sendable, Hashable {
        /// A command, or what is none of ours (a literal of APPEND).
        case command
        /// Goes on with LOGIN's arguments, behind a literal.
        case login
        /// An answer to a SASL challenge.
        case response
        /// The rest of a line over the limit.
        case skipping(secret: Bool)
    }

    private var client = ClientState.command
    private var opaque: OpaqueDecoder
    private let limits: Limits

    /// - Parameter starts: where each side's dialogue begins in its stream.
    init(limits: Limits, from starts: (client: UInt64, server: UInt64) = (0, 0)) {
        self.limits = limits
        opaque = OpaqueDecoder(isTLS: false, from: starts)
    }

    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        guard offer.side == .client else { return server(bytes) }
        let length: Int
        let text: Int
        switch LineScan.next(in: bytes, from: 0, limit: limits.lineLength) {
        case .incomplete: return 0
        case .tooLong(let kept): (length, text) = (kept, kept)
        case .line(let whole, let inner, _): (length, text) = (whole, inner)
        }
        let isCut = bytes[octet: length - 1] != 10
        switch client {
        case .skipping(let isSecret):
            if isSecret { secret(0, text, bytes, offer, &events) }
            if !isCut { client = .command }
        case .response:
            secret(0, text, bytes, offer, &events)
        case .login:
            secret(0, text, bytes, offer, &events)
            client = isCut ? .skipping(secret: true) : endsInLiteral(bytes, text) ? .login : .command
        case .command:
            command(bytes, text, isCut, offer, &events)
        }
        return length
    }

    private mutating func command(
        _ bytes: RawSpan, _ text: Int, _ isCut: Bool, _ offer: Offer, _ events: inout EventBuffer
    ) {
        let tag = bytes.word(from: 0, to: text)
        let verb = bytes.word(from: tag.upperBound, to: text)
        let rest = bytes.word(from: verb.upperBound, to: text)
        if verb.count == 5, bytes.hasPrefix("LOGIN", from: verb.lowerBound), !rest.isEmpty {
            secret(rest.lowerBound, text, bytes, offer, &events)
            client = isCut ? .skipping(secret: true) : endsInLiteral(bytes, text) ? .login : .command
        } else if verb.count == 12, bytes.hasPrefix("AUTHENTICATE", from: verb.lowerBound) {
            let initial = bytes.word(from: rest.upperBound, to: text)
            if !initial.isEmpty { secret(initial.lowerBound, text, bytes, offer, &events) }
            client = isCut ? .skipping(secret: true) : .response
        } else if isCut {
            client = .skipping(secret: false)
        }
    }

    /// A tagged response ends an authentication; `+` and `*` lines do not.
    private mutating func server(_ bytes: RawSpan) -> Int {
        guard client == .response else { return bytes.byteCount }
        guard let end = bytes.firstIndex(of: 10) else {
            return bytes.byteCount < limits.lineLength ? 0 : bytes.byteCount
        }
        if bytes[octet: 0] != UInt8(ascii: "+"), bytes[octet: 0] != UInt8(ascii: "*") { client = .command }
        return end + 1
    }

    private func endsInLiteral(_ bytes: RawSpan, _ text: Int) -> Bool {
        text > 0 && bytes[octet: text - 1] == UInt8(ascii: "}")
    }

    private func secret(
        _ from: Int, _ to: Int, _ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer
    ) {
        guard to > from else { return }
        events.append(
            Event(
                time: offer.arrivals.latest, range: offer.range(from, to), exchange: 0, kind: .secret(.opaque)),
            bytes.extracting(from..<to))
    }

    mutating func gap(_ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer) {
        opaque.gap(range, at: time, &events)
    }

    /// What is cut off in the middle may be a credential.
    mutating func abandon(_ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer) {
        if offer.side == .client { secret(0, bytes.byteCount, bytes, offer, &events) }
    }

    func isWaiting(_ side: Side) -> Bool { false }
    mutating func decideAlone(_ bytes: RawSpan, _ side: Side) -> Bool { false }
    mutating func plaintextFollows() {}

    mutating func finish(
        _ side: Side, offset: UInt64, at time: Timestamp, _ events: inout EventBuffer
    ) {
        opaque.finish(side, offset: offset, at: time, &events)
    }
}
