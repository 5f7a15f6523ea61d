import MailTapCore

/// Keeps STARTTLS and STLS from the client's view (`--tls strip`).
///
/// Everything is fed to a `Dialogue` as it comes; its events say which octets to leave out. Octets wait only where
/// they may have to: the client's from a line on that may be STARTTLS until it is known to be none or was answered,
/// the server's while it lists its capabilities. What the dialogue sees, what is recorded and the offsets in marks
/// are one stream: what was received and, in the server's, what MailTap put in.
struct StripFilter: Sendable {
    /// More than this of the server's octets is never held; a capability list of that size is passed as it is.
    private static let longestHeld = 128 << 10

    private var dialogue: Dialogue
    private var tracker = StripTracker()
    private var client = HeldStream(.client)
    private var server = HeldStream(.server)
    private var endedSides: Set<Side> = []

    /// Whether the client's octets wait for a reply of the server, so that no more should be read.
    private(set) var waitsForReply = false

    /// A filter for a session in which nothing was said yet.
    init(expecting: MailProtocol?) {
        dialogue = Dialogue(expecting: expecting, isKnownMail: true)
    }

    /// Octets of `side`, as they came.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        let wasEmpty = side == .client ? client.isEmpty : server.isEmpty
        if side == .client { client.append(bytes) } else { server.append(bytes) }
        feed(bytes, side, at: time)
        settle(at: time, wasEmpty ? side : nil, into: &effects)
    }

    /// The side ends: nothing of it waits any longer.
    mutating func release(_ side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        endedSides.insert(side)
        settle(at: time, nil, into: &effects)
    }

    /// A mark of the trace that the dialogue should know.
    mutating func note(_ mark: Mark, at time: Timestamp) {
        dialogue.mark(mark, at: time, &tracker)
        takeDecisions()
    }

    private mutating func feed(_ bytes: RawSpan, _ side: Side, at time: Timestamp) {
        dialogue.receive(bytes, from: side, at: time, &tracker)
        takeDecisions()
    }

    private mutating func takeDecisions() {
        for refusal in tracker.newRefusals where refusal.range.start >= client.released {
            client.replace(refusal.range, by: [])
            tracker.refusals.append(refusal)
        }
        for group in tracker.newEdits where group.allSatisfy({ $0.range.start >= server.released }) {
            for edit in group { server.replace(edit.range, by: edit.replacement) }
        }
        tracker.newRefusals = []
        tracker.newEdits = []
    }

    /// Lets go on what may, and answers what is to be answered, until nothing changes.
    ///
    /// `whole`: the side whose waiting octets are exactly the buffer just received.
    private mutating func settle(at time: Timestamp, _ whole: Side?, into effects: inout [RelayEffect]) {
        var whole = whole
        while true {
            server.release(to: serverBound, wasReceived: whole == .server, into: &effects)
            let (bound, waits) = clientBound
            client.release(to: bound, wasReceived: whole == .client, into: &effects)
            waitsForReply = waits
            whole = nil
            guard let refusal = tracker.refusals.first, client.released >= refusal.range.end,
                tracker.isAnswered(before: refusal.exchange)
            else { return }
            tracker.refusals.removeFirst()
            refuse(at: time, into: &effects)
        }
    }

    /// Answers a command in the server's place.
    private mutating func refuse(at time: Timestamp, into effects: inout [RelayEffect]) {
        server.release(to: server.received, wasReceived: false, into: &effects)
        let words = Array(
            (tracker.proto == .pop3
                ? "-ERR STLS is kept out by MailTap (--tls strip)\r\n"
                : "502 5.5.1 STARTTLS is kept out by MailTap (--tls strip)\r\n").utf8)
        let start = server.received
        server.inject(words.count)
        effects.append(.mark(.injected(StreamRange(.server, start, server.received))))
        effects.append(.record(.server, words))
        effects.append(.send(to: .client, words))
        feed(words.span.bytes, .server, at: time)
    }

    /// Up to where the server's octets may go on.
    private var serverBound: UInt64 {
        guard tracker.serverListsCapabilities, !endedSides.contains(.server),
            server.octets.count <= Self.longestHeld
        else { return server.received }
        return tracker.keptLine?.range.start ?? dialogue.decided(.server)
    }

    /// Up to where the client's octets may go on, and whether the rest waits for the server.
    private var clientBound: (UInt64, waits: Bool) {
        if endedSides.contains(.client) { return (client.received, false) }
        if let refusal = tracker.refusals.first { return (refusal.range.end, true) }
        if tracker.clientIsInContent || dialogue.isOpaque { return (client.received, false) }
        let decided = dialogue.decided(.client)
        var start = Int(clamping: max(decided, client.released) &- client.released)
        var isLineStart = decided >= client.released || client.isAtLineStart
        let octets = client.octets
        while start < octets.count {
            let line = octets[start...]
            if isLineStart {
                switch TLSCommand.match(line, proto: tracker.proto) {
                case .whole: return (client.released &+ UInt64(start), true)
                case .partial: return (client.released &+ UInt64(start), false)
                case .no: break
                }
            }
            guard let end = line.firstIndex(of: 10) else { break }
            start = end + 1
            isLineStart = true
        }
        return (client.received, false)
    }
}
