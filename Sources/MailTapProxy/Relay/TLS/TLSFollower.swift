import MailTapCore
import MailTapTLS

/// Watches a session in clear for the moment at which client and server agree to begin TLS.
///
/// Octets go on as they come, in the buffers in which they came. Only while a request for TLS is unanswered, the
/// server's wait: from the first line of its answer on, until it is known whether it agrees. What a client sends in
/// clear behind its request goes on like everything else; what looks like TLS waits for it.
struct TLSFollower: Sendable {
    /// Both agreed; TLS is to begin.
    struct GoAhead: Sendable, Equatable {
        /// The server's whole reply, not yet recorded nor sent on.
        var reply: [UInt8]
        var range: StreamRange
        /// What the server sent behind it, in clear or not.
        var serverOctets: [UInt8]
        /// What looked like TLS behind the client's request.
        var clientOctets: [UInt8]
    }

    /// More than this of the server's is never held; an answer of that size is passed as it is.
    private static let longestHeld = 64 << 10

    private var dialogue: Dialogue
    private var tracker = FollowTracker()
    private var imap = IMAPRequestWatch()
    private var clientOffset: UInt64 = 0
    private var serverOffset: UInt64 = 0
    /// The last of the server's octets, which wait.
    private var held: [UInt8] = []
    private var heldClient: [UInt8] = []

    /// A follower of a session in which nothing was said yet.
    init(expecting: MailProtocol?) { dialogue = Dialogue(expecting: expecting, isKnownMail: true) }

    /// Whether nobody has said anything.
    var isSilent: Bool { clientOffset == 0 && serverOffset == 0 }

    /// The protocol, once it is known.
    var proto: MailProtocol? { tracker.proto }

    private var request: FollowTracker.Request? { proto == .imap ? imap.request : tracker.request }
    private var goAhead: StreamRange? { proto == .imap ? imap.goAhead : tracker.goAhead }

    /// Offset behind the last of the client's octets.
    var clientEnd: UInt64 { clientOffset }

    /// Whether what looks like the client's TLS waits, so that no more should be read.
    var holdsClient: Bool { !heldClient.isEmpty }

    /// Octets of `side`, as they came; returns the agreement when it is reached.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect])
        -> GoAhead?
    {
        if side == .client {
            receiveClient(bytes, at: time, into: &effects)
            return nil
        }
        let isHolding = request != nil || !held.isEmpty
        listen(to: bytes, from: .server, at: time)
        serverOffset &+= UInt64(bytes.byteCount)
        guard isHolding || request != nil else {
            effects.append(.recordReceived(.server))
            effects.append(.forward(from: .server))
            return nil
        }
        held += [UInt8](copying: bytes)
        return settle(into: &effects)
    }

    /// The side ends: nothing of it waits any longer.
    mutating func release(_ side: Side, into effects: inout [RelayEffect]) {
        if side == .server { releaseServer(to: serverOffset, into: &effects) }
        releaseClient(into: &effects)
    }

    private mutating func listen(to bytes: RawSpan, from side: Side, at time: Timestamp) {
        dialogue.receive(bytes, from: side, at: time, &tracker)
        if proto == nil || proto == .imap { imap.receive([UInt8](copying: bytes), from: side) }
    }

    private mutating func receiveClient(_ bytes: RawSpan, at time: Timestamp, into effects: inout [RelayEffect]) {
        let start = clientOffset
        listen(to: bytes, from: .client, at: time)
        clientOffset &+= UInt64(bytes.byteCount)
        guard heldClient.isEmpty else {
            heldClient += [UInt8](copying: bytes)
            return
        }
        let octets = bytes.byteCount
        if let request, request.end >= start, request.end < clientOffset {
            let split = Int(request.end - start)
            let behind = [UInt8](copying: bytes.extracting(split..<octets))
            if ClientHelloReader.mayBegin(with: behind) {
                heldClient = behind
                guard split > 0 else { return }
                let before = [UInt8](copying: bytes.extracting(0..<split))
                effects.append(.record(.client, before))
                effects.append(.send(to: .server, before))
                return
            }
        }
        effects.append(.recordReceived(.client))
        effects.append(.forward(from: .client))
    }

    private mutating func settle(into effects: inout [RelayEffect]) -> GoAhead? {
        if let range = goAhead {
            releaseServer(to: range.start, into: &effects)
            let start = serverOffset &- UInt64(held.count)
            let length = Int(clamping: range.end &- max(start, range.start))
            let reply = Array(held.prefix(length))
            let behind = Array(held.dropFirst(length))
            held = []
            defer { heldClient = [] }
            return GoAhead(
                reply: reply, range: StreamRange(.server, range.end &- UInt64(reply.count), range.end),
                serverOctets: behind, clientOctets: heldClient)
        }
        guard let request, held.count <= Self.longestHeld else {
            releaseServer(to: serverOffset, into: &effects)
            releaseClient(into: &effects)
            return nil
        }
        let decided = proto == .imap ? imap.decidedServer : dialogue.decided(.server)
        releaseServer(to: request.replyStart ?? decided, into: &effects)
        return nil
    }

    private mutating func releaseServer(to end: UInt64, into effects: inout [RelayEffect]) {
        let start = serverOffset &- UInt64(held.count)
        guard end > start else { return }
        let due = Array(held.prefix(Int(clamping: end &- start)))
        guard !due.isEmpty else { return }
        held.removeFirst(due.count)
        effects.append(.record(.server, due))
        effects.append(.send(to: .client, due))
    }

    private mutating func releaseClient(into effects: inout [RelayEffect]) {
        guard !heldClient.isEmpty else { return }
        effects.append(.record(.client, heldClient))
        effects.append(.send(to: .server, heldClient))
        heldClient = []
    }
}
