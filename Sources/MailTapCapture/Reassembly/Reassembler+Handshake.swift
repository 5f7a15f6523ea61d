import MailTapCore

extension Reassembler {
    /// Whether a segment belongs to the connection at `place`, or begins another one on the same ports.
    ///
    /// - Returns: the place of the connection that it belongs to; nil where it is to be dropped.
    mutating func sameConnection(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ payload: RawSpan, _ comments: [String]
    ) -> Int? {
        let index = 2 * place + direction
        if let candidate = connections[place].notes?.candidate, !segment.flags.contains(.syn),
            candidate.direction == direction, segment.sequence == candidate.segment.sequence &+ 1,
            segment.wireLength > 0, directions[index].position(segment.sequence) != directions[index].next
        {
            // The connection that a SYN announced speaks: that SYN was no forgery.
            return replace(place, by: candidate, segment)
        }
        guard connections[place].phase == .past, !segment.flags.contains(.syn) else { return place }
        // A late duplicate says nothing new. Octets far away are another connection's, whose SYN was lost.
        guard segment.wireLength > 0, !segment.flags.contains(.rst) else { return nil }
        // What goes on exactly where a reset stood was not reset.
        let goesOn =
            connections[place].isAborted && directions[index].position(segment.sequence) == directions[index].next
        guard isFar(segment.sequence, directions[index]) || goesOn || acknowledgesAnother(index ^ 1, segment) else {
            return nil
        }
        remove(place)
        return beginAgain(segment)
    }

    /// Whether a sequence number is none that a late duplicate of a direction can have.
    private func isFar(_ sequence: UInt32, _ direction: Direction) -> Bool {
        let distance = Int64(bitPattern: direction.position(sequence) &- direction.next)
        return distance > 1 << 20 || distance < -(16 << 20)
    }

    /// Whether a segment acknowledges what the other side of a closed connection can't have said: wherever its own octets
    /// seem to stand, it is another connection's on the same ports.
    ///
    /// Behind a FIN a side says nothing, and before its SYN it said nothing. Initial sequence numbers of one pair of ends
    /// go up with a clock (RFC 6528 section 3), so that the next connection's often lie close behind.
    private func acknowledgesAnother(_ index: Int, _ segment: TCPSegment) -> Bool {
        let said = directions[index]
        guard segment.flags.contains(.ack), said.anchor == .fixed else { return false }
        let position = said.position(segment.acknowledgement)
        if said.isFinished, said.finish == said.next, position > said.next &+ 1 { return true }
        if said.knowsStart, position < said.base { return true }
        return isFar(segment.acknowledgement, said)
    }

    /// Takes a SYN.
    ///
    /// - Returns: the place of the connection that the segment belongs to; nil where it is to be dropped.
    mutating func handshake(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ comments: [String]
    ) -> Int? {
        let index = 2 * place + direction
        if let fresh = answerCandidate(place, direction, segment) {
            return handshake(fresh, FlowKey.of(segment).direction, segment, comments)
        }
        let first = segment.sequence &+ 1
        let position = directions[index].position(first)
        let isNew: Bool
        if connections[place].phase == .past {
            guard position != directions[index].base || !directions[index].knowsStart else { return nil }
            isNew = true
        } else if directions[index].knowsStart {
            isNew = position != directions[index].base && !lowerStart(index, position, segment)
        } else {
            isNew = !fixStart(index, first)
        }
        guard isNew else {
            greet(place, direction, segment)
            return place
        }
        return reuse(place, direction, segment, comments)
    }

    /// Takes an initial sequence number for a direction of which none was seen.
    ///
    /// - Returns: whether it fits what was seen of the direction.
    private mutating func fixStart(_ index: Int, _ first: UInt32) -> Bool {
        if directions[index].anchor == .none { directions[index].anchor(first, as: .fixed) }
        let position = directions[index].position(first)
        let lowest = directions[index].queue.firstStart ?? directions[index].next
        if directions[index].anchor == .fixed, directions[index].next != directions[index].base {
            // Octets were delivered already: the SYN comes late, or belongs to another connection.
            let early = directions[index].base &- position
            return position <= directions[index].base && early < 65_536
        }
        let distance = position > lowest ? position &- lowest : lowest &- position
        guard position <= lowest || directions[index].queue.isEmpty, distance <= UInt64(limits.window) else {
            return false
        }
        directions[index].fix(at: position)
        directions[index].knowsStart = true
        return true
    }

