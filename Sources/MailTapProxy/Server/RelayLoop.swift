import MailTapCore
import NIOCore
import NIOPosix

/// What the connections of one event loop share.
final class RelayLoop {
    /// Reads come in buffers of up to 256 KiB and sixteen at a time: 0.37 CPU seconds a GB where the defaults take 0.55.
    static let receiveAllocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 256 << 10)
    static let messagesPerRead: UInt = 16
    static let watermark = ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20)

    let eventLoop: any EventLoop
    let hub: TraceHub
    let registry: ConnectionRegistry
    let source: String
    let warn: @Sendable (String) -> Void
    /// Where connections are redirected here: the ports of the proxy's own.
    let ownPorts: OwnPorts?
    private let options: ProxyOptions
    private let bootstrap: ClientBootstrap
    private static let mostKnown = 1_024
    private var addresses: [MailURL: SocketAddress] = [:]
    private var endpoints: [MailURL: Endpoint] = [:]

    init(
        eventLoop: any EventLoop, hub: TraceHub, registry: ConnectionRegistry, options: ProxyOptions,
        ownPorts: OwnPorts? = nil, warn: @escaping @Sendable (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.hub = hub
        self.registry = registry
        self.options = options
        self.warn = warn
        self.ownPorts = ownPorts
        source = options.source
        bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(ProxyOptions.nanoseconds(options.connectTimeout)))
            .channelInitializer { channel in
                let configured = channel.eventLoop.makeCompletedFuture { try Self.configure(channel) }
                guard let ownPorts else { return configured }
                return configured.flatMap { ownPorts.claim(channel) }
            }
    }

    /// Sets what every leg's channel needs, on its event loop.
    ///
    /// At once rather than through a bootstrap, whose future for each option costs a short session a twentieth of its CPU time.
    static func configure(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.autoRead, value: false)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.maxMessagesPerRead, value: messagesPerRead)
        try options.setOption(.recvAllocator, value: receiveAllocator)
        try options.setOption(.writeBufferWaterMark, value: watermark)
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    }

    /// What the legs need for TLS; nil where it is not terminated.
    var interception: Interception? {
        if case .intercept(let interception) = options.tls { interception } else { nil }
    }

    /// Whether clients begin with a header of the PROXY protocol.
    var acceptsProxyProtocol: Bool { options.acceptsProxyProtocol }

    /// Whether servers are told of the client by such a header, and in which form.
    var sendsProxyProtocol: ProxyHeader.Version? { options.sendsProxyProtocol.flatMap(ProxyHeader.Version.init) }

    func settings(for route: Route) -> RelaySettings {
        let plan: TLSPlan =
            switch options.tls {
            case .pass: .pass
            case .strip: .each(client: .none, server: .none)
            case .intercept(let interception):
                TLSPlan(
                    client: interception.clientTLS, server: interception.serverTLS,
                    isImplicit: route.server.scheme.isImplicitTLS)
            }
        return RelaySettings(
            server: route.server, isGuess: route.isGuess, tls: plan,
            // The server's name, for SNI and the check of its certificate, is then the client's to say.
            asksClientFirst: IPAddress(route.serverName ?? route.server.host) != nil,
            idleTimeout: options.idleTimeout.map(ProxyOptions.nanoseconds))
    }

    /// The server as the URL says it: a host that is no address is its name.
    func endpoint(of server: MailURL) -> Endpoint {
        if let known = endpoints[server] { return known }
        let address = IPAddress(server.host)
        let endpoint = Endpoint(address: address, port: server.port, name: address == nil ? server.host : nil)
        // Clients that say themselves where to go may name any number of servers.
        if endpoints.count >= Self.mostKnown { endpoints.removeAll() }
        endpoints[server] = endpoint
        return endpoint
    }

    /// Finds the mail host of a domain and connects to it.
    func search(
        _ server: MailURL, done: @escaping (MailHostSearch, Result<MailHostSearch.Found, DNSLookup.Failure>) -> Void
    ) {
        let means = MailHostSearch.Means(
            servers: ResolverAddresses.find(options.nameServer), eventLoop: eventLoop,
            connect: { [bootstrap] in bootstrap.connect(to: $0) })
        MailHostSearch(server.host, port: server.port, means, done: done).start()
    }

    /// Connects on this loop; a name is looked up, its addresses tried as RFC 8305 says.
    func connect(to server: MailURL) -> EventLoopFuture<any Channel> {
        if let address = addresses[server] { return bootstrap.connect(to: address) }
        guard let address = try? SocketAddress(ipAddress: server.host, port: Int(server.port)) else {
            return bootstrap.connect(host: server.host, port: Int(server.port))
        }
        if addresses.count >= Self.mostKnown { addresses.removeAll() }
        addresses[server] = address
        return bootstrap.connect(to: address)
    }
}

@available(*, unavailable)
extension RelayLoop: Sendable {}
