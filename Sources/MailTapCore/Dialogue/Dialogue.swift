/// The decoder of one session: finds the protocol, then turns each side's octets into events.
///
/// Pure: no clock, no I/O; total: takes any octets in any order without trapping or throwing. Memory is bounded by
/// `Limits`, whatever is sent. Events do not depend on how a side's octets were cut into chunks.
public struct Dialogue: Sendable {
    /// The protocol, once what was said decided it; nil while undecided and for what is no mail.
    public private(set) var proto: MailProtocol?
    /// Whether decoding is over: what is said is no mail, or not decoded by this version.
    public private(set) var isOpaque = false

    // What every piece of the stream touches stands together: thousands of sessions take turns.

    /// Whether the protocol was decided, and with it the decoder.
    private var isDecided = false
    /// Whether the client speaks first, as it does where no greeting is to come.
    private var clientBegins: Bool
    private var feed: DecoderFeed
    private var client = SideStream(.client)
    private var server = SideStream(.server)

    private let limits: Limits
    /// Whether a greeting is to come: the connection's beginning was seen, or a tunnel's end.
    private var startSeen: Bool
    /// Octets of the client that came before the greeting was lost; nil where it was not.
    private var clientBeforeLoss: UInt64?
    /// Whether the server said anything behind the client's first octets before the protocol was decided.
    private var serverMayAnswer = false
    /// Whether octets were lost before the protocol was decided.
    private var hasLost = false
    private var detector: ProtocolDetector
    /// What stands before the mail is being read; nil once the mail, or whatever it is, has begun.
    private var preamble: TunnelPreamble? = TunnelPreamble()
    private var tunnels = 0

    /// A dialogue in which nothing was said yet.
    ///
    /// - Parameters:
    ///   - expecting: the protocol that the route or the port says; decides only while nothing was said.
    ///   - startSeen: whether the connection's beginning was seen, so that a greeting is to come.
    ///   - isKnownMail: whether it is mail for certain (a route of the proxy), so that less has to be proven.
    ///   - limits: bounds of memory.
    public init(
        expecting: MailProtocol? = nil, startSeen: Bool = true, isKnownMail: Bool = false, limits: Limits = Limits()
    ) {
        self.limits = limits
        feed = DecoderFeed(limits: limits)
        self.startSeen = startSeen
        clientBegins = !startSeen
        detector = ProtocolDetector(expecting: expecting, startSeen: startSeen, isKnownMail: isKnownMail)
    }

    /// A dialogue for a session of which this is known.
    public init(_ info: borrowing SessionInfo, limits: Limits = Limits()) {
        self.init(
            expecting: info.expecting, startSeen: info.startSeen, isKnownMail: info.isKnownMail, limits: limits)
    }

    /// Offset in `side`'s stream up to which every octet's meaning is decided; which of them are secrets
    /// may be reported later, see `reported`.
    public func decided(_ side: Side) -> UInt64 { side == .client ? client.offset : server.offset }

    /// Offset in `side`'s stream up to which every secret was reported: as `decided`, but not beyond the start of a
    /// credential whose end is still to come.
    public func reported(_ side: Side) -> UInt64 {
        min(decided(side), side == .client ? feed.openSecret ?? .max : .max)
    }

    /// Octets of `side`, as they came.
    public mutating func receive(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, _ handler: inout some DialogueHandler
    ) {
        guard bytes.byteCount > 0 else { return }
        if clientBegins, side == .server, client.isEmpty { clientBegins = false }
        guard isDecided else {
            if side == .client {
                client.hold(bytes, at: time)
            } else {
                if !client.isEmpty { serverMayAnswer = true }
                server.hold(bytes, at: time)
            }
            return settle(&handler)
        }
        if side == .client {
            feed.take(bytes, &client, at: time, other: &server, &handler)
        } else if server.isEmpty, !client.isEmpty, feed.misses(replyBefore: bytes) {
            server.hold(bytes, at: time)
        } else {
            feed.take(bytes, &server, at: time, other: &client, &handler)
        }
        if !client.isEmpty || !server.isEmpty { settle(&handler) }
    }

