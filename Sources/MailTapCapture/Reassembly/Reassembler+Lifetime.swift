import MailTapCore

extension Reassembler {
    // MARK: Beginning

    /// Makes a place for a connection that was not known.
    ///
    /// - Returns: nil for a segment that alone tells of no connection worth following.
    mutating func begin(
        _ key: FlowKey, _ segment: TCPSegment, _ payload: RawSpan, _ comments: [String]
    ) -> Int? {
        let isStray = segment.flags.contains(.rst) || (segment.flags.contains(.fin) && segment.wireLength == 0)
        if isStray, comments.isEmpty, !segment.flags.contains(.syn) { return nil }
        makeRoom()
        return place(key, segment)
    }

    /// Makes a place for another connection on ports whose connection is over.
    mutating func beginAgain(_ segment: TCPSegment) -> Int? {
        let (key, direction) = FlowKey.of(segment)
        let place = place(key, segment)
        directions[2 * place + direction].isSeen = true
        connections[place].packets = 1
        return place
    }

    private mutating func place(_ key: FlowKey, _ segment: TCPSegment) -> Int {
        // By the packet, so that it goes up alike for all readers of a capture.
        serial = max(serial &+ 1, packet &* 16)
        let connection = Connection(key: key, serial: serial, started: segment.time)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            connections[place] = connection
            directions[2 * place] = Direction()
            directions[2 * place + 1] = Direction()
        } else {
            place = connections.count
            connections.append(connection)
            directions.append(Direction())
            directions.append(Direction())
        }
        table.insert(key, place: place)
        silentCount += 1
        return place
    }

    // MARK: The session

    /// Opens the session at its first octet: `payload` is what it begins with, sent in `direction`.
    mutating func open(_ place: Int, _ direction: Int, _ payload: RawSpan, _ comments: [String]) {
        guard connections[place].phase == .silent else { return }
        let client = connections[place].clientDirection ?? guessClient(place, direction, payload)
        connections[place].clientDirection = client
        let kept = connections[place].notes?.comments ?? []
        var info = describe(place, client)
        if let annotations {
            for comment in kept { annotations.sessionInfo(in: comment.text, &info) }
            for comment in comments { annotations.sessionInfo(in: comment, &info) }
        }
        let isDNS = DNSStream.begins(with: payload, to: info.server.port) && direction == client
        let session: any SessionSink =
            isDNS
            ? DNSStream(names: names, asker: info.client.address)
            : share.holds(connections[place].key) ? sink.open(info) : UnfollowedSession()
        connections[place].sink = session
        connections[place].phase = .open
        silentCount -= 1
        openCount += 1
        for comment in kept {
            read([comment.text], place, comment.direction, directions[2 * place + comment.direction].base, comment.time)
        }
        connections[place].notes?.comments = []
        for direction in 0...1 {
            let side = connections[place].side(direction)
            if let time = directions[2 * place + direction].finishedAt { session.mark(.eof(side), at: time) }
            if let time = directions[2 * place + direction].resetAt { session.mark(.reset(side), at: time) }
        }
        if !session.wantsMore { connections[place].isIgnored = true }
    }

    private func describe(_ place: Int, _ client: Int) -> SessionInfo {
        let key = connections[place].key
        var clientEnd = key.end(client)
        var serverEnd = key.end(client ^ 1)
        clientEnd.name = names[clientEnd.address, for: serverEnd.address]
        serverEnd.name = names[serverEnd.address, for: clientEnd.address]
        let registered = MailProtocol.registered(on: serverEnd.port)
        var info = SessionInfo(
            source: source, client: clientEnd, server: serverEnd, started: connections[place].started,
            expecting: registered?.proto, expectsTLS: registered?.tls ?? false,
            startSeen: connections[place].sawHandshake)
        info.openTogether = (openCount + 1) * CaptureShare.partCount
        info.lookup = names.lookup(serverEnd.address, for: clientEnd.address)
        return info
    }

    /// Which direction is the client's where no handshake was seen: the peer of a registered mail port, of a side that
    /// greets like a mail server, of the lower port.
    private func guessClient(_ place: Int, _ direction: Int, _ payload: RawSpan) -> Int {
        let key = connections[place].key
        let ports = (key.end(0).port, key.end(1).port)
        let isMail = (MailProtocol.registered(on: ports.0) != nil, MailProtocol.registered(on: ports.1) != nil)
        if isMail.0 != isMail.1 { return isMail.0 ? 1 : 0 }
        if payload.byteCount >= 4 {
            let head = payload.u32(0)
            let digits = (0..<3).allSatisfy { payload.u8($0) >= 48 && payload.u8($0) <= 57 }
            let isReply = digits && (payload.u8(3) == 32 || payload.u8(3) == 45)
            // "+OK ", "-ERR"
            if isReply || head == 0x2B4F_4B20 || head == 0x2D45_5252 { return direction ^ 1 }
        }
        return ports.0 < ports.1 ? 1 : 0
    }

    // MARK: End

    /// Ends a connection's session and keeps its place for late duplicates.
    mutating func finish(_ place: Int) {
        guard connections[place].phase == .silent || connections[place].phase == .open else { return }
        flush(place)
        for direction in 0...1 { declareTail(place, direction) }
        if connections[place].phase == .silent, let notes = connections[place].notes, !notes.comments.isEmpty {
            open(place, 0, RawSpan(), [])
        }
        let session = connections[place].sink
        if connections[place].phase == .open { openCount -= 1 } else { silentCount -= 1 }
        connections[place].phase = .past
        connections[place].sink = nil
        connections[place].notes = nil
        heldInAll -= connections[place].held
        connections[place].held = 0
        for index in 2 * place...2 * place + 1 { directions[index].queue = SegmentQueue() }
        session?.end(at: connections[place].lastTime)
    }

    /// Octets at the end of a direction that the peer acknowledged and the capture lacks.
    private mutating func declareTail(_ place: Int, _ direction: Int) {
        let index = 2 * place + direction
        let covered = directions[index].covered
        // Behind a FIN that was seen nothing counts; one that was only supposed is disproved.
        let isFinished = directions[index].isFinished && directions[index].finish != nil
        guard !connections[place].isIgnored, directions[index].proven > covered, !isFinished else { return }
        // One number alone is rather a FIN that was lost than an octet.
        let mayBeFin = directions[index].isSeen || directions[index ^ 1].finish != nil
        guard directions[index].proven > covered &+ 1 || !mayBeFin else { return }
        gap(place, direction, to: directions[index].proven, at: connections[place].lastTime)
    }

    /// Frees a connection's place.
    mutating func remove(_ place: Int) {
        finish(place)
        table.remove(connections[place].key, place: place)
        connections[place].phase = .free
        connections[place].serial = 0
        free.append(place)
    }

    /// Ends a connection and frees its place at once: its ports serve another one.
    mutating func retire(_ place: Int) { remove(place) }

    /// Finds the closed connection that has to end next, now that time has gone on, and in which turn: those that are
    /// complete come before the others, each in the order in which they closed.
    ///
    /// - Returns: nil where none has to, yet.
    mutating func nextBurial() -> CaptureMoment? {
        while let oldest = closing.first, isDue(oldest, limits.closedPackets) {
            if isStillOpen(oldest) {
                guard isIncomplete(oldest.place), now.since(oldest.time) <= limits.closedTime else {
                    return CaptureMoment(packet: packet, rank: 0, serial: oldest.packet)
                }
                // What it lacks may still turn up: it gets more time.
                incomplete.append(oldest)
            }
            closing.removeFirst()
        }
        while let oldest = incomplete.first, isDue(oldest, limits.incompletePackets) {
            if isStillOpen(oldest) { return CaptureMoment(packet: packet, rank: 1, serial: oldest.packet) }
            incomplete.removeFirst()
        }
        let never = Timestamp(nanoseconds: .max)
        due = min(closing.first?.time ?? never, incomplete.first?.time ?? never).advanced(by: limits.closedTime)
        duePacket = min(
            closing.first.map { $0.packet &+ limits.closedPackets } ?? .max,
            incomplete.first.map { $0.packet &+ limits.incompletePackets } ?? .max)
        return nil
    }

    /// Ends the connection that `nextBurial` found.
    mutating func buryNext(at moment: CaptureMoment) {
        position?.moment = moment
        let isComplete = closing.first.map { isDue($0, limits.closedPackets) } ?? false
        guard let oldest = isComplete ? closing.first : incomplete.first else { return }
        if isComplete { closing.removeFirst() } else { incomplete.removeFirst() }
        bury(oldest.place)
    }

    private func isDue(_ entry: PlaceQueue.Entry, _ packets: UInt64) -> Bool {
        now.since(entry.time) > limits.closedTime || packet > entry.packet &+ packets
    }

    /// Whether a connection that closed still has its session; one that goes on is closed no more.
    private mutating func isStillOpen(_ entry: PlaceQueue.Entry) -> Bool {
        let place = entry.place
        guard connections[place].serial == entry.serial, connections[place].phase != .past else { return false }
        guard hasGoneOn(place, entry.time) else { return true }
        connections[place].isClosing = false
        return false
    }

    /// Whether both sides, or one long after, spoke on behind what closed the connection at `time`: a reset that its
    /// receiver ignored (RFC 5961 section 3), a FIN that never came in.
    private func hasGoneOn(_ place: Int, _ time: Timestamp) -> Bool {
        guard spoken(place) != connections[place].spokenAtClose else { return false }
        guard connections[place].lastTime.since(time) > 1_000_000_000 else { return false }
        return isBeyondEnd(2 * place, place) || isBeyondEnd(2 * place + 1, place)
    }

    /// Whether a direction has gone on behind its FIN; without one, whether a reset closed the connection.
    private func isBeyondEnd(_ index: Int, _ place: Int) -> Bool {
        guard let finish = directions[index].finish else { return connections[place].isAborted }
        return directions[index].next > finish
    }

    /// Whether a connection lacks octets that were sent, or was reset, which may not be the end.
    private func isIncomplete(_ place: Int) -> Bool {
        connections[place].isAborted || connections[place].held > 0
            || directions[2 * place].proven > directions[2 * place].covered
            || directions[2 * place + 1].proven > directions[2 * place + 1].covered
    }

    /// Whether a closed connection is over for certain: both sides have each other's FIN, and so all before it.
    func isOver(_ place: Int) -> Bool {
        guard connections[place].phase == .open, !connections[place].isAborted, connections[place].held == 0 else {
            return false
        }
        return isOver(index: 2 * place) && isOver(index: 2 * place + 1)
    }

    private func isOver(index: Int) -> Bool {
        directions[index].isFinished && directions[index].finish == directions[index].next
            && directions[index].proven == directions[index].covered
    }

    /// Ends a closed connection's session and remembers the connection.
    mutating func bury(_ place: Int) {
        finish(place)
        past.append(entry(place))
        while past.count > limits.closedConnections, let oldest = past.first {
            past.removeFirst()
            if connections[oldest.place].serial == oldest.serial { remove(oldest.place) }
        }
    }

    /// Makes room where there are too many connections.
    private mutating func makeRoom() {
        var steps = 0
        while silentCount > limits.silentConnections || openCount > limits.connections, steps < 4 * connections.count {
            steps += 1
            evict(step())
        }
    }

    /// The places of the connections whose session is not over and that fit.
    func places(where fits: (Connection) -> Bool) -> [Int] {
        connections.indices.filter {
            let phase = connections[$0].phase
            return (phase == .silent || phase == .open) && fits(connections[$0])
        }
    }

    private mutating func step() -> Int {
        hand = hand + 1 < connections.count ? hand + 1 : 0
        return hand
    }

    /// Gives a connection that had a packet since the last look another round, ends any other.
    private mutating func evict(_ place: Int) {
        let phase = connections[place].phase
        guard
            phase == .silent && silentCount > limits.silentConnections
                || phase == .open && openCount > limits.connections
        else { return }
        guard !connections[place].isTouched else {
            connections[place].isTouched = false
            return
        }
        if phase == .open {
            let text = "Too many connections at one time: this one, idle longest, was ended."
            connections[place].sink?.mark(.trouble(Trouble(code: "buffer-limit", text: text)), at: now)
        }
        remove(place)
    }

    /// For live captures: time has gone on without a packet.
    mutating func wait() {
        guard let patience = limits.stragglerTime else { return }
        for place in connections.indices where connections[place].held > 0 {
            // A connection without a handshake waits no longer than any other.
            if now.since(connections[place].lastTime) > patience { settle(place, force: true) }
            drain(place)
        }
    }
}
