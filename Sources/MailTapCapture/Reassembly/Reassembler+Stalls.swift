import MailTapCore

extension Reassembler {
    /// Whether something waits for octets that must have been sent: the peer has acknowledged them, or a waiting
    /// segment of the peer has.
    func isStalled(_ place: Int) -> Bool {
        isStalled(index: 2 * place) || isStalled(index: 2 * place + 1)
    }

    private func isStalled(index: Int) -> Bool {
        guard let start = directions[index].queue.firstStart, directions[index].isPlaced else { return false }
        if start > directions[index].next { return directions[index].proven > directions[index].next }
        return true
    }

    /// A number that changes whenever octets of the connection go on.
    func spoken(_ place: Int) -> UInt64 { directions[2 * place].next &+ directions[2 * place + 1].next }

    /// Whether it has waited so long that what it waits for won't come.
    ///
    /// A side of which nothing was ever seen may stand behind the other in the file: it gets more room.
    mutating func hasWaitedEnough(_ place: Int) -> Bool {
        // Whatever moves may still bring it: one direction can stand far ahead of the other in the file.
        let spoken = spoken(place)
        let bothSeen = directions[2 * place].isSeen && directions[2 * place + 1].isSeen
        let isAlone = directions[2 * place].isAbsent || directions[2 * place + 1].isAbsent
        if !bothSeen, isAlone { return true }
        guard let since = connections[place].stalledAt, connections[place].stalledSpoken == spoken else {
            connections[place].stalledAt = connections[place].packets
            connections[place].stalledTime = now
            connections[place].stalledPacket = packet
            connections[place].stalledSpoken = spoken
            return false
        }
        if let time = limits.stragglerTime, now.since(connections[place].stalledTime) > time { return true }
        guard bothSeen else {
            // Packets count from when the other side is seen.
            connections[place].stalledAt = connections[place].packets
            connections[place].stalledPacket = packet
            return connections[place].held > limits.heldPerConnection
        }
        // Few packets of its own, but many of the capture's.
        let isOld =
            packet &- connections[place].stalledPacket > limits.stragglerCapturePackets
            && now.since(connections[place].stalledTime) > limits.stragglerLeastTime
        return isOld || Int(connections[place].packets &- since) > limits.stragglerPackets
            || connections[place].held > limits.stragglerOctets
    }

    /// Gives up waiting for what the earliest waiting segment waits for: the octets before it are a gap, or those that
    /// it acknowledges are.
    ///
    /// - Parameter force: also declares octets lost of which nothing proves that they were sent.
    /// - Returns: whether anything moved.
    mutating func breakStall(_ place: Int, force: Bool) -> Bool {
        guard let direction = earliestDirection(place, force: force) else { return false }
        let index = 2 * place + direction
        let peer = index ^ 1
        guard let start = directions[index].queue.firstStart, let time = directions[index].queue.firstTime else {
            return false
        }
        let acknowledged = directions[index].queue.firstAcknowledged
        guard acknowledged <= directions[peer].covered else {
            return breakWait(place, direction, acknowledged, time)
        }
        if directions[index].isBehindFinish(start) {
            // A reset counts the FIN before it.
            if directions[index].queue.firstIsBare {
                releaseFirst(place, direction)
            } else {
                discard(place, direction)
            }
            return true
        }
        if isDisproven(place, direction) {
            discardFirst(place, direction)
            return true
        }
        let limit = force ? start : min(start, directions[index].proven)
        guard limit > directions[index].next else { return false }
        gap(place, direction, to: limit, at: time)
        return true
    }

    /// The direction whose first waiting segment is the earliest of those that can be helped.
    private func earliestDirection(_ place: Int, force: Bool) -> Int? {
        let isCandidate = (
            canBeHelped(2 * place, force: force), canBeHelped(2 * place + 1, force: force)
        )
        guard isCandidate.0, isCandidate.1 else { return isCandidate.0 ? 0 : isCandidate.1 ? 1 : nil }
        guard let first = directions[2 * place].queue.firstTime, let second = directions[2 * place + 1].queue.firstTime
        else { return 0 }
        return second < first ? 1 : 0
    }

    private func canBeHelped(_ index: Int, force: Bool) -> Bool {
        !directions[index].queue.isEmpty && (force ? directions[index].isPlaced : isStalled(index: index))
    }