    /// A mark of the trace: gaps, ends of a side, TLS that goes on in plaintext.
    ///
    /// Others are none of its business.
    public mutating func mark(_ mark: Mark, at time: Timestamp, _ handler: inout some DialogueHandler) {
        switch mark {
        case .gap(let side, let length):
            if !isDecided { hasLost = true }
            if side == .server, !isDecided, server.isEmpty, clientBeforeLoss == nil {
                clientBeforeLoss = client.offset &+ UInt64(client.heldCount)
            }
            if side == .client {
                client.append(.gap(length, time), at: time)
            } else {
                if !client.isEmpty { serverMayAnswer = true }
                server.append(.gap(length, time), at: time)
            }
            settle(&handler)
        case .eof(let side), .reset(let side):
            if close(side, at: time, &handler) { return }
            if side == .client { client.append(.close(time), at: time) } else { server.append(.close(time), at: time) }
            settle(&handler)
        case .tls(let tls) where tls.isDecrypted:
            if !isDecided, tls.start == .starttls {
                preamble = nil
                decideProtocol(detector.guess(client.prefix, server.prefix), &handler)
            }
            settle(&handler)
            if isDecided { feed.plaintextFollows() }
        default: break
        }
    }

    /// Ends a side at once where nothing of it waits, which the general way would come to as well.
    private mutating func close(_ side: Side, at time: Timestamp, _ handler: inout some DialogueHandler) -> Bool {
        guard isDecided, side == .client ? client.isEmpty : server.isEmpty, !feed.isWaiting(side) else {
            return false
        }
        let offset = decided(side)
        if side == .client { client.noteArrival(time) } else { server.noteArrival(time) }
        handler.handle(
            Event(time: time, range: StreamRange(side, offset, offset), exchange: 0, kind: .close), RawSpan())
        return true
    }

    /// Nothing follows: what waited for the other side is decided without it.
    public mutating func end(at time: Timestamp, _ handler: inout some DialogueHandler) {
        if !isDecided { abandonPreamble() }
        if !isDecided { decideProtocol(detector.guess(client.prefix, server.prefix), &handler) }
        client.isOver = true
        server.isOver = true
        settle(&handler)
        feed.finish(client: client, server: server, at: time, &handler)
    }

    /// Decodes both sides as far as can be, each in turn, since what one says decides what the other means.
    private mutating func settle(_ handler: inout some DialogueHandler) {
        if !isDecided, preamble != nil { readPreamble(&handler) }
        if !isDecided {
            guard preamble == nil, let found = detector.decide(client, server, limit: limits.undecided) else { return }
            decideProtocol(found, &handler)
        }
        var goesOn = true
        while goesOn {
            if client.hasFront, !server.isEmpty { feed.foresee(client) }
            if server.hasFront, !client.isEmpty {
                feed.passLostReplies(before: server, &client, &handler)
            }
            // One line of the server at a time while the client's octets wait: each reply may decide them.
            goesOn = feed.advance(&server, onlyOnce: !client.isEmpty, &handler)
            if feed.advance(&client, onlyOnce: false, &handler) { goesOn = true }
        }
    }

    /// The protocol is known; what the client said before the server did is decoded.
    private mutating func decideProtocol(_ found: ProtocolDetector.Found, _ handler: inout some DialogueHandler) {
        begin(found, &handler)
        if let clientBeforeLoss {
            // What the server lost may have answered these lines.
            while client.offset < clientBeforeLoss,
                feed.advance(&client, onlyOnce: true, &handler)
            {}
        } else if clientBegins, !isServerEarlier {
            // A dialogue without its greeting: the server's first line answers the client's.
            _ = feed.advance(&client, onlyOnce: true, &handler)
        } else if !client.isEmpty, !serverMayAnswer {
            // All of it came before the client spoke: it answers nothing that was seen.
            while feed.advance(&server, onlyOnce: true, &handler) {}
        }
        feed.show(client, &handler)
    }

    /// Whether the server spoke first by the clock, in whatever order the octets came here.
    private var isServerEarlier: Bool {
        guard let said = client.firstArrival, let answered = server.firstArrival else { return false }
        return answered < said
    }

    private var isMailExpected: Bool {
        detector.isKnownMail || detector.expecting == .smtp || detector.expecting == .pop3
    }

