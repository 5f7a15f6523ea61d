import MailTapCore

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
        /// The strip filter holds what came until the server answered.
        static let filter = PauseReasons(rawValue: 8)
    }

    private enum Phase { case connecting, relaying, refused, over }

    private struct Leg {
        var pauses: PauseReasons = []
        var sawEOF = false
        var outputClosed = false
        var isClosed = false
    }

    private let settings: RelaySettings
    private var phase = Phase.connecting
    private var client = Leg()
    private var server = Leg()
    private var filter: StripFilter?
    private var clientOctets: UInt64 = 0
    private var lastActivity: Timestamp
    private var ended = false

    /// A relay whose client has just been accepted and whose server is being connected to.
    init(_ settings: RelaySettings, at time: Timestamp) {
        self.settings = settings
        lastActivity = time
        client.pauses = .connecting
        if settings.stripsTLS { filter = StripFilter(expecting: settings.server.scheme.proto) }
    }

    /// Whether the side is to be read from.
    func reads(_ side: Side) -> Bool { self[side].pauses.isEmpty && !self[side].sawEOF }

    /// Octets of `side` as they came; never empty.
    mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        lastActivity = time
        switch phase {
        case .connecting, .relaying:
            guard filter != nil else {
                effects.append(.recordReceived(side))
                effects.append(.forward(from: side))
                return
            }
            filter?.receive(bytes, from: side, at: time, into: &effects)
            updateFilterPauses(into: &effects)
        case .refused:
            guard side == .client else { return }
            let end = clientOctets &+ UInt64(bytes.byteCount)
            effects.append(.mark(.forwarded(StreamRange(.client, clientOctets, end), [])))
            effects.append(.recordReceived(.client))
            clientOctets = end
        case .over: break
        }
    }

    /// Anything but octets.
    mutating func handle(_ input: RelayInput, at time: Timestamp, into effects: inout [RelayEffect]) {
        guard !ended else { return }
        switch input {
        case .connected: connected(at: time, into: &effects)
        case .connectFailed(let reason): connectFailed(reason, into: &effects)
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
        pause(.client, .connecting, false, into: &effects)
        if let idle = settings.idleTimeout { effects.append(.schedule(.idle, after: idle)) }
    }

    private mutating func connectFailed(_ reason: String, into effects: inout [RelayEffect]) {
        guard phase == .connecting else { return }
        phase = .refused
        server.isClosed = true
        effects.append(.mark(.trouble(Farewell.trouble(settings.server, reason))))
        let words = Farewell.reply(settings.server, reason)
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
        lastActivity = time
        filter?.release(side, at: time, into: &effects)
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
        if phase != .over, closure == .reset {
            filter?.release(side, at: time, into: &effects)
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

    private mutating func finishIfClosed(into effects: inout [RelayEffect]) {
        guard client.isClosed, server.isClosed, !ended else { return }
        ended = true
        effects.append(.end)
    }

    private mutating func closeOutput(_ side: Side, into effects: inout [RelayEffect]) {
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
        guard let filter else { return }
        pause(.client, .filter, filter.waitsForReply, into: &effects)
    }

    private mutating func pause(
        _ side: Side, _ reason: PauseReasons, _ applies: Bool, into effects: inout [RelayEffect]
    ) {
        let before = self[side].pauses
        if applies { self[side].pauses.insert(reason) } else { self[side].pauses.remove(reason) }
        guard before.isEmpty != self[side].pauses.isEmpty, !self[side].isClosed else { return }
        effects.append(applies ? .pauseReads(side) : .resumeReads(side))
    }

    private subscript(side: Side) -> Leg {
        get { side == .client ? client : server }
        set { if side == .client { client = newValue } else { server = newValue } }
    }
}
