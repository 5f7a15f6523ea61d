import MailTapCore

/// Turns the TCP segments of a capture into what each side of each connection said, in parts.
///
/// Each part has its `Reassembler`, with bounds of its own, and a connection is of one part by its two ends alone
/// (`CaptureShare`). So what is cut for a bound, and what is forgotten, is the same for one reader that has all parts
/// and for several that have one each. What goes by time, or by the number of the packet, is decided here, in one order
/// over all parts.
struct Reassembly: SegmentHandler, ~Copyable {
    let names: HostNames
    /// The parts that are followed.
    private let followed: Range<Int>
    private let limits: ReassemblyLimits
    private let position: PacketPosition?
    /// The reassemblers of the parts that the share holds, and behind them that of connections with port 53, whose
    /// names every reader needs.
    ///
    /// Made in `init` and freed in `deinit` alone, every index being one of `indices`; what can't be copied can't stand
    /// in an array.
    private let parts: UnsafeMutablePointer<Reassembler>
    private let count: Int

    /// Time of the packet at hand.
    private(set) var now = Timestamp(nanoseconds: 0)
    /// Number of the packet at hand, and the comments on it.
    var packet: UInt64 = 0
    var comments: [String] = []
    /// After this time, or this packet, a closed connection's session is over.
    private var due = Timestamp(nanoseconds: .max)
    private var duePacket = UInt64.max
    /// When to look for idle connections again.
    private var sweepDue = Timestamp(nanoseconds: .min)
    private var sweptAtPacket: UInt64 = 0

    /// - Parameter limits: of all parts together.
    init(
        sink: any TraceSink, source: String, limits: ReassemblyLimits = ReassemblyLimits(),
        annotations: (any PacketAnnotationReading)? = nil, share: CaptureShare = .whole,
        position: PacketPosition? = nil
    ) {
        followed = share.parts
        self.limits = limits
        self.position = position
        names = HostNames(capacity: limits.names)
        count = followed.count + 1
        parts = .allocate(capacity: count)
        for index in 0..<count {
            var part = limits.divided(by: CaptureShare.partCount)
            // Mail on port 53 is too rare for more.
            if index == count - 1 { part.history = min(part.history, 64 << 10) }
            (parts + index).initialize(
                to: Reassembler(
                    sink: sink, source: source, limits: part, annotations: annotations, share: share,
                    position: position, names: names))
        }
    }

    deinit {
        parts.deinitialize(count: count)
        parts.deallocate()
    }

    private var indices: Range<Int> { 0..<count }

    // MARK: Packets

    @inline(__always)
    mutating func wants(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        at time: Timestamp
    ) -> Bool {
        if index(source, sourcePort, destination, destinationPort) != nil { return true }
        now = time
        passTime()
        return false
    }

    /// Takes the next segment of the capture.
    mutating func segment(_ segment: TCPSegment, _ payload: RawSpan) {
        now = segment.time
        if let index = index(segment.source, segment.sourcePort, segment.destination, segment.destinationPort) {
            parts[index].take(segment, payload, comments, packet: packet)
            due = min(due, parts[index].due)
            duePacket = min(duePacket, parts[index].duePacket)
        }
        passTime()
    }

    /// Ends what time ends: by time and packets, on whatever segment, so that it does not depend on which connections
    /// are followed.
    @inline(__always)
    private mutating func passTime() {
        if now > due || packet > duePacket { expire() }
        if now > sweepDue { sweep() }
    }

    /// Which reassembler takes a segment between these ends; nil for what another reader follows.
    @inline(__always)
    private func index(
        _ source: IPAddress, _ sourcePort: UInt16, _ destination: IPAddress, _ destinationPort: UInt16
    ) -> Int? {
        if sourcePort == 53 || destinationPort == 53 { return count - 1 }
        let part = CaptureShare.part(source, destination, ports: UInt64(sourcePort) &+ UInt64(destinationPort))
        return followed.contains(part) ? part - followed.lowerBound : nil
    }

    mutating func dnsResponse(_ payload: RawSpan, to asker: IPAddress, at time: Timestamp) {
        names.learn(fromResponse: payload, to: asker, at: time)
    }

    // MARK: Time

    /// Ends closed connections whose time is over, in the order in which they closed.
    private mutating func expire() {
        for index in indices { parts[index].move(to: now, packet: packet) }
        while let (index, moment) = nextBurial() { parts[index].buryNext(at: moment) }
        due = indices.reduce(Timestamp(nanoseconds: .max)) { min($0, parts[$1].due) }
        duePacket = indices.reduce(.max) { min($0, parts[$1].duePacket) }
    }

    private func nextBurial() -> (index: Int, moment: CaptureMoment)? {
        var next: (index: Int, moment: CaptureMoment)?
        for index in indices {
            guard let moment = parts[index].nextBurial() else { continue }
            if next.map({ moment < $0.moment }) ?? true { next = (index, moment) }
        }
        return next
    }

    /// Ends the connections that have been idle for too long.
    ///
    /// Seldom, since it looks at all of them: by time, and no more often than some thousand packets pay for.
    private mutating func sweep() {
        // In the first packets there can't be many connections to look at.
        guard packet < 4096 || packet >= sweptAtPacket &+ 4096 else { return }
        sweptAtPacket = packet
        sweepDue = now.advanced(by: limits.idleTime / 8)
        let (now, idleTime) = (now, limits.idleTime)
        // Behind those that closed.
        end(lowestRank: 2) { now.since($0.lastTime) > idleTime }
    }

    /// For live captures: time has come to `time` without a packet.
    mutating func advance(to time: Timestamp) {
        now = max(now, time)
        expire()
        if now > sweepDue { sweep() }
        for index in indices { parts[index].wait() }
    }

    /// The capture is over: every session ends, those first that ended in it, by their last packet.
    ///
    /// - Parameter pause: called now and then, since there may be many.
    mutating func finishAll(pausing pause: () -> Void = {}) {
        for isClosed in [true, false] {
            packet &+= 1
            end(lowestRank: .min, pausing: pause) { $0.isClosing == isClosed }
        }
    }

    /// Ends the connections that fit, in the order of their last packet.
    private mutating func end(
        lowestRank: Int64, pausing pause: () -> Void = {}, where fits: (Connection) -> Bool
    ) {
        struct Found {
            var (index, place): (Int, Int)
            var time: Timestamp
            var serial: UInt64
        }
        var found: [Found] = []
        for index in indices {
            parts[index].move(to: now, packet: packet)
            for place in parts[index].places(where: fits) {
                let connection = parts[index].connections[place]
                found.append(
                    Found(index: index, place: place, time: connection.lastTime, serial: connection.serial))
            }
        }
        found.sort { ($0.time, $0.serial) < ($1.time, $1.serial) }
        for (number, one) in found.enumerated() {
            if number % 64 == 63 { pause() }
            position?.moment = CaptureMoment(
                packet: packet, rank: max(lowestRank, one.time.nanoseconds), serial: one.serial)
            parts[one.index].remove(one.place)
        }
    }

    // MARK: What is held

    /// Octets that wait in all connections together.
    var heldInAll: Int { indices.reduce(0) { $0 + parts[$1].heldInAll } }
    /// Connections that are followed, as far as they have begun to speak.
    var openCount: Int { indices.reduce(0) { $0 + parts[$1].openCount } }
    /// Connections on which nothing was said yet.
    var silentCount: Int { indices.reduce(0) { $0 + parts[$1].silentCount } }
    /// Connections that there is a place for.
    var placeCount: Int { indices.reduce(0) { $0 + parts[$1].connections.count } }
}