    private mutating func begin(_ found: ProtocolDetector.Found, _ handler: inout some DialogueHandler) {
        isDecided = true
        proto = found.proto
        if let proto = found.proto {
            let time = min(
                server.firstArrival ?? client.firstArrival ?? Timestamp(nanoseconds: 0),
                client.firstArrival ?? server.firstArrival ?? Timestamp(nanoseconds: 0))
            handler.handle(
                Event(time: time, range: StreamRange(.server, 0, 0), exchange: 0, kind: .detected(proto)),
                RawSpan())
        }
        let isLost = clientBeforeLoss != nil
        switch (found.proto, found.isTLS) {
        case (.smtp, false): feed.begin(SMTPDecoder(expectsGreeting: startSeen, isGreetingLost: isLost, limits: limits))
        case (.pop3, false): feed.begin(POP3Decoder(expectsGreeting: startSeen, isGreetingLost: isLost, limits: limits))
        case (.smtp, true), (.pop3, true):
            feed.begin(OpaqueDecoder(isTLS: true, from: (client.offset, server.offset)))
        case (.imap, false):
            isOpaque = true
            feed.begin(IMAPDecoder(limits: limits, from: (client.offset, server.offset)))
        default:
            isOpaque = true
            // What is no mail where mail was expected may be half of it: a login could not be told from the rest.
            let isDamaged = !found.isTLS && found.proto == nil && isMailExpected && (hasLost || isLost)
            feed.begin(
                OpaqueDecoder(
                    isTLS: found.isTLS, from: (client.offset, server.offset), hidesClient: isDamaged,
                    hidesServer: isDamaged))
        }
    }

    // MARK: What stands before the mail

    /// Takes the opening of a tunnel, and of tunnels inside it, as far as it was said.
    private mutating func readPreamble(_ handler: inout some DialogueHandler) {
        while var reading = preamble {
            let step = reading.step(
                client.storage.span.bytes.extracting(client.start...),
                server.storage.span.bytes.extracting(server.start...))
            preamble = reading
            switch step {
            case .absent:
                preamble = nil
            case .broken:
                abandonPreamble()
            case .wait:
                let isCut = client.nextBreakIsGap || server.nextBreakIsGap
                guard isCut || client.heldCount > Self.longestPreamble || server.heldCount > Self.longestPreamble else {
                    return
                }
                abandonPreamble()
            case .take(let round):
                take(round, &handler)
            case .open(let kind, let round):
                let request = Array(client.storage[client.start..<client.start + round.client])
                let range = take(round, &handler)
                handler.handle(
                    Event(time: client.latest, range: range, exchange: 0, kind: .tunnel(kind)), request.span.bytes)
                follow(Tunnel(kind, reading: request.span.bytes))
            }
        }
    }

    /// Octets of one side that may wait for a tunnel's opening to be whole: the largest header has fewer.
    private static let longestPreamble = 131_072
    /// Tunnels inside tunnels at most.
    private static let mostTunnels = 4

    /// Takes a round of the opening; returns the range of the client's message.
    @discardableResult
    private mutating func take(_ round: TunnelPreamble.Round, _ handler: inout some DialogueHandler) -> StreamRange {
        let start = client.offset
        if let (range, kind) = round.secret, !range.isEmpty {
            let place = StreamRange(.client, start &+ UInt64(range.lowerBound), start &+ UInt64(range.upperBound))
            handler.handle(
                Event(time: client.latest, range: place, exchange: 0, kind: .secret(kind)),
                client.storage.span.bytes.extracting(client.start + range.lowerBound..<client.start + range.upperBound))
        }
        Self.take(round.client, of: &client, &handler)
        Self.take(round.server, of: &server, &handler)
        return StreamRange(.client, start, client.offset)
    }

    private static func take(_ count: Int, of stream: inout SideStream, _ handler: inout some DialogueHandler) {
        guard count > 0 else { return }
        let range = StreamRange(stream.side, stream.offset, stream.offset &+ UInt64(count))
        handler.handle(Event(time: stream.latest, range: range, exchange: 0, kind: .preamble), RawSpan())
        stream.consume(count)
    }

    /// A tunnel stands: what follows is a dialogue from its beginning, perhaps behind another preamble.
    private mutating func follow(_ tunnel: Tunnel) {
        tunnels += 1
        startSeen = true
        clientBegins = false
        clientBeforeLoss = nil
        detector = ProtocolDetector(
            expecting: tunnel.expecting ?? detector.expecting, startSeen: true, isKnownMail: detector.isKnownMail)
        client.restart()
        server.restart()
        preamble = tunnels < Self.mostTunnels ? TunnelPreamble() : nil
    }

    /// A tunnel's opening that does not become whole: what follows is no mail, and may hold the credential that was due.
    private mutating func abandonPreamble() {
        guard let reading = preamble else { return }
        preamble = nil
        let hidesClient = reading.mayHoldSecret(client.storage.span.bytes.extracting(client.start...))
        guard reading.hasBegun || hidesClient else { return }
        isDecided = true
        isOpaque = true
        feed.begin(
            OpaqueDecoder(isTLS: false, from: (client.offset, server.offset), hidesClient: hidesClient))
    }
}
