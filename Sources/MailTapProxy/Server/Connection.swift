import MailTapCore
import NIOCore
import NIOPosix

/// One session: its relay, its two channels and its line to the hub, all on one event loop.
final class Connection {
    let loop: RelayLoop
    let route: Route
    private var relay: Relay
    let client = Leg()
    let server = Leg()
    /// The server's host: the route's, or the mail host that DNS named for its domain.
    private(set) var serverHost: String
    /// The DNS answers that led to the server of an `smtp+mx` route.
    private var lookup: NameLookup?
    /// The application protocol that was agreed on with the server (RFC 7301).
    var upstreamProtocol: String?
    private var feed: SessionFeed
    private let clock: SessionClock
    private var number: UInt64?
    private(set) var clientEndpoint = Endpoint(address: nil, port: 0)
    private var timers: [RelayTimer: Scheduled<Void>] = [:]
    private var waitsForHub = false
    /// What came of a header of the PROXY protocol that is awaited; nil: none is.
    private var awaitedHeader: [UInt8]?
    /// What the client sent right behind such a header; for the relay once the server is connected, or can't be.
    private var behindHeader: [UInt8]
    /// Whether the client waits for an answer of SOCKS.
    private let isSOCKS: Bool
    private var isOver = false
    private var effects: [RelayEffect] = []
    /// What NIO reported while effects were being applied: handled after them, so that order is kept.
    private var deferred: [Happening] = []
    private var isApplying = false

    private enum Happening {
        case received(ByteBuffer, Side)
        case input(RelayInput)
    }

    /// - Parameter socksBehind: what a client sent behind its request of SOCKS, which is answered once it is known
    ///   whether the server can be reached; nil: there was none.
    init(loop: RelayLoop, route: Route, socksBehind: [UInt8]? = nil) {
        self.loop = loop
        self.route = route
        isSOCKS = socksBehind != nil
        behindHeader = socksBehind ?? []
        serverHost = route.serverName ?? route.server.host
        clock = SessionClock()
        feed = SessionFeed(hub: loop.hub)
        var settings = loop.settings(for: route)
        settings.tellsClient = !isSOCKS
        relay = Relay(settings, at: clock.started)
        client.readsPaused = true
    }

    // MARK: From the handlers

