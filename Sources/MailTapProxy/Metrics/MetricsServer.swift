import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Answers `GET /metrics` and `GET /healthz` over HTTP/1.1, for monitoring systems.
///
/// Bounded against hostile requests: so many connections at once, one request each, header fields within NIO's bound
/// of 80 KiB, no body, and ten seconds from accept to close.
public final class MetricsServer: Sendable {
    /// What the server tells; its functions are called from any thread.
    public struct Source: Sendable {
        /// The metrics in Prometheus's text format, version 0.0.4.
        public var metrics: @Sendable () -> String
        /// What is wrong; nil while all is well.
        public var problem: @Sendable () -> String?

        /// What the server tells.
        public init(metrics: @escaping @Sendable () -> String, problem: @escaping @Sendable () -> String?) {
            self.metrics = metrics
            self.problem = problem
        }
    }

    /// Connections that are served at once; more are closed unheard.
    static let maximumConnections = 64
    /// Seconds that a connection has.
    static let deadline: Int64 = 10

    private let source: Source
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener = Mutex<(any Channel)?>(nil)

    /// A server that listens nowhere yet.
    public init(_ source: Source) { self.source = source }

    /// Listens.
    ///
    /// - Returns: where, with the port that it really has.
    /// - Throws: `ProxyError` that says why it can't. The server is of no more use then.
    public func start(on listen: ListenAddress) async throws(ProxyError) -> ListenAddress {
        let source = self.source
        let count = ConnectionCount()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard count.enter() else { throw ChannelError.eof }
                    channel.closeFuture.whenComplete { _ in count.leave() }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(MetricsHandler(source))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: listen.host, port: Int(listen.port)).get()
            listener.withLock { $0 = channel }
            let port = channel.localAddress?.port ?? Int(listen.port)
            return ListenAddress(host: listen.host, port: UInt16(truncatingIfNeeded: port))
        } catch {
            try? await group.shutdownGracefully()
            throw ProxyError(
                code: .bind,
                context: "can't listen on \(listen) for metrics: \(FailureReason.words(error)); choose another address")
        }
    }

    /// Ends the server and its connections.
    public func stop() async {
        try? await listener.withLock { $0 }?.close()
        try? await group.shutdownGracefully()
    }

    private final class ConnectionCount: Sendable {
        private let count = Mutex(0)

        func enter() -> Bool {
            count.withLock { count in
                guard count < MetricsServer.maximumConnections else { return false }
                count += 1
                return true
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }
}
