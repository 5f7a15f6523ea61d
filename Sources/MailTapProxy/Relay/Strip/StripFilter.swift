import MailTapCore
import MailTapTLS

/// Keeps STARTTLS and STLS from the client's view (`--tls strip`), or offers them in the server's place.
///
/// Everything is fed to a `Dialogue` as it comes; its events say which octets to leave out. Octets wait only where
/// they may have to: the client's from a line on that may be STARTTLS until it is known to be none or was answered,
/// the server's while it lists its capabilities. What the dialogue sees, what is recorded and the offsets in marks
/// are one stream: what was received and, in the server's, what MailTap put in.
struct StripFilter: Sendable {
    /// More than this of the server's octets is never held; a capability list of that size is passed as it is.
    private static let longestHeld = 128 << 10

    /// What is done about the client's TLS.
    enum Policy: Sendable {
        /// No offer reaches it, and its request is refused.
        case hides
        /// MailTap makes the offer and agrees to the request.
        case offers
    }

    /// MailTap agreed to begin TLS with the client.
    struct Agreement: Sendable {
        /// What the client has already sent of TLS.
        var clientOctets: [UInt8]
        /// How much of each side's stream is recorded.
        var recorded: (client: UInt64, server: UInt64)
    }

    private let policy: Policy
    private var dialogue: Dialogue
    private var tracker: StripTracker
    private var client: HeldStream
    private var server: HeldStream
    private var agreement: Agreement?
    private var endedSides: Set<Side> = []

    /// Whether the client's octets wait for a reply of the server, so that no more should be read.
    private(set) var waitsForReply = false

    /// A filter for a session of which nothing was heard yet.
    ///
    /// - Parameters:
    ///   - expecting: the protocol that the route says.
    ///   - policy: what is done.
    ///   - base: how much of each side's stream is recorded already.
    ///   - startSeen: whether a greeting is to come.
    init(
        expecting: MailProtocol?, policy: Policy = .hides, base: (client: UInt64, server: UInt64) = (0, 0),
        startSeen: Bool = true
    ) {
        dialogue = Dialogue(expecting: expecting, startSeen: startSeen, isKnownMail: true)
        self.policy = policy
        tracker = StripTracker(offers: policy == .offers)
        client = HeldStream(.client, base: base.client)
        server = HeldStream(.server, base: base.server)
    }

    /// The agreement, once it was made and everything before it has gone on.
    mutating func takeAgreement() -> Agreement? {
        defer { agreement = nil }
        return agreement
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
            if policy == .offers { return agree(at: time, into: &effects) }
            refuse(at: time, into: &effects)
        }
    }

    private mutating func refuse(at time: Timestamp, into effects: inout [RelayEffect]) {
        answer(
            tracker.proto == .pop3
                ? "-ERR STLS is kept out by MailTap (--tls strip)\r\n"
                : "502 5.5.1 STARTTLS is kept out by MailTap (--tls strip)\r\n", at: time, into: &effects)
    }

    /// Agrees to TLS; what the client sent in clear behind its request goes on as it came.
    private mutating func agree(at time: Timestamp, into effects: inout [RelayEffect]) {
        var clientOctets: [UInt8] = []
        if ClientHelloReader.mayBegin(with: client.octets) {
            clientOctets = client.takeRest()
        } else {
            client.release(to: client.received, wasReceived: false, into: &effects)
        }
        let end = client.released &+ client.base
        answer(
            tracker.proto == .pop3
                ? "+OK begin TLS with MailTap\r\n" : "220 2.0.0 begin TLS with MailTap\r\n", at: time, into: &effects)
        agreement = Agreement(clientOctets: clientOctets, recorded: (end, server.received &+ server.base))
    }

    /// Answers a command in the server's place.
    private mutating func answer(_ text: String, at time: Timestamp, into effects: inout [RelayEffect]) {
        server.release(to: server.received, wasReceived: false, into: &effects)
        let words = Array(text.utf8)
        let start = server.received
        server.inject(words.count)
        effects.append(.mark(.injected(server.recorded(StreamRange(.server, start, server.received)))))
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
