/// Takes everything for opaque: TLS from the first octet, a protocol not decoded yet, or no mail at all.
struct OpaqueDecoder: DialogueDecoder {
    private let isTLS: Bool
    private var began = false
    /// Whether the client's octets may hold a credential that can't be told from the rest, and the server's repeat it.
    private let hidesClient: Bool
    private let hidesServer: Bool
    private var starts: (client: UInt64, server: UInt64)

    /// - Parameter starts: where each side's opaque octets begin.
    init(
        isTLS: Bool, from starts: (client: UInt64, server: UInt64) = (0, 0), hidesClient: Bool = false,
        hidesServer: Bool = false
    ) {
        self.isTLS = isTLS
        self.starts = starts
        self.hidesClient = hidesClient
        self.hidesServer = hidesServer
    }

    mutating func decode(_ bytes: RawSpan, _ offer: Offer, _ events: inout EventBuffer) -> Int {
        if isTLS, !began {
            began = true
            events.append(
                Event(
                    time: offer.arrivals.latest, range: offer.range(0, 0), exchange: 0, kind: .tls(.implicit)),
                RawSpan())
        }
        if offer.side == .client ? hidesClient : hidesServer {
            events.append(
                Event(
                    time: offer.arrivals.latest, range: offer.range(0, bytes.byteCount), exchange: 0,
                    kind: .secret(.opaque)), bytes)
        }
        return bytes.byteCount
    }

    mutating func gap(_ range: StreamRange, at time: Timestamp, _ events: inout EventBuffer) {
        close(range.side, upTo: range.start, at: time, &events)
        events.append(Event(time: time, range: range, exchange: 0, kind: .gap), RawSpan())
        if range.side == .client { starts.client = range.end } else { starts.server = range.end }
    }

    mutating func abandon(_ bytes: RawSpan, _ offer: Offer, atEnd: Bool, _ events: inout EventBuffer) {}
    func isWaiting(_ side: Side) -> Bool { false }
    mutating func decideAlone(_ bytes: RawSpan, _ side: Side) -> Bool { false }
    mutating func plaintextFollows() {}

    mutating func finish(
        _ side: Side, offset: UInt64, at time: Timestamp, _ events: inout EventBuffer
    ) {
        close(side, upTo: offset, at: time, &events)
    }

    private func close(
        _ side: Side, upTo end: UInt64, at time: Timestamp, _ events: inout EventBuffer
    ) {
        let start = side == .client ? starts.client : starts.server
        guard end > start else { return }
        events.append(
            Event(time: time, range: StreamRange(side, start, end), exchange: 0, kind: .opaque), RawSpan())
    }
}
