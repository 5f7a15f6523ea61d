import MailTapCore

/// One TCP connection, apart from its two directions.
struct Connection {
    /// Where a connection stands.
    enum Phase: UInt8 {
        /// The place is free.
        case free
        /// No octet was seen; there is no session.
        case silent
        /// The session is open.
        case open
        /// The session is over; the place is kept so that late duplicates open no new one.
        case past
    }

    let key: FlowKey
    var phase = Phase.silent
    private var client = Client.unknown
    /// Nobody wants its octets.
    var isIgnored = false
    /// Has had a packet since the last look for idle connections.
    var isTouched = true
    var packets: UInt32 = 0
    var sink: (any SessionSink)?
    var lastTime: Timestamp
    // Up to here what every packet looks at, close together: the connections of a busy capture don't fit into the
    // processor's nearest cache.

    /// Tells the connections that use one place after another apart.
    var serial: UInt64
    let started: Timestamp
    /// What rarely is there.
    var notes: ConnectionNotes?
    /// What waits in both directions costs this much.
    var held = 0
    /// `packets` when the second of its sides was seen.
    var settlingSince: UInt32 = 0
    var sawHandshake = false
    /// Both sides called (RFC 9293 section 3.5): neither's SYN tells which is the client.
    var isMutual = false
    /// Both sides closed, or one aborted.
    var isClosing = false
    /// A reset closed it, and no FIN.
    var isAborted = false
    /// Whether it stands in the list of connections that hold octets.
    var isHolder = false
    /// `packets` and the time when something first waited for octets that must have been sent.
    var stalledAt: UInt32?
    var stalledTime = Timestamp(nanoseconds: 0)
    /// Number of the capture's packet then.
    var stalledPacket: UInt64 = 0
    /// `Reassembler.spoken` then.
    var stalledSpoken: UInt64 = 0
    /// `Reassembler.spoken` when it closed.
    var spokenAtClose: UInt64 = 0

    private enum Client: UInt8 {
        case first, second, unknown
    }

    init(key: FlowKey, serial: UInt64, started: Timestamp) {
        (self.key, self.serial, self.started) = (key, serial, started)
        lastTime = started
    }

    /// The direction in which the client sends, 0 or 1; nil while unknown.
    @inline(__always) var clientDirection: Int? {
        get {
            switch client {
            case .first: 0
            case .second: 1
            case .unknown: nil
            }
        }
        set { client = newValue.map { $0 == 0 ? .first : .second } ?? .unknown }
    }

    /// A packet of it came.
    @inline(__always)
    mutating func noteArrival(at time: Timestamp) {
        packets &+= 1
        lastTime = time
        isTouched = true
    }

    /// The side that sends in a direction.
    @inline(__always)
    func side(_ direction: Int) -> Side {
        switch client {
        case .first, .unknown: direction == 0 ? .client : .server
        case .second: direction == 1 ? .client : .server
        }
    }
}

/// What only few connections need.
final class ConnectionNotes {
    /// Comments on packets before the session opened.
    var comments: [(direction: Int, text: String, time: Timestamp)] = []
    /// A SYN in mid-connection: another connection on the same ports, unless it is forged.
    var candidate: (direction: Int, segment: TCPSegment, comments: [String])?
    /// What was already said of the connection.
    var saidSnapshotLength = false
    var saidBufferLimit = false
    var saidOutOfWindow = false
    var saidAfterFinish = false
    /// By direction: where it stood when a FIN or RST from further on was seen.
    var nextAtSignal: [UInt64?] = [nil, nil]
    /// By direction: the position of a FIN behind which more was said, and taken.
    var passedFinish: [UInt64?] = [nil, nil]
    /// Where overlapping octets differed, as often as it was said.
    var conflicts = 0
    var lastConflict: Range<UInt64>?
    /// A run of segments far from the window, per direction: next expected sequence number and how many.
    var stray: (next: UInt32, count: Int) = (0, 0)
    var strayDirection = 0
}
