import MailTapCore
import NIOCore
import NIOSSL
import NIOTLS

/// One side's end of a connection in a NIO pipeline: hands what happens to the `Connection`, nothing more.
///
/// TLS handlers go below it, so that it always sees what the peers say.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let side: Side
    private let connection: Connection
    private var failed = false

    init(_ side: Side, _ connection: Connection) {
        self.side = side
        self.connection = connection
    }

    /// Begins a session in the place of the handler that has learned where it goes.
    static func replace(
        _ handler: some RemovableChannelHandler, _ context: ChannelHandlerContext, _ connection: Connection
    ) {
        let pipeline = context.channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(RelayHandler(.client, connection))
            pipeline.removeHandler(handler, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { connection.attached(side, context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.attached(side, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.received(unwrapInboundIn(data), from: side)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.readCompleted(side)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        connection.handle(.writable(side, context.channel.isWritable))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: connection.inputClosed(side)
        case TLSUserEvent.handshakeCompleted(let agreed): connection.handshakeCompleted(side, agreed: agreed)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Many peers end TLS without a close_notify; the end itself is reported as any other.
        if case NIOSSLError.uncleanShutdown = error { return }
        if connection.handshakeFailed(side, error) { return }
        // Reported when the channel goes inactive, which follows: what was read before comes first.
        failed = true
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.gone(side, failed: failed)
    }
}

@available(*, unavailable)
extension RelayHandler: Sendable {}