    /// Takes a SYN with octets (RFC 7413) whose answer, which acknowledges them, came first.
    ///
    /// - Returns: whether it is that.
    private mutating func lowerStart(_ index: Int, _ position: UInt64, _ segment: TCPSegment) -> Bool {
        let early = Int64(bitPattern: directions[index].base &- position)
        guard directions[index].next == directions[index].base, early > 0, early <= Int64(segment.wireLength),
            directions[index].queue.firstStart ?? .max >= directions[index].base
        else { return false }
        directions[index].fix(at: position)
        return true
    }

    /// Begins the connection that a SYN announced, where this is the answer to it.
    ///
    /// - Returns: its place; nil where it is no such answer.
    private mutating func answerCandidate(_ place: Int, _ direction: Int, _ segment: TCPSegment) -> Int? {
        guard segment.flags.contains(.ack), let candidate = connections[place].notes?.candidate,
            candidate.direction != direction, segment.acknowledgement == candidate.segment.sequence &+ 1
        else { return nil }
        return replace(place, by: candidate, segment)
    }

    /// Learns from a SYN who is who.
    private mutating func greet(_ place: Int, _ direction: Int, _ segment: TCPSegment) {
        connections[place].sawHandshake = true
        let caller = segment.flags.contains(.ack) ? direction ^ 1 : direction
        if let known = connections[place].clientDirection {
            guard known != caller, connections[place].phase == .silent else { return }
            // Both called: what is said, or the ports, will tell.
            connections[place].isMutual = true
            connections[place].clientDirection = nil
        } else if !connections[place].isMutual {
            connections[place].clientDirection = caller
        }
    }

    /// Decides on a SYN with another initial sequence number than the connection's.
    ///
    /// A SYN in mid-connection may be forged (RFC 5961 section 4): only the answer, or octets, prove a new connection.
    private mutating func reuse(
        _ place: Int, _ direction: Int, _ segment: TCPSegment, _ comments: [String]
    ) -> Int? {
        let connection = connections[place]
        let index = 2 * place + direction
        // Nobody answered the other SYN yet: this one came instead of it, or it is a late copy.
        let isUnanswered = directions[index ^ 1].anchor == .none && connection.held == 0
        let isIdle = segment.time.since(connection.lastTime) > 60_000_000_000
        // Of a SYN that is sent again the first tells when the connection began.
        let known = connection.notes?.candidate
        let isKnown = known?.direction == direction && known?.segment.sequence == segment.sequence
        if connection.isClosing || connection.phase == .past || isUnanswered || isIdle {
            var unanswered = segment
            unanswered.sequence = directions[index].nextSequence &- 1
            unanswered.wireLength = 0
            unanswered.time = connection.started
            retire(place)
            guard let fresh = beginAgain(isKnown ? known?.segment ?? segment : segment) else { return nil }
            connections[fresh].lastTime = segment.time
            if isUnanswered { notes(fresh).candidate = (direction, unanswered, []) }
            return handshake(fresh, direction, segment, comments)
        }
        if !isKnown { notes(place).candidate = (direction, segment, comments) }
        return nil
    }

    /// Ends the connection at `place`, and begins the one that `candidate`'s SYN announced.
    private mutating func replace(
        _ place: Int, by candidate: (direction: Int, segment: TCPSegment, comments: [String]), _ segment: TCPSegment
    ) -> Int? {
        retire(place)
        guard let fresh = beginAgain(candidate.segment) else { return nil }
        connections[fresh].lastTime = segment.time
        if !candidate.comments.isEmpty { keep(candidate.comments, fresh, candidate.direction) }
        return handshake(fresh, candidate.direction, candidate.segment, candidate.comments)
    }