    /// A segment waits for octets of the other side that its sender had received.
    private mutating func breakWait(_ place: Int, _ direction: Int, _ acknowledged: UInt64, _ time: Timestamp) -> Bool {
        let index = 2 * place + direction
        let peer = index ^ 1
        let covered = directions[peer].covered
        guard let waiting = directions[peer].queue.firstStart else {
            if !directions[peer].isSeen { directions[peer].isAbsent = true }
            // One number alone, at the end: rather a FIN that was lost than an octet.
            if acknowledged == covered &+ 1, !directions[peer].isFinished {
                directions[peer].isFinished = true
            } else {
                settleEmpty(peer)
                gap(place, direction ^ 1, to: acknowledged, at: time)
            }
            return true
        }
        if !directions[peer].isPlaced {
            settle(place, force: true)
            return true
        }
        if waiting > directions[peer].next {
            gap(place, direction ^ 1, to: min(waiting, acknowledged), at: time)
            return true
        }
        // Both wait for each other: acknowledgements that contradict each other. The earlier goes.
        let isBehindHole = (directions[index].queue.firstStart ?? 0) > directions[index].next
        if isBehindHole, let start = directions[index].queue.firstStart,
            directions[peer].queue.firstAcknowledged > directions[index].next
        {
            gap(place, direction, to: min(start, directions[peer].queue.firstAcknowledged), at: time)
            return true
        }
        releaseFirst(place, isBehindHole ? direction ^ 1 : direction)
        return true
    }

    /// Whether a FIN or RST waits for octets that its side never sent, since it went on where it stood before.
    private func isDisproven(_ place: Int, _ direction: Int) -> Bool {
        let index = 2 * place + direction
        guard directions[index].queue.firstIsBare, let start = directions[index].queue.firstStart,
            let next = connections[place].notes?.nextAtSignal[direction]
        else { return false }
        return directions[index].next > next && directions[index].proven < start
    }

    /// Drops the first waiting segment of a direction.
    private mutating func discardFirst(_ place: Int, _ direction: Int) {
        let segment = directions[2 * place + direction].queue.removeFirst()
        connections[place].held -= segment.cost
        heldInAll -= segment.cost
        if segment.signals.contains(.fin) { directions[2 * place + direction].finish = nil }
    }

    /// Drops what waits behind the FIN of a direction, and says so.
    private mutating func discard(_ place: Int, _ direction: Int) {
        while !directions[2 * place + direction].queue.isEmpty { discardFirst(place, direction) }
        directions[2 * place + direction].finish = directions[2 * place + direction].next
        let notes = self.notes(place)
        guard !notes.saidAfterFinish else { return }
        notes.saidAfterFinish = true
        let text = "Octets behind the \(connections[place].side(direction))'s FIN were left out: no peer takes them."
        connections[place].sink?.mark(.trouble(Trouble(code: "after-fin", text: text)), at: now)
    }

    /// A direction without an octet begins where its first header field said.
    private mutating func settleEmpty(_ index: Int) {
        if directions[index].anchor != .fixed { directions[index].fix(at: directions[index].next) }
    }

    /// Keeps what waits within its bounds, of one connection and in all.
    mutating func enforceLimits(_ place: Int) {
        let isLong =
            directions[2 * place].queue.count > limits.segmentsPerSide
            || directions[2 * place + 1].queue.count > limits.segmentsPerSide
        if isLong || connections[place].held > limits.heldPerConnection { relieve(place) }
        while heldInAll > limits.heldInAll, let oldest = holders.first {
            holders.removeFirst()
            guard connections[oldest.place].serial == oldest.serial else { continue }
            connections[oldest.place].isHolder = false
            guard connections[oldest.place].held > 0 else { continue }
            sayBufferLimit(oldest.place)
            flush(oldest.place)
        }
        // A list of connections that hold nothing any more must not grow either.
        while let oldest = holders.first, holders.count > 4096 || !isHolding(oldest) {
            holders.removeFirst()
            guard connections[oldest.place].serial == oldest.serial else { continue }
            connections[oldest.place].isHolder = false
            if connections[oldest.place].held > 0 {
                connections[oldest.place].isHolder = true
                holders.append(entry(oldest.place))
                break
            }
        }
    }

    private func isHolding(_ entry: PlaceQueue.Entry) -> Bool {
        connections[entry.place].serial == entry.serial && connections[entry.place].held > 0
    }

    /// Brings one connection back below its bounds.
    private mutating func relieve(_ place: Int) {
        // A side that was never seen is no fault of the buffers.
        let bothSeen = directions[2 * place].isSeen && directions[2 * place + 1].isSeen
        if bothSeen { sayBufferLimit(place) }
        settle(place, force: true)
        drain(place)
        while connections[place].held > limits.heldPerConnection / 2
            || directions[2 * place].queue.count > limits.segmentsPerSide
            || directions[2 * place + 1].queue.count > limits.segmentsPerSide
        {
            guard breakStall(place, force: true) else { return }
            drain(place)
        }
    }

    mutating func sayBufferLimit(_ place: Int) {
        let notes = self.notes(place)
        guard !notes.saidBufferLimit else { return }
        notes.saidBufferLimit = true
        let isAlone = directions[2 * place].isAbsent || directions[2 * place + 1].isAbsent
        let text =
            isAlone
            ? "One direction stands so far behind the other in the capture that it was taken as lost."
            : "Too much waited for missing segments; it was taken as lost."
        connections[place].sink?.mark(.trouble(Trouble(code: "buffer-limit", text: text)), at: now)
    }

    /// Delivers everything that waits, with gaps where octets are missing.
    mutating func flush(_ place: Int) {
        settle(place, force: true)
        drain(place)
        while breakStall(place, force: true) { drain(place) }
    }
}