    func attached(_ side: Side, _ context: ChannelHandlerContext) {
        self[side].attach(context)
        guard side == .client else { return }
        if let address = context.channel.remoteAddress { clientEndpoint = address.endpoint() }
        guard let number = loop.registry.add(NIOLoopBound(self, eventLoop: loop.eventLoop)) else {
            context.close(promise: nil)
            return
        }
        self.number = number
        guard loop.acceptsProxyProtocol else { return connect() }
        awaitedHeader = []
        client.readNow()
        loop.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) {
            if self.awaitedHeader != nil { self.refuseHeader("it did not come within 10 seconds") }
        }
    }

    /// The client's first octets tell who it really is.
    private func receiveHeader(_ buffer: ByteBuffer) {
        guard var waiting = awaitedHeader else { return }
        waiting += buffer.readableBytesView
        awaitedHeader = waiting
        switch ProxyHeader.read(waiting) {
        case .incomplete: client.readNow()
        case .invalid: refuseHeader("it begins with something else")
        case .header(let header, let length):
            awaitedHeader = nil
            if let client = header.client { clientEndpoint = client }
            behindHeader = Array(waiting[length...])
            connect()
        }
    }

    private func relayBehindHeader() {
        guard !behindHeader.isEmpty else { return }
        let octets = ByteBuffer(bytes: behindHeader)
        behindHeader = []
        received(octets, from: .client)
        readCompleted(.client)
    }

    private func refuseHeader(_ reason: String) {
        awaitedHeader = nil
        loop.warn("connection from \(clientEndpoint) on \(route): no header of the PROXY protocol: \(reason)")
        handle(.kill)
        client.close()
    }

    func received(_ buffer: ByteBuffer, from side: Side) {
        guard !isApplying else {
            deferred.append(.received(buffer, side))
            return
        }
        guard !isOver else { return }
        if side == .client, awaitedHeader != nil { return receiveHeader(buffer) }
        let time = clock.now
        relay.receive(buffer.readableBytesSpan, from: side, at: time, into: &effects)
        apply(at: time, buffer)
    }

    func readCompleted(_ side: Side) {
        self[side.peer].flush()
        // The strip filter may have answered.
        self[side].flush()
        self[side].read()
    }

    func handle(_ input: RelayInput) {
        guard !isApplying else {
            deferred.append(.input(input))
            return
        }
        guard !isOver else { return }
        let time = clock.now
        relay.handle(input, at: time, into: &effects)
        apply(at: time, nil)
        client.flush()
        server.flush()
    }

    func inputClosed(_ side: Side) {
        self[side].noteEOF()
        handle(.eof(side))
    }

    func gone(_ side: Side, failed: Bool) {
        let isExpected = self[side].isEnding && !failed
        self[side].detach()
        handle(.closed(side, isExpected ? .finished : .reset))
    }

    func kill() { handle(.kill) }

    // MARK: The server

    private func connect() {
        if route.server.scheme == .smtpMX { return search() }
        loop.connect(to: route.server).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel)
            case .failure(let error): self.connectFailed(error)
            }
        }
    }

    private func search() {
        loop.search(route.server) { [self] search, result in
            let steps = search.steps.joined(separator: "; ")
            if !steps.isEmpty { loop.warn("session from \(clientEndpoint): \(steps)") }
            switch result {
            case .success(let found):
                serverHost = found.host
                lookup = found.type.map { type in
                    NameLookup(
                        name: found.host, type: type, time: clock.now,
                        domain: found.preference == nil ? nil : route.server.host, preference: found.preference)
                }
                connected(found.channel)
            case .failure(let failure): connectFailed(failure)
            }
        }
    }

    private func connected(_ channel: any Channel) {
        guard !isOver else {
            channel.close(promise: nil)
            return
        }
        let known = route.serverName ?? loop.endpoint(of: route.server).name
        let name = route.server.scheme == .smtpMX ? serverHost : known
        feed.open(info(server: channel.remoteAddress?.endpoint(name: name)))
        do {
            try channel.pipeline.syncOperations.addHandler(RelayHandler(.server, self))
        } catch {
            connectFailed(error)
            return
        }
        guard server.isAttached else {
            connectFailed(ChannelError.eof)
            return
        }
        if let version = loop.sendsProxyProtocol {
            let header = ProxyHeader(client: clientEndpoint, server: client.localEndpoint)
            server.write(ByteBuffer(bytes: header.octets(version)))
            server.flush()
        }
        if isSOCKS { client.write(ByteBuffer(bytes: SOCKSReply.succeeded.octets(bound: server.localEndpoint))) }
        handle(.connected)
        server.read()
        relayBehindHeader()
    }

    private func connectFailed(_ error: any Error) {
        guard !isOver else { return }
        let reason = FailureReason.words(error)
        loop.warn("session from \(clientEndpoint) on \(route): can't reach \(route.server): \(reason)")
        feed.open(info(server: nil))
        if isSOCKS { client.write(ByteBuffer(bytes: SOCKSReply(error).octets())) }
        handle(.connectFailed(reason))
        relayBehindHeader()
    }

    private func info(server endpoint: Endpoint?) -> SessionInfo {
        let url = route.server
        var info = SessionInfo(
            source: loop.source, client: clientEndpoint, server: endpoint ?? loop.endpoint(of: url),
            started: clock.started,
            expecting: route.isGuess ? nil : url.scheme.proto, expectsTLS: url.scheme.isImplicitTLS, isKnownMail: true,
            route: route.text)
        info.lookup = lookup
        return info
    }

    // MARK: Effects

    private func apply(at time: Timestamp, _ received: ByteBuffer?) {
        isApplying = true
        var lags = false
        for index in effects.indices where perform(effects[index], at: time, received) { lags = true }
        effects.removeAll(keepingCapacity: true)
        isApplying = false
        if lags { waitForHub() }
        guard !deferred.isEmpty else { return }
        let waiting = deferred
        deferred = []
        for happening in waiting {
            switch happening {
            case .received(let buffer, let side): self.received(buffer, from: side)
            case .input(let input): handle(input)
            }
        }
    }

    /// Returns whether the hub lags.
    private func perform(_ effect: RelayEffect, at time: Timestamp, _ received: ByteBuffer?) -> Bool {
        switch effect {
        case .forward(let side):
            if let received { self[side.peer].write(received) }
        case .send(let side, let bytes): self[side].write(ByteBuffer(bytes: bytes))
        case .closeOutput(let side): self[side].closeOutput()
        case .close(let side): close(side)
        case .reset(let side): reset(side)
        case .pauseReads(let side): self[side].readsPaused = true
        case .resumeReads(let side):
            self[side].readsPaused = false
            self[side].read()
        case .startTLS(let side, let opening): startTLS(side, opening)
        case .schedule(let timer, let interval): schedule(timer, after: interval)
        case .recordReceived(let side):
            guard let received else { return false }
            return feed.receive(received.readableBytesSpan, from: side, at: time)
        case .record(let side, let bytes): return feed.receive(bytes.span.bytes, from: side, at: time)
        case .mark(let mark): feed.mark(mark, at: time)
        case .end: end(at: time)
        }
        return false
    }

    private func close(_ side: Side) {
        guard self[side].isAttached else {
            // A server that is still being connected to: what comes of it is closed in `connected`.
            handle(.closed(side, .finished))
            return
        }
        self[side].close()
    }

    private func reset(_ side: Side) {
        guard self[side].isAttached else { return close(side) }
        self[side].reset()
    }

    private func waitForHub() {
        guard !waitsForHub else { return }
        waitsForHub = true
        handle(.recorderLags(true))
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.hub.whenDrained {
            bound.eventLoop.execute {
                bound.value.waitsForHub = false
                bound.value.handle(.recorderLags(false))
            }
        }
    }

    private func schedule(_ timer: RelayTimer, after interval: Int64) {
        timers[timer] = loop.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(interval)) {
            self.handle(.timer(timer))
        }
    }

    private func end(at time: Timestamp) {
        isOver = true
        for timer in timers.values { timer.cancel() }
        timers = [:]
        feed.open(info(server: nil))
        feed.end(at: time)
        if let number { loop.registry.remove(number) }
    }

    private subscript(side: Side) -> Leg { side == .client ? client : server }
}

@available(*, unavailable)
extension Connection: Sendable {}