    /// Takes an acknowledgement: what its sender has received was sent, whether the capture has it or not.
    ///
    /// - Returns: its position in the acknowledged direction; 0 where it tells nothing that can be believed.
    mutating func acknowledge(_ index: Int, _ segment: TCPSegment) -> UInt64 {
        guard segment.flags.contains(.ack) else { return 0 }
        if directions[index].anchor == .none {
            directions[index].anchor(segment.acknowledgement, as: .acknowledged)
            // What answers a SYN acknowledges the SYN alone.
            if segment.flags.contains(.syn) {
                directions[index].fix(at: directions[index].next)
                directions[index].knowsStart = true
            }
            return directions[index].next
        }
        let position = directions[index].position(segment.acknowledgement)
        let next = directions[index].next
        let peer = index ^ 1
        let claim =
            directions[peer].anchor == .none ? Direction.origin : directions[peer].position(segment.sequence)
        if position > next, position &- next > UInt64(limits.window) { return 0 }
        if position > max(next, directions[index].proven) {
            directions[index].proven = position
            directions[index].provenBy = claim
        } else if directions[index].proven > max(position, next), claim > directions[index].provenBy {
            // What its sender said later acknowledges less: the other acknowledgement was not its own.
            directions[index].proven = max(position, next)
            directions[index].provenBy = claim
        }
        if position > next {
            return position
        } else if directions[index].anchor == .acknowledged, next &- position <= UInt64(limits.window) {
            // An older acknowledgement that comes later: the direction stood there before.
            directions[index].advance(to: position)
            directions[index].base = position
        }
        return position
    }

    /// Places a direction by its first own segment.
    mutating func anchorIfNeeded(_ index: Int, _ sequence: UInt32, hasOctets: Bool) {
        switch directions[index].anchor {
        case .none: directions[index].anchor(sequence, as: hasOctets ? .tentative : .acknowledged)
        case .acknowledged where hasOctets:
            if directions[index].position(sequence) == directions[index].next {
                directions[index].fix(at: directions[index].next)
            } else {
                directions[index].anchor = .tentativeAcknowledged
            }
        default: break
        }
    }

    /// Decides where a direction begins whose initial sequence number was not seen, once it is not likely any more
    /// that an earlier segment turns up.
    mutating func settle(_ place: Int, force: Bool) {
        noteHalf(place)
        let waited = Int(connections[place].packets &- connections[place].settlingSince)
        for index in 2 * place...2 * place + 1 {
            let anchor = directions[index].anchor
            guard anchor == .tentative || anchor == .tentativeAcknowledged,
                let first = directions[index].queue.firstStart, let end = directions[index].queue.firstEnd
            else { continue }
            let isLong = waited >= limits.settlingPackets
            let hasArrived = directions[index].proven >= end && end > first
            guard force || isLong || hasArrived else { continue }
            // With a handshake seen, what lies between it and the first octets was lost; without, it came before.
            let isLost = anchor == .tentativeAcknowledged && connections[place].sawHandshake && first > Direction.origin
            directions[index].fix(at: isLost ? Direction.origin : first)
        }
    }

    /// Packets count for `settle` from when both sides are seen.
    mutating func noteHalf(_ place: Int) {
        let isHalf = !directions[2 * place].isSeen || !directions[2 * place + 1].isSeen
        if isHalf { connections[place].settlingSince = connections[place].packets }
    }

    /// The position of a segment, unless it lies so far away that it can't belong to the stream.
    mutating func believablePosition(
        _ place: Int, _ direction: Int, _ sequence: UInt32, length: Int, isReset: Bool
    ) -> UInt64? {
        let index = 2 * place + direction
        let position = directions[index].position(sequence)
        let next = directions[index].next
        let window = UInt64(limits.window)
        if isReset {
            // It may count the FIN before it, seen or lost.
            let end = directions[index].finish ?? max(next, directions[index].queue.lastEnd ?? next)
            return position > end &+ 1 && position &- next <= window ? position : end
        }
        let reach = max(next, directions[index].proven)
        guard position > reach, position &- reach > window else { return position }
        let notes = self.notes(place)
        if notes.strayDirection == direction, notes.stray.count > 0, notes.stray.next == sequence {
            notes.stray.count += 1
        } else {
            notes.stray.count = 1
        }
        notes.strayDirection = direction
        notes.stray.next = sequence &+ UInt32(truncatingIfNeeded: length)
        // Three in a row: the stream really goes on there, after a loss larger than any window.
        if length > 0, notes.stray.count >= 3 {
            notes.stray.count = 0
            directions[index].proven = position
            return position
        }
        if !notes.saidOutOfWindow, connections[place].phase == .open {
            notes.saidOutOfWindow = true
            let text = "A segment far outside the window was left out."
            connections[place].sink?.mark(.trouble(Trouble(code: "out-of-window", text: text)), at: now)
        }
        return nil
    }
}
