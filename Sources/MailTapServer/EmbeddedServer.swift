import MailTapCore
public import NIOCore
public import NIOPosix
import Synchronization

/// A small SMTP, LMTP or POP3 server on loopback, for demonstrations, tests and benchmarks.
///
/// Not for the open network.
public final class EmbeddedServer: Sendable {
    /// What a server speaks.
    public enum Service: Sendable {
        /// SMTP, or LMTP where the configuration says so.
        case smtp
        /// POP3.
        case pop3
    }

    private let listener: any Channel
    private let children: ChildList

    /// The port that the server listens on.
    public let port: Int

    private init(listener: any Channel, children: ChildList) {
        self.listener = listener
        self.children = children
        port = listener.localAddress?.port ?? 0
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - service: what it speaks.
    ///   - configuration: what it offers.
    ///   - maildrop: where SMTP delivers and what POP3 serves.
    ///   - host: the address to listen on.
    ///   - port: the port, 0 for a free one.
    ///   - group: the threads to run on.
    /// - Throws: what NIO says where the address can't be bound.
    public static func start(
        _ service: Service, configuration: ServerConfiguration = ServerConfiguration(), maildrop: Maildrop,
        host: String = "127.0.0.1", port: Int = 0, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> EmbeddedServer {
        let children = ChildList()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                let number = children.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    // The stamp must be new for each session and each run (RFC 1939 section 7, RFC 2195 section 2).
                    let stamp = "<\(number).\(UInt64.random(in: 0 ... .max))@\(configuration.hostName)>"
                    switch service {
                    case .smtp:
                        let id = String(UInt32.random(in: 0 ... .max), radix: 16, uppercase: true) + "-\(number)-"
                        let session = SMTPServerSession(configuration: configuration, stamp: stamp, identifier: id)
                        try channel.pipeline.syncOperations.addHandler(
                            SessionHandler(SMTPConnection(session: session), maildrop: maildrop))
                    case .pop3:
                        let session = POP3ServerSession(configuration: configuration, stamp: stamp)
                        try channel.pipeline.syncOperations.addHandler(
                            SessionHandler(POP3Connection(session: session), maildrop: maildrop))
                    }
                }
            }
            .bind(host: host, port: port).get()
        return EmbeddedServer(listener: listener, children: children)
    }

    /// Stops listening and closes what is open.
    public func stop() async {
        try? await listener.close()
        for channel in children.all { try? await channel.close() }
    }
}

/// The open connections of a server.
private final class ChildList: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var accepted: UInt64 = 0
    }

    private let state = Mutex(State())

    var all: [any Channel] { state.withLock { Array($0.channels.values) } }

    /// Takes a connection, until it closes.
    ///
    /// - Returns: its number, from 1.
    func add(_ channel: any Channel) -> UInt64 {
        let id = ObjectIdentifier(channel)
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.channels.removeValue(forKey: id) }
        }
        return state.withLock { state in
            state.channels[id] = channel
            state.accepted += 1
            return state.accepted
        }
    }
}
