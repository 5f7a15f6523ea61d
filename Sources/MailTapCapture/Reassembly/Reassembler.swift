import MailTapCore

/// Turns TCP segments of one part of a capture's connections, in whatever order the capture has them, into what each
/// side of each connection said.
///
/// Pure: no I/O, no clock but the packets' own. Memory is bounded by `ReassemblyLimits`; what is cut for a bound is
/// said with a mark. Three promises: octets of a side come in sequence, the first seen winning; a segment comes after
/// the octets of the other side that its sender had received, so that no reply comes before its command; octets that
/// must have been sent but are not there are a gap, never bridged.
///
/// ```
/// segment --> find or make Connection --> in order, and nothing waits? --> sink
///                                    \--> SegmentQueue --> drain --> sink
///                                                \--> stalled for long: breakStall (gap)
/// ```
struct Reassembler: ~Copyable {
    let sink: any TraceSink
    let source: String
    let limits: ReassemblyLimits
    let annotations: (any PacketAnnotationReading)?
    let names: HostNames
    /// The connections that are followed.
    let share: CaptureShare
    let position: PacketPosition?

    var table: FlowTable
    var connections: [Connection] = []
    /// Directions 2i and 2i+1 belong to connection i.
    var directions: [Direction] = []
    var free: [Int] = []
    var history: SegmentHistory
    var serial: UInt64 = 0
    /// Time of the packet at hand.
    var now = Timestamp(nanoseconds: 0)
    /// Number of the packet at hand.
    var packet: UInt64 = 0
    var heldInAll = 0
    var openCount = 0
    var silentCount = 0
    /// Where the look for connections that have to go stands.
    var hand = 0
    /// Connections that began to hold octets, oldest first; entries go stale.
    var holders = PlaceQueue()
    /// Closed connections whose session is still open, since something may follow; entries go stale.
    var closing = PlaceQueue()
    /// Closed connections that lack octets, which may still turn up.
    var incomplete = PlaceQueue()
    /// Connections whose session is over.
    var past = PlaceQueue()
    /// After this time, or this packet, the next closed connection's session is over.
    var due = Timestamp(nanoseconds: .max)
    var duePacket = UInt64.max

    /// - Parameter seed: makes the table's order unforeseeable; does not show in what is delivered.
    init(
        sink: any TraceSink, source: String, limits: ReassemblyLimits = ReassemblyLimits(),
        annotations: (any PacketAnnotationReading)? = nil, share: CaptureShare = .whole,
        position: PacketPosition? = nil, names: HostNames, seed: UInt64 = .random(in: .min ... .max)
    ) {
        self.sink = sink
        self.source = source
        self.limits = limits
        self.annotations = annotations
        self.share = share
        self.position = position
        table = FlowTable(seed: seed)
        history = SegmentHistory(capacity: limits.history)
        self.names = names
    }

    /// Takes the next segment of its connections, packet number `packet` of the capture.
    @inline(__always)
    mutating func take(_ segment: TCPSegment, _ payload: RawSpan, _ comments: [String], packet: UInt64) {
        move(to: segment.time, packet: packet)
        position?.moment = CaptureMoment(packet: packet)
        let (key, direction) = FlowKey.of(segment)
        let known = table.find(key) { connections[$0].key == key }
        guard let place = known ?? begin(key, segment, payload, comments) else { return }
        connections[place].noteArrival(at: segment.time)
        let index = 2 * place + direction
        directions[index].isSeen = true
        if deliverInOrder(place, direction, segment, payload, comments) { return }
        accept(place, direction, segment, payload, comments)
        if connections[place].isClosing, isOver(place) { bury(place) }
    }

    /// The packet at hand is this one, whosever it is.
    @inline(__always)
    mutating func move(to time: Timestamp, packet: UInt64) {
        now = time
        self.packet = packet
    }

