import MailTapCore
import MailTapTLS

/// One session's relaying as a pure value: inputs in, effects out; no sockets, no clock.
///
/// ```
/// octets, FIN, RST, writability, timers --> Relay --> send, close, pause reads, record
/// ```
/// Reading from a side goes on as long as nothing speaks against it: the other side takes octets, the record keeps
/// up, the server is connected, the strip filter does not wait. Each of these is one bit of the side's `PauseReasons`.
struct Relay: Sendable {
    /// What speaks against reading from a side.
    struct PauseReasons: OptionSet, Sendable {
        let rawValue: UInt8
        /// The server is not connected yet.
        static let connecting = PauseReasons(rawValue: 1)
        /// The other side does not take octets.
        static let peerFull = PauseReasons(rawValue: 2)
        /// The record lags behind.
        static let recorder = PauseReasons(rawValue: 4)
        /// The strip filter or the follower of TLS holds what came until the server answered.
        static let filter = PauseReasons(rawValue: 8)
        /// The other leg's TLS comes first.
        static let tls = PauseReasons(rawValue: 16)
    }

    enum Phase { case connecting, relaying, refused, over }

    struct Leg {
        var pauses: PauseReasons = []
        var sawEOF = false
        var outputClosed = false
        var isClosed = false
    }

    let settings: RelaySettings
    var phase = Phase.connecting
    private var client = Leg()
    private var server = Leg()
    /// Keeps the client from seeing an offer of TLS, or makes one.
    var filter: StripFilter?
    /// Waits for client and server to agree on TLS.
    var follower: TLSFollower?
    /// MailTap's own words with the server, which come before the client's.
    var upgrade: ServerUpgrade?
    var upgradeRecorded: (client: UInt64, server: UInt64) = (0, 0)
    /// TLS that is about to begin.
    var tls: TLSSwitch?
    /// What was negotiated with the server.
    var upstream: TLSMark.Leg?
    /// The server's connection is of no more use; what comes of it is no news.
    var serverIsAbandoned = false
    var clientOctets: UInt64 = 0
    /// What is spoken: as the route says, else as was said; nil while nothing tells.
    var proto: MailProtocol?
    var lastActivity: Timestamp
    private var ended = false

    /// A relay whose client has just been accepted and whose server is being connected to.
    init(_ settings: RelaySettings, at time: Timestamp) {
        self.settings = settings
        proto = settings.expecting
        lastActivity = time
        client.pauses = .connecting
        watchClearText()
    }

    /// What watches a session in clear.
    mutating func watchClearText() {
        let proto = self.proto
        switch settings.tls {
        case .pass: break
        case .follow(let isImplicit):
            if !isImplicit || phase != .connecting { follower = TLSFollower(expecting: proto) }
        case .each(.none, .none): filter = StripFilter(expecting: proto, policy: .hides)
        case .each(.starttls, .none): filter = StripFilter(expecting: proto, policy: .offers)
        case .each: break
        }
    }

    /// Whether the side is to be read from.
    func reads(_ side: Side) -> Bool { self[side].pauses.isEmpty && !self[side].sawEOF }

