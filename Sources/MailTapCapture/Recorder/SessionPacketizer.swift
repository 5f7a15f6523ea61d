import MailTapCore

/// Writes one session as one TCP conversation: handshake, a packet for each chunk, the ending that it had.
///
/// Pure: what happened goes in, pcapng packet blocks come out. What packets cannot say goes into comments (`RecordingComment`).
///
/// ```
/// open      SYN {session}, SYN-ACK, ACK          (none of them where the beginning was not seen)
/// chunk     one packet, in pieces where it is longer than a packet can be; PSH on the last piece
/// gap       a bare ACK of the peer {gap}: it acknowledges what is lost, and the sequence numbers go on behind
/// eof       FIN; the second one waits for what is said of the ending
/// reset     RST, which waits likewise
/// end       the last ACK
/// ```
struct SessionPacketizer {
    /// One direction of the conversation.
    private struct Flow {
        let initialSequence: UInt32
        /// Octets of the stream that were written or are known to be lost.
        var sent: UInt64 = 0
        /// Octets that the peer has acknowledged.
        var acknowledged: UInt64 = 0
        /// Whether FIN was said.
        var isFinished = false
        /// Whether the peer has acknowledged all of it.
        var isAcknowledged = true
        /// Comments for the next packet of this side.
        var pending: [String] = []
        /// Notes about octets to come, by their place in the stream.
        var notes: [PacketNote] = []

        /// The next sequence number: behind SYN, behind FIN where it was said.
        ///
        /// Wraps at 4 GiB (RFC 9293 section 3.4).
        var next: UInt32 {
            initialSequence &+ 1 &+ UInt32(truncatingIfNeeded: sent) &+ (isFinished ? 1 : 0)
        }
    }

    /// A FIN or RST that waits for what is said of the ending.
    private struct Closing {
        var time: Timestamp
        var side: Side
        var flags: WrittenSegment.Flags
    }

    /// Octets of a side after which the other one acknowledges, if it has nothing to say.
    private static let acknowledgmentInterval: UInt64 = 1 << 20
    /// Octets of comments that one packet carries.
    private static let maximumComments = 262_144

    private let ends: ConversationEnds
    private let sessionComment: String
    private var isSessionCommentDue = true
    private var client: Flow
    private var server: Flow
    private var closing: Closing?
    private var isReset = false
    /// When the last packet was written.
    private var last: Timestamp

    /// Opens the conversation.
    ///
    /// - Parameters:
    ///   - info: the session.
    ///   - number: number of the session in what is written; tells sessions of equal addresses apart.
    ///   - ends: addresses and ports to write instead of the session's own.
    ///   - notes: comments for the packets that hold these octets.
    ///   - writer: takes the blocks.
    init(
        _ info: SessionInfo, number: UInt32, ends: ConversationEnds? = nil, notes: [PacketNote] = [],
        into writer: inout PcapNGWriter
    ) {
        self.ends = ends ?? ConversationEnds(info, number: number)
        sessionComment = RecordingComment.session(info, ends: self.ends)
        last = info.started
        // Initial sequence numbers need only differ between sessions of the same addresses and ports.
        let seed = Self.scramble(UInt64(bitPattern: info.started.nanoseconds) ^ UInt64(number) << 40)
        client = Flow(initialSequence: UInt32(truncatingIfNeeded: seed))
        server = Flow(initialSequence: UInt32(truncatingIfNeeded: seed >> 32))
        for side in Side.allCases {
            self[side].notes = notes.filter { $0.side == side }.sorted { $0.offset > $1.offset }
        }
        guard info.startSeen else { return }
        let start = info.started
        bare(.client, [.syn], at: start, sequence: client.initialSequence, acknowledgment: 0, into: &writer)
        bare(
            .server, [.syn, .ack], at: start, sequence: server.initialSequence,
            acknowledgment: client.initialSequence &+ 1, into: &writer)
        bare(.client, [.ack], at: start, into: &writer)
    }