    /// The path of nearly all segments: the next octets of a settled direction, nothing waiting.
    ///
    /// - Returns: whether the segment was dealt with.
    @inline(__always)
    private mutating func deliverInOrder(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ payload: RawSpan, _ comments: [String]
    ) -> Bool {
        let index = 2 * place + direction
        let peer = index ^ 1
        guard segment.flags.isDisjoint(with: [.syn, .fin, .rst]), comments.isEmpty,
            segment.sequence == directions[index].nextSequence, directions[index].anchor == .fixed,
            directions[index].queue.isEmpty, payload.byteCount == segment.wireLength, payload.byteCount > 0,
            connections[place].phase == .open
        else { return false }
        var time = segment.time
        if segment.flags.contains(.ack) {
            let ahead = Int32(bitPattern: segment.acknowledgement &- directions[peer].nextSequence)
            guard ahead == 0 || (ahead < 0 && directions[peer].anchor == .fixed),
                directions[peer].proven <= directions[peer].next
            else { return false }
            if ahead == 0 { time = max(time, directions[peer].saidAt) }
        }
        deliver(payload, place, direction, time)
        if !directions[peer].queue.isEmpty { drain(place) }
        return true
    }

    /// Every other segment.
    private mutating func accept(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ payload: RawSpan, _ comments: [String]
    ) {
        var place = place
        if connections[place].phase == .past || directions[2 * place + direction].anchor != .none {
            guard let found = sameConnection(place, direction, segment, payload, comments) else { return }
            place = found
        }
        var sequence = segment.sequence
        if segment.flags.contains(.syn) {
            guard let found = handshake(place, direction, segment, comments) else { return }
            place = found
            sequence &+= 1
        }
        let acknowledged = acknowledge(2 * place + (direction ^ 1), segment)
        receive(place, direction, segment, sequence, payload, acknowledged, comments)
    }

    /// Takes the octets, signals and comments of a segment whose place in the stream `sequence` tells.
    private mutating func receive(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ sequence: UInt32, _ payload: RawSpan,
        _ acknowledged: UInt64, _ comments: [String]
    ) {
        let index = 2 * place + direction
        let isReset = segment.flags.contains(.rst)
        if isKeepAlive(index, segment, payload) {
            // Its octet is made up, and stands before the next one.
            var probe = segment
            probe.wireLength = 0
            return receive(place, direction, probe, sequence &+ 1, RawSpan(), acknowledged, comments)
        }
        let length = isReset ? 0 : segment.wireLength
        anchorIfNeeded(index, sequence, hasOctets: length > 0 || segment.flags.contains(.fin))
        guard var start = believablePosition(place, direction, sequence, length: length, isReset: isReset) else {
            drain(place)
            return
        }
        var signals: WaitingSegment.Signals = []
        if isReset { signals.insert(.rst) }
        // A FIN below what was taken already is none of this stream.
        let isOld = directions[index].anchor == .fixed && start &+ UInt64(length) < directions[index].next
        if segment.flags.contains(.fin), !isReset, !isOld { signals.insert(.fin) }
        note(signals, start &+ UInt64(length), place, direction)
        if connections[place].isIgnored {
            signal(signals, place, direction, segment.time)
            return
        }
        let payload = isReset ? payload.extracting(0..<0) : payload
        let end = start &+ UInt64(length)
        let isSettled = directions[index].anchor == .fixed
        if !directions[index].queue.isEmpty {
            let cost = directions[index].queue.acknowledgedAtMost(acknowledged, upTo: end)
            connections[place].held += cost
            heldInAll += cost
        }
        if length == 0, start == directions[index].next, connections[place].stalledAt != nil {
            // When this was sent, what the peer's waiting segment acknowledges was still to come: it is not lost.
            connections[place].stalledAt = connections[place].packets
        }
        let hasNews = length > 0 && (!isSettled || end > directions[index].next)
        if isSettled, length > 0, start < directions[index].next {
            // A keep-alive repeats one octet, or makes one up (RFC 1122 section 4.2.3.6).
            if !(length == 1 && end == directions[index].next) { compareWithHistory(place, direction, start, payload) }
            if !hasNews { start = end }
            if directions[index].isAbsent, directions[index].lastRecord == 0, length > 1 { sayBufferLimit(place) }
        }
        if hasNews { open(place, direction, payload, comments) }
        guard hasNews || !signals.isEmpty || !comments.isEmpty else {
            drain(place)
            return
        }
        if connections[place].phase == .silent, !hasNews, !comments.isEmpty {
            keep(comments, place, direction)
            if signals.isEmpty { return drain(place) }
        }
        hold(
            WaitingSegment(
                start: hasNews ? start : max(start, isSettled ? directions[index].next : start), bytes: [],
                cut: hasNews ? length - payload.byteCount : 0, acknowledged: acknowledged, time: segment.time,
                signals: signals, comments: connections[place].phase == .silent ? [] : comments),
            hasNews ? payload : payload.extracting(0..<0), place, direction)
    }

