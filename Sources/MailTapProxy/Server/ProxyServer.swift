import MailTapCore
import NIOCore
import NIOPosix
import Synchronization

/// The proxy: listens on every route, relays each connection to its server and hands everything to the hub.
///
/// Call `start` once, then `shutdown` or `abort`; any thread may call.
public final class ProxyServer: Sendable {
    /// A route that is listened on.
    public struct Bound: Sendable, Equatable {
        /// What is listened for.
        public var door: FrontDoor
        /// Where it listens, with the port that it really has.
        public var listen: ListenAddress

        /// What a ready proxy prints for it: `listening HOST:PORT -> URL`.
        public var announcement: String { "listening \(listen) -> \(door.urlText)" }

        /// The route, where it is one.
        public var route: Route? {
            if case .route(let route) = door { route } else { nil }
        }
    }

    private struct State: Sendable {
        var listeners: [any Channel] = []
        var isStopping = false
        var isStopped = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let doors: [FrontDoor]
    private let options: ProxyOptions
    private let hub: TraceHub
    private let warn: @Sendable (String) -> Void
    private let group: MultiThreadedEventLoopGroup
    private let registry: ConnectionRegistry
    private let loops: [ObjectIdentifier: NIOLoopBound<RelayLoop>]
    private let state = Mutex(State())

    /// A proxy that listens nowhere yet.
    ///
    /// - Parameters:
    ///   - doors: in the order in which they are announced.
    ///   - options: for all sessions.
    ///   - hub: takes every session; `shutdown` finishes it.
    ///   - warn: called from any thread with one line for standard error.
    public init(
        doors: [FrontDoor], options: ProxyOptions = ProxyOptions(), hub: TraceHub,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.doors = doors
        self.options = options
        self.hub = hub
        self.warn = warn
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: max(1, options.threads ?? min(System.coreCount, 4)))
        let registry = ConnectionRegistry(capacity: max(1, options.maximumSessions))
        self.registry = registry
        let isRedirectedTo = doors.contains { if case .redirected = $0 { true } else { false } }
        let ownPorts = isRedirectedTo ? OwnPorts() : nil
        var loops: [ObjectIdentifier: NIOLoopBound<RelayLoop>] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = NIOLoopBound.makeRelayLoop(
                on: eventLoop, hub: hub, registry: registry, options: options, ownPorts: ownPorts, warn: warn)
        }
        self.group = group
        self.loops = loops
    }

    /// A proxy with ordinary routes alone.
    public convenience init(
        routes: [Route], options: ProxyOptions = ProxyOptions(), hub: TraceHub,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(doors: routes.map(FrontDoor.route), options: options, hub: hub, warn: warn)
    }

    /// How many sessions are alive.
    public var liveSessions: Int { registry.count }

    /// Listens on every route, or on none.
    ///
    /// - Returns: the routes in order, with the ports that they got.
    /// - Throws: `ProxyError` that names the route, the reason and what to try. The proxy is then shut down.
    public func start() async throws(ProxyError) -> [Bound] {
        var bound: [Bound] = []
        do {
            for door in doors { bound.append(try await listen(door)) }
        } catch {
            await shutdown(grace: 0)
            throw error
        }
        return bound
    }

    /// Stops accepting, lets the sessions go on for a while, ends what is left, and finishes the hub.
    ///
    /// - Parameter grace: seconds that running sessions have.
    public func shutdown(grace: Double = 3) async {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping
        }
        guard isFirst else { return await stopped() }
        let listeners = state.withLock { $0.listeners }
        for listener in listeners { try? await listener.close() }
        let killer = group.any().scheduleTask(in: .nanoseconds(ProxyOptions.nanoseconds(grace))) { [registry] in
            registry.killAll()
        }
        await registry.drained()
        killer.cancel()
        registry.killAll()
        await registry.drained()
        await hub.finish()
        try? await group.shutdownGracefully()
        let waiters = state.withLock { state in
            state.isStopped = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends all sessions at once, also during a `shutdown`; the record holds them whole when it returns.
    public func abort() async {
        registry.killAll()
        await shutdown(grace: 0)
    }

    private func stopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                if !state.isStopped { state.waiters.append(continuation) }
                return state.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    // MARK: Listening

    private func listen(_ door: FrontDoor) async throws(ProxyError) -> Bound {
        let loops = self.loops
        let registry = self.registry
        let warn = self.warn
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One connection at a time, so that the gate is asked before each.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(registry, listen: "\(door.listen)", warn: warn)
                    try channel.pipeline.syncOperations.addHandler(gate)
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { throw ChannelError.eof }
                    try RelayLoop.configure(channel)
                    try channel.pipeline.syncOperations.addHandler(Self.handler(loop.value, door))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: door.listen.host, port: Int(door.listen.port)).get()
            state.withLock { $0.listeners.append(channel) }
            let address = channel.localAddress
            let port = UInt16(truncatingIfNeeded: address?.port ?? Int(door.listen.port))
            let listen = ListenAddress(host: door.listen.host, port: port)
            if address?.endpointAddress?.isLoopback == false {
                warn("\(listen) can be reached from other machines: whoever can connect speaks to \(door.reach)")
            }
            return Bound(door: door, listen: listen)
        } catch {
            throw BindFailure.explain(error, door)
        }
    }
}

extension ProxyServer {
    /// What meets a client first.
    private static func handler(_ loop: RelayLoop, _ door: FrontDoor) -> any ChannelHandler {
        switch door {
        case .route(let route): RelayHandler(.client, Connection(loop: loop, route: route))
        case .redirected: RedirectHandler(loop, door)
        case .socks(_, let login): SOCKSHandler(loop, door, login: login)
        }
    }
}

extension NIOLoopBound<RelayLoop> {
    /// Makes a loop's shared part on the loop itself.
    fileprivate static func makeRelayLoop(
        on eventLoop: any EventLoop, hub: TraceHub, registry: ConnectionRegistry, options: ProxyOptions,
        ownPorts: OwnPorts?, warn: @escaping @Sendable (String) -> Void
    ) -> NIOLoopBound<RelayLoop>? {
        try? eventLoop.submit {
            NIOLoopBound(
                RelayLoop(
                    eventLoop: eventLoop, hub: hub, registry: registry, options: options, ownPorts: ownPorts, warn: warn
                ),
                eventLoop: eventLoop)
        }.wait()
    }
}
