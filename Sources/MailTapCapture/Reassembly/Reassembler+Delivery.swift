import MailTapCore

extension Reassembler {
    /// Gives octets to the session, the next of their direction.
    @inline(__always)
    mutating func deliver(_ bytes: RawSpan, _ place: Int, _ direction: Int, _ time: Timestamp) {
        let index = 2 * place + direction
        let start = directions[index].next
        directions[index].deliver(bytes.byteCount)
        directions[index].saidAt = max(directions[index].saidAt, time)
        guard !connections[place].isIgnored, let session = connections[place].sink else { return }
        if history.isKept { history.append(bytes, at: start, last: &directions[index].lastRecord) }
        session.receive(bytes, from: connections[place].side(direction), at: time)
        if !session.wantsMore { loseInterest(place) }
    }

    /// Gives a waiting segment to the session: comments, octets, what was cut off, signals.
    mutating func release(_ segment: WaitingSegment, _ bytes: RawSpan, _ place: Int, _ direction: Int) {
        let index = 2 * place + direction
        let peer = index ^ 1
        // Whoever acknowledges octets says what it says after them, whatever the clock of the capture made of it.
        let hasHeardAll = segment.acknowledged >= directions[peer].next && segment.acknowledged > 0
        let time = hasHeardAll ? max(segment.time, directions[peer].saidAt) : segment.time
        read(segment.comments, place, direction, max(segment.start, directions[index].next), time)
        if let conflict = segment.conflict { say(conflict, place, direction, time) }
        let old = directions[index].next &- segment.start
        if segment.start >= directions[index].next {
            if bytes.byteCount > 0 { deliver(bytes, place, direction, time) }
        } else if old < UInt64(bytes.byteCount) {
            deliver(bytes.extracting(Int(old)...), place, direction, time)
        }
        if segment.cut > 0 {
            cutOff(at: segment.start &+ UInt64(bytes.byteCount), segment.cut, place, direction, time)
        }
        signal(segment.signals, place, direction, time)
    }

    /// Whether a segment can go to the session: its octets are next, and what its sender had received was delivered.
    func isDeliverable(_ start: UInt64, _ acknowledged: UInt64, _ index: Int) -> Bool {
        guard directions[index].isPlaced, start <= directions[index].next else { return false }
        return acknowledged <= directions[index ^ 1].covered
    }

    /// Delivers whatever can be, until everything left waits for something.
    mutating func drain(_ place: Int) {
        guard !directions[2 * place].queue.isEmpty || !directions[2 * place + 1].queue.isEmpty else {
            noteHalf(place)
            connections[place].stalledAt = nil
            return
        }
        while true {
            settle(place, force: false)
            while let direction = readyDirection(place) { releaseFirst(place, direction) }
            guard isStalled(place) else {
                connections[place].stalledAt = nil
                return
            }
            guard hasWaitedEnough(place), breakStall(place, force: false) else { return }
        }
    }

    /// The direction whose first waiting segment can go, the earlier of two.
    private func readyDirection(_ place: Int) -> Int? {
        let forward = isReady(2 * place)
        let backward = isReady(2 * place + 1)
        guard forward, backward else { return forward ? 0 : backward ? 1 : nil }
        guard let first = directions[2 * place].queue.firstTime, let second = directions[2 * place + 1].queue.firstTime
        else { return 0 }
        return second < first ? 1 : 0
    }

    private func isReady(_ index: Int) -> Bool {
        guard let start = directions[index].queue.firstStart else { return false }
        return isDeliverable(start, directions[index].queue.firstAcknowledged, index)
    }

    /// Takes the first waiting segment of a direction out, and gives it to the session.
    mutating func releaseFirst(_ place: Int, _ direction: Int) {
        let segment = directions[2 * place + direction].queue.removeFirst()
        connections[place].held -= segment.cost
        heldInAll -= segment.cost
        release(segment, segment.bytes.span.bytes, place, direction)
    }

    /// Says that octets are lost, the next of their direction.
    mutating func gap(_ place: Int, _ direction: Int, to position: UInt64, at time: Timestamp) {
        let index = 2 * place + direction
        guard position > directions[index].next else { return }
        passFinish(place, direction)
        let length = position &- directions[index].next
        guard length > 0 else { return }
        directions[index].advance(to: position)
        directions[index].lastRecord = 0
        if connections[place].phase == .silent { open(place, direction, RawSpan(), []) }
        connections[place].sink?.mark(.gap(connections[place].side(direction), length), at: time)
    }

