import MailTapCore

/// One session's line to the hub; keeps what comes before the server's address is known.
///
/// A session opens in the record when the attempt to connect has ended, since its packets need both addresses.
struct SessionFeed {
    private enum Early {
        case chunk(Side, [UInt8], Timestamp)
        case mark(Mark, Timestamp)
    }

    private let hub: TraceHub
    private var session: UInt64?
    private var early: [Early] = []

    init(hub: TraceHub) { self.hub = hub }

    mutating func open(_ info: SessionInfo) {
        guard session == nil else { return }
        let opened = hub.open(info)
        session = opened
        for entry in early {
            switch entry {
            case .chunk(let side, let bytes, let time):
                _ = hub.receive(bytes.span.bytes, session: opened, from: side, at: time)
            case .mark(let mark, let time): hub.mark(mark, session: opened, at: time)
            }
        }
        early = []
    }

    /// Returns whether the hub lags.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) -> Bool {
        guard let session else {
            early.append(.chunk(side, [UInt8](copying: bytes), time))
            return false
        }
        return hub.receive(bytes, session: session, from: side, at: time)
    }

    mutating func mark(_ mark: Mark, at time: Timestamp) {
        guard let session else {
            early.append(.mark(mark, time))
            return
        }
        hub.mark(mark, session: session, at: time)
    }

    func end(at time: Timestamp) {
        guard let session else { return }
        hub.end(session: session, at: time)
    }
}