    /// Whether a segment's one octet is a keep-alive's (RFC 1122 section 4.2.3.6), in a direction of which too little
    /// was seen to tell by its number.
    private func isKeepAlive(_ index: Int, _ segment: TCPSegment, _ payload: RawSpan) -> Bool {
        segment.wireLength == 1 && payload.byteCount == 1 && payload.u8(0) == 0 && directions[index].anchor != .fixed
            && segment.flags.isDisjoint(with: [.syn, .fin, .rst])
            // DNS, of the protocols that are read, begins with such an octet.
            && segment.sourcePort != 53 && segment.destinationPort != 53
    }

    /// Delivers a segment at once where it can be, else keeps it.
    private mutating func hold(_ segment: WaitingSegment, _ payload: RawSpan, _ place: Int, _ direction: Int) {
        let index = 2 * place + direction
        let peer = index ^ 1
        if directions[peer].isAbsent, !directions[peer].isSeen, segment.acknowledged > directions[peer].covered {
            // One number alone is rather a FIN than an octet: no line is so short.
            if segment.acknowledged == directions[peer].covered &+ 1, !directions[peer].isFinished {
                directions[peer].isFinished = true
            } else {
                gap(place, direction ^ 1, to: segment.acknowledged, at: segment.time)
            }
        }
        if directions[index].queue.isEmpty, isDeliverable(segment.start, segment.acknowledged, index) {
            release(segment, payload, place, direction)
            drain(place)
            return
        }
        let cost = directions[index].queue.insert(segment, payload)
        connections[place].held += cost
        heldInAll += cost
        if !connections[place].isHolder {
            connections[place].isHolder = true
            holders.append(entry(place))
        }
        drain(place)
        enforceLimits(place)
    }

    /// Notes FIN and RST as soon as they are seen, whatever octets are still missing before them.
    private mutating func note(
        _ signals: WaitingSegment.Signals, _ end: UInt64, _ place: Int, _ direction: Int
    ) {
        guard !signals.isEmpty else { return }
        let index = 2 * place + direction
        let next = directions[index].next
        if signals.contains(.fin), directions[index].finish.map({ $0 < next }) ?? true {
            directions[index].finish = end
        }
        if end > next, notes(place).nextAtSignal[direction] == nil { notes(place).nextAtSignal[direction] = next }
        let isOver = signals.contains(.rst) || (directions[index].finish != nil && directions[index ^ 1].finish != nil)
        guard isOver, !connections[place].isClosing else { return }
        connections[place].isClosing = true
        connections[place].isAborted = directions[index].finish == nil && directions[index ^ 1].finish == nil
        connections[place].spokenAtClose = spoken(place)
        closing.append(entry(place))
        due = min(due, now.advanced(by: limits.closedTime))
        duePacket = min(duePacket, packet &+ limits.closedPackets)
    }

    /// What happens to a connection now, for a queue.
    func entry(_ place: Int) -> PlaceQueue.Entry {
        PlaceQueue.Entry(place: place, serial: connections[place].serial, time: now, packet: packet)
    }
}
