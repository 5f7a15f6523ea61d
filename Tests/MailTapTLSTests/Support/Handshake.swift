import MailTapTLS
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// One TLS handshake on loopback.
struct Handshake {
    /// What the client's side saw; no version: the handshake failed.
    struct Outcome: Sendable {
        var version: String?
        var verdict: PeerVerdict?
        /// How many the client showed, where the server asked.
        var clientCertificates = 0
    }

    static func run(
        _ server: ServerTLS.Prepared, _ client: ClientTLS, _ peer: ClientTLS.Peer, asksClient: Bool = false
    ) async throws -> Outcome {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let shown = Shown()
        var configuration = server.context.configuration
        if asksClient { configuration.certificateVerification = .optionalVerification }
        let context = try NIOSSLContext(configuration: configuration)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = NIOSSLServerHandler(context: context) { certificates, promise in
                        shown.change { $0.clientCertificates = certificates.count }
                        promise.succeed(.certificateVerified)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try client.handler(for: peer, on: channel.eventLoop) { verdict in
                        shown.change { $0.verdict = verdict }
                    }
                    try channel.pipeline.syncOperations.addHandlers([handler, End(handler, shown)])
                }
            }
            .connect(host: "127.0.0.1", port: listener.localAddress?.port ?? 0).get()
        try? await channel.closeFuture.get()
        try await listener.close()
        try await group.shutdownGracefully()
        return shown.value
    }

    /// An outcome that the loop writes and the test reads.
    final class Shown: Sendable {
        private let outcome = Mutex(Outcome())
        var value: Outcome { outcome.withLock { $0 } }
        func change(_ change: (inout Outcome) -> Void) { outcome.withLock { change(&$0) } }
    }

    /// Closes when the handshake is over, either way.
    private final class End: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let tls: NIOSSLHandler
        private let shown: Shown

        init(_ tls: NIOSSLHandler, _ shown: Shown) {
            self.tls = tls
            self.shown = shown
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case TLSUserEvent.handshakeCompleted = event else { return }
            shown.change { $0.version = tls.versionWords }
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
