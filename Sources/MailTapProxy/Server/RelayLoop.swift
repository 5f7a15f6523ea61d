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
    private let options: ProxyOptions
    private let bootstrap: ClientBootstrap
    private var addresses: [MailURL: SocketAddress] = [:]

    init(
        eventLoop: any EventLoop, hub: TraceHub, registry: ConnectionRegistry, options: ProxyOptions,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.hub = hub
        self.registry = registry
        self.options = options
        self.warn = warn
        source = options.source
        bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(ProxyOptions.nanoseconds(options.connectTimeout)))
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.maxMessagesPerRead, value: Self.messagesPerRead)
            .channelOption(.recvAllocator, value: Self.receiveAllocator)
            .channelOption(.writeBufferWaterMark, value: Self.watermark)
    }

    func settings(for route: Route) -> RelaySettings {
        RelaySettings(
            server: route.server, stripsTLS: options.tls == .strip,
            idleTimeout: options.idleTimeout.map(ProxyOptions.nanoseconds))
    }

    /// Connects on this loop; a name is looked up, its addresses tried as RFC 8305 says.
    func connect(to server: MailURL) -> EventLoopFuture<any Channel> {
        if let address = addresses[server] { return bootstrap.connect(to: address) }
        guard let address = try? SocketAddress(ipAddress: server.host, port: Int(server.port)) else {
            return bootstrap.connect(host: server.host, port: Int(server.port))
        }
        addresses[server] = address
        return bootstrap.connect(to: address)
    }
}

@available(*, unavailable)
extension RelayLoop: Sendable {}