    /// More was said, and taken, behind a FIN: its number is no octet that is missing; one that was only supposed was none.
    private mutating func passFinish(_ place: Int, _ direction: Int) {
        let index = 2 * place + direction
        guard directions[index].isFinished else { return }
        guard let finish = directions[index].finish else {
            directions[index].isFinished = false
            return
        }
        guard finish == directions[index].next else { return }
        directions[index].advance(to: finish &+ 1)
        notes(place).passedFinish[direction] = finish
    }

    /// Which octet of its stream stands at a position.
    private func offset(_ position: UInt64, _ place: Int, _ direction: Int) -> UInt64 {
        let offset = position &- directions[2 * place + direction].base
        guard let finish = connections[place].notes?.passedFinish[direction], position > finish else { return offset }
        return offset &- 1
    }

    /// The snapshot length left out the end of a segment: nothing that follows can bring it.
    private mutating func cutOff(
        at position: UInt64, _ length: Int, _ place: Int, _ direction: Int, _ time: Timestamp
    ) {
        let index = 2 * place + direction
        var end = position &+ UInt64(length)
        // A retransmission may hold what this one lacks.
        if let waiting = directions[index].queue.firstDataStart { end = min(end, max(waiting, directions[index].next)) }
        guard end > directions[index].next else { return }
        let notes = self.notes(place)
        if !notes.saidSnapshotLength {
            notes.saidSnapshotLength = true
            let text = "The capture kept only the beginning of some packets (snapshot length)."
            connections[place].sink?.mark(.trouble(Trouble(code: "snapshot-length", text: text)), at: time)
        }
        gap(place, direction, to: end, at: time)
    }

    /// Tells the session of FIN, once, and of RST.
    mutating func signal(_ signals: WaitingSegment.Signals, _ place: Int, _ direction: Int, _ time: Timestamp) {
        guard !signals.isEmpty else { return }
        let index = 2 * place + direction
        let side = connections[place].side(direction)
        if signals.contains(.fin), directions[index].finishedAt == nil {
            directions[index].finishedAt = time
            directions[index].isFinished = true
            connections[place].sink?.mark(.eof(side), at: time)
        }
        if signals.contains(.rst) {
            directions[index].resetAt = time
            connections[place].sink?.mark(.reset(side), at: time)
        }
    }

    /// The sink wants no more octets: what waits is dropped, and what comes passes by.
    private mutating func loseInterest(_ place: Int) {
        connections[place].isIgnored = true
        heldInAll -= connections[place].held
        connections[place].held = 0
        for index in 2 * place...2 * place + 1 { directions[index].queue = SegmentQueue() }
    }

    // MARK: Overlaps and comments

    /// Compares octets that came again with those delivered.
    mutating func compareWithHistory(_ place: Int, _ direction: Int, _ start: UInt64, _ bytes: RawSpan) {
        let index = 2 * place + direction
        let old = Int(min(directions[index].next &- start, UInt64(bytes.byteCount)))
        guard old > 0 else { return }
        let conflict = history.conflict(
            bytes.extracting(0..<old), at: start, last: directions[index].lastRecord)
        if let conflict { say(conflict, place, direction, now) }
    }

    /// Says that octets differed; not without end on one connection, and not twice of the same stretch.
    private mutating func say(_ conflict: Range<UInt64>, _ place: Int, _ direction: Int, _ time: Timestamp) {
        let notes = self.notes(place)
        guard notes.conflicts < 100, notes.lastConflict != conflict else { return }
        notes.conflicts += 1
        notes.lastConflict = conflict
        let range = StreamRange(
            connections[place].side(direction), offset(conflict.lowerBound, place, direction),
            offset(conflict.upperBound, place, direction))
        connections[place].sink?.mark(.conflict(range), at: time)
    }

    /// Hands the comments of a packet to whoever understands them, and on what they mean.
    mutating func read(
        _ comments: [String], _ place: Int, _ direction: Int, _ position: UInt64, _ time: Timestamp
    ) {
        guard !comments.isEmpty, let annotations, let session = connections[place].sink else { return }
        let side = connections[place].side(direction)
        let offset = offset(position, place, direction)
        for comment in comments {
            for mark in annotations.marks(in: comment, side: side, offset: offset) { session.mark(mark, at: time) }
        }
    }

    /// Keeps comments for the session to come.
    mutating func keep(_ comments: [String], _ place: Int, _ direction: Int) {
        let notes = self.notes(place)
        for comment in comments where notes.comments.count < 64 {
            notes.comments.append((direction, comment, now))
        }
    }

    /// The connection's notes, made when first needed.
    mutating func notes(_ place: Int) -> ConnectionNotes {
        if let notes = connections[place].notes { return notes }
        let notes = ConnectionNotes()
        connections[place].notes = notes
        return notes
    }
}