    private subscript(side: Side) -> Flow {
        get { side == .client ? client : server }
        _modify { if side == .client { yield &client } else { yield &server } }
    }

    /// Octets that a side sent, as one chunk.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into writer: inout PcapNGWriter) {
        close(into: &writer)
        carryComments(side, at: time, into: &writer)
        var rest = bytes
        while rest.byteCount > 0 {
            let payload = rest.extracting(first: WrittenSegment.maximumPayload)
            rest = rest.extracting(droppingFirst: payload.byteCount)
            write(side, rest.byteCount == 0 ? [.ack, .psh] : [.ack], payload: payload, at: time, into: &writer)
            advance(side, by: UInt64(payload.byteCount))
        }
        guard self[side].sent &- self[side].acknowledged >= Self.acknowledgmentInterval else { return }
        bare(side.peer, [.ack], at: time, into: &writer)
    }

    /// Something other than octets.
    mutating func mark(_ mark: Mark, at time: Timestamp, into writer: inout PcapNGWriter) {
        switch mark {
        case .eof(let side): finish(side, at: time, into: &writer)
        case .reset(let side):
            close(into: &writer)
            closing = Closing(time: time, side: side, flags: [.rst, .ack])
        case .gap(let side, let length): gap(mark, side, length, at: time, into: &writer)
        case .conflict(let range): keep(mark, range.side)
        case .masked(let mask): keep(mark, mask.range.side)
        case .forwarded(let range, _): keep(mark, range.side)
        case .injected(let range): keep(mark, range.side)
        // What a test expects is nothing that happened.
        case .pattern: break
        case .ended where closing != nil:
            if let side = closing?.side { keep(mark, side) }
            close(into: &writer)
        case .tls, .trouble, .ended:
            close(into: &writer)
            let side = acknowledger
            keep(mark, side)
            bare(side, [.ack], at: time, into: &writer)
        }
    }

    /// The session is over.
    mutating func end(at time: Timestamp, into writer: inout PcapNGWriter) {
        close(into: &writer)
        for side in Side.allCases {
            self[side].pending += self[side].notes.reversed().map(\.text)
            self[side].notes = []
        }
        for side in Side.allCases where !self[side].pending.isEmpty { bare(side, [.ack], at: time, into: &writer) }
        // The last word acknowledges what is left to acknowledge, and bears the session's last moment.
        let isSettled = Side.allCases.allSatisfy { self[$0].isAcknowledged }
        if !isReset, !isSettled || last < time { bare(acknowledger, [.ack], at: time, into: &writer) }
    }

    /// The side whose bare ACK says something new, where there is one.
    private var acknowledger: Side { server.isAcknowledged && !client.isAcknowledged ? .server : .client }

    /// Says that the recording of this session was cut: a bare ACK with the session's comment and the reason.
    func cut(_ trouble: Trouble, at time: Timestamp, into writer: inout PcapNGWriter) {
        let segment = WrittenSegment(
            from: ends.client, to: ends.server, sequence: client.next, acknowledgment: server.next, flags: [.ack])
        let comments = [sessionComment] + RecordingComment.comments(for: .trouble(trouble), offset: 0)
        writer.packet(at: time, segment, payload: RawSpan(), comments: comments)
    }

    private mutating func finish(_ side: Side, at time: Timestamp, into writer: inout PcapNGWriter) {
        close(into: &writer)
        guard !self[side].isFinished, !isReset else { return }
        if self[side.peer].isFinished {
            closing = Closing(time: time, side: side, flags: [.fin, .ack])
        } else {
            bare(side, [.fin, .ack], at: time, into: &writer)
            self[side].isFinished = true
        }
    }

    /// Writes the FIN or RST that waited.
    private mutating func close(into writer: inout PcapNGWriter) {
        guard let closing else { return }
        self.closing = nil
        bare(closing.side, closing.flags, at: closing.time, into: &writer)
        if closing.flags.contains(.fin) { self[closing.side].isFinished = true } else { isReset = true }
    }

    private mutating func gap(
        _ mark: Mark, _ side: Side, _ length: UInt64, at time: Timestamp, into writer: inout PcapNGWriter
    ) {
        close(into: &writer)
        self[side.peer].pending += RecordingComment.comments(for: mark, offset: 0)
        // A reader tells sequence numbers apart within 2 GiB; a longer gap is acknowledged in steps, a nonsensical one
        // is left to the comment.
        var rest = length
        for _ in 0..<64 where rest > 0 {
            let step = min(rest, 1 << 30)
            rest -= step
            advance(side, by: step)
            bare(side.peer, [.ack], at: time, into: &writer)
        }
    }

    /// Keeps a mark's comments for the next packet of the side.
    private mutating func keep(_ mark: Mark, _ side: Side) {
        self[side].pending += RecordingComment.comments(for: mark, offset: self[side].sent)
    }

    /// Writes comments that are too many for the next packet on bare ACKs before it.
    private mutating func carryComments(_ side: Side, at time: Timestamp, into writer: inout PcapNGWriter) {
        while self[side].pending.reduce(0, { $0 + $1.utf8.count }) > Self.maximumComments {
            var size = 0
            let fitting = self[side].pending.prefix { comment in
                size += comment.utf8.count
                return size <= Self.maximumComments
            }
            let rest = Array(self[side].pending.dropFirst(fitting.count))
            self[side].pending = Array(fitting)
            bare(side, [.ack], at: time, into: &writer)
            self[side].pending = rest
        }
    }

    private mutating func takeComments(_ side: Side, payload: Int) -> [String] {
        var comments: [String] = []
        if isSessionCommentDue {
            comments.append(sessionComment)
            isSessionCommentDue = false
        }
        if !self[side].pending.isEmpty {
            comments += self[side].pending
            self[side].pending = []
        }
        let end = self[side].sent &+ UInt64(payload)
        while payload > 0, let note = self[side].notes.last, note.offset < end {
            comments.append(note.text)
            self[side].notes.removeLast()
        }
        return comments
    }

    private mutating func advance(_ side: Side, by length: UInt64) {
        let (sum, overflow) = self[side].sent.addingReportingOverflow(length)
        self[side].sent = overflow ? .max : sum
    }

    /// A packet without octets, with the comments that wait.
    private mutating func bare(
        _ side: Side, _ flags: WrittenSegment.Flags, at time: Timestamp, sequence: UInt32? = nil,
        acknowledgment: UInt32? = nil, into writer: inout PcapNGWriter
    ) {
        write(
            side, flags, payload: RawSpan(), at: time, sequence: sequence, acknowledgment: acknowledgment,
            into: &writer)
    }

    private mutating func write(
        _ side: Side, _ flags: WrittenSegment.Flags, payload: RawSpan, at time: Timestamp, sequence: UInt32? = nil,
        acknowledgment: UInt32? = nil, into writer: inout PcapNGWriter
    ) {
        let comments = takeComments(side, payload: payload.byteCount)
        let segment = WrittenSegment(
            from: side == .client ? ends.client : ends.server, to: side == .client ? ends.server : ends.client,
            sequence: sequence ?? self[side].next, acknowledgment: acknowledgment ?? self[side.peer].next,
            flags: flags)
        self[side.peer].acknowledged = self[side.peer].sent
        self[side.peer].isAcknowledged = true
        self[side].isAcknowledged = payload.byteCount == 0 && !flags.contains(.fin) && self[side].isAcknowledged
        last = time
        writer.packet(at: time, segment, payload: payload, comments: comments)
    }

    /// Spreads a number's bits (splitmix64's finisher).
    private static func scramble(_ number: UInt64) -> UInt64 {
        var bits = number &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