    /// Octets of `side` as they came; never empty.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        lastActivity = time
        switch phase {
        case .connecting, .relaying:
            if tls != nil { return receiveMeanwhile(bytes, from: side, at: time, into: &effects) }
            if upgrade != nil, side == .server { return receiveForUpgrade(bytes, at: time, into: &effects) }
            if follower != nil { return follow(bytes, from: side, at: time, into: &effects) }
            guard filter != nil else {
                effects.append(.recordReceived(side))
                effects.append(.forward(from: side))
                return
            }
            filter?.receive(bytes, from: side, at: time, into: &effects)
            updateFilterPauses(into: &effects)
            guard let agreed = filter?.takeAgreement() else { return }
            filter = nil
            pause(.client, .filter, false, into: &effects)
            begin(agreed, at: time, into: &effects)
        case .refused:
            guard side == .client else { return }
            let end = clientOctets &+ UInt64(bytes.byteCount)
            effects.append(.mark(.forwarded(StreamRange(.client, clientOctets, end), [])))
            effects.append(.recordReceived(.client))
            clientOctets = end
        case .over: break
        }
    }

    /// Octets of a session in clear that may ask for TLS.
    private mutating func follow(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        if side == .client, follower?.isSilent == true, bytes.byteCount > 0,
            ClientHelloReader.mayBegin(with: [UInt8](copying: bytes.extracting(0..<1)))
        {
            // Nobody spoke, and the client begins with TLS: it knows of the port what the scheme does not say.
            follower = nil
            beginImplicit(at: time, into: &effects)
            return receiveMeanwhile(bytes, from: side, at: time, into: &effects)
        }
        let agreed = follower?.receive(bytes, from: side, at: time, into: &effects)
        updateFilterPauses(into: &effects)
        guard let agreed, let end = follower?.clientEnd else { return }
        proto = follower?.proto ?? proto
        follower = nil
        pause(.client, .filter, false, into: &effects)
        begin(agreed, clientEnd: end, at: time, into: &effects)
    }

    /// Anything but octets.
    mutating func handle(_ input: RelayInput, at time: Timestamp, into effects: inout [RelayEffect]) {
        guard !ended else { return }
        switch input {
        case .connected: connected(at: time, into: &effects)
        case .connectFailed(let reason): connectFailed(reason, at: time, into: &effects)
        case .tlsDone(let side, let leg): handshakeDone(side, leg, at: time, into: &effects)
        case .tlsFailed(let side, let failure): handshakeFailed(side, failure, at: time, into: &effects)
        case .eof(let side): eof(side, at: time, into: &effects)
        case .closed(let side, let closure): closed(side, closure, at: time, into: &effects)
        case .writable(let side, let isWritable): pause(side.peer, .peerFull, !isWritable, into: &effects)
        case .recorderLags(let lags):
            for side in Side.allCases { pause(side, .recorder, lags, into: &effects) }
        case .timer(let timer): timerCame(timer, at: time, into: &effects)
        case .kill: stop(.killed, into: &effects)
        }
    }

    // MARK: Connecting

    private mutating func connected(at time: Timestamp, into effects: inout [RelayEffect]) {
        guard phase == .connecting else {
            effects.append(.close(.server))
            return
        }
        phase = .relaying
        lastActivity = time
        if client.sawEOF { closeOutput(.server, into: &effects) }
        beginTLS(at: time, into: &effects)
        pause(.client, .connecting, false, into: &effects)
        if let idle = settings.idleTimeout { effects.append(.schedule(.idle, after: idle)) }
    }

    private mutating func connectFailed(
        _ reason: String, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        guard phase == .connecting else { return }
        phase = .refused
        server.isClosed = true
        effects.append(.mark(.trouble(Farewell.trouble(settings.server, reason))))
        switch settings.tls {
        case .follow(implicit: true) where settings.tellsClient, .each(.implicit, _) where settings.tellsClient:
            phase = .relaying
            return refuseUnderTLS(reason, at: time, into: &effects)
        default: break
        }
        let words = settings.tellsClient ? Farewell.reply(settings.server, proto, reason) : []
        if !words.isEmpty {
            effects.append(.mark(.injected(StreamRange(.server, 0, UInt64(words.count)))))
            effects.append(.record(.server, words))
            effects.append(.send(to: .client, words))
        }
        closeOutput(.client, into: &effects)
        pause(.client, .connecting, false, into: &effects)
        effects.append(.schedule(.farewell, after: settings.farewell))
        finishIfClosed(into: &effects)
    }

    // MARK: Ends

    private mutating func eof(_ side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        guard phase != .over, !self[side].sawEOF, !self[side].isClosed else { return }
        if side == .server, serverIsAbandoned { return }
        lastActivity = time
        filter?.release(side, at: time, into: &effects)
        follower?.release(side, into: &effects)
        self[side].sawEOF = true
        effects.append(.mark(.eof(side)))
        filter?.note(.eof(side), at: time)
        updateFilterPauses(into: &effects)
        if phase == .relaying { closeOutput(side.peer, into: &effects) }
    }

    private mutating func closed(
        _ side: Side, _ closure: RelayClosure, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        guard !self[side].isClosed else { return }
        if closure == .finished { eof(side, at: time, into: &effects) }
        self[side].isClosed = true
        if side == .server, serverIsAbandoned { return finishIfClosed(into: &effects) }
        if phase != .over, closure == .reset {
            filter?.release(side, at: time, into: &effects)
            follower?.release(side, into: &effects)
            effects.append(.mark(.reset(side)))
            if !self[side.peer].isClosed { effects.append(.reset(side.peer)) }
            phase = .over
        }
        finishIfClosed(into: &effects)
    }

    private mutating func stop(_ ending: Ending, into effects: inout [RelayEffect]) {
        guard phase != .over else { return }
        phase = .over
        effects.append(.mark(.ended(ending)))
        for side in Side.allCases where !self[side].isClosed { effects.append(.close(side)) }
        finishIfClosed(into: &effects)
    }

    mutating func finishIfClosed(into effects: inout [RelayEffect]) {
        guard client.isClosed, server.isClosed, !ended else { return }
        ended = true
        effects.append(.end)
    }

    mutating func closeOutput(_ side: Side, into effects: inout [RelayEffect]) {
        guard !self[side].outputClosed, !self[side].isClosed else { return }
        self[side].outputClosed = true
        effects.append(.closeOutput(side))
    }

    // MARK: Timers and pauses

    private mutating func timerCame(_ timer: RelayTimer, at time: Timestamp, into effects: inout [RelayEffect]) {
        switch timer {
        case .farewell:
            guard phase == .refused, !client.isClosed else { return }
            phase = .over
            effects.append(.close(.client))
        case .idle:
            guard phase == .relaying, let limit = settings.idleTimeout else { return }
            let silence = time.since(lastActivity)
            if silence >= limit {
                stop(.timeout, into: &effects)
            } else {
                effects.append(.schedule(.idle, after: min(limit, limit &- max(0, silence))))
            }
        }
    }

    private mutating func updateFilterPauses(into effects: inout [RelayEffect]) {
        let waits = filter?.waitsForReply ?? follower?.holdsClient ?? false
        pause(.client, .filter, waits, into: &effects)
    }

    mutating func pause(
        _ side: Side, _ reason: PauseReasons, _ applies: Bool, into effects: inout [RelayEffect]
    ) {
        let before = self[side].pauses
        if applies { self[side].pauses.insert(reason) } else { self[side].pauses.remove(reason) }
        guard before.isEmpty != self[side].pauses.isEmpty, !self[side].isClosed else { return }
        effects.append(applies ? .pauseReads(side) : .resumeReads(side))
    }

    subscript(side: Side) -> Leg {
        get { side == .client ? client : server }
        set { if side == .client { client = newValue } else { server = newValue } }
    }
}
