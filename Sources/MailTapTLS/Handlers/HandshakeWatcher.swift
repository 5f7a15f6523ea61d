public import NIOCore

/// Stands below a TLS handler and reads the cipher suite from the ServerHello as it passes.
///
/// Every octet goes on as it came. Its context is the way past TLS to the socket.
public final class HandshakeWatcher: ChannelDuplexHandler {
    /// Octets of TLS records.
    public typealias InboundIn = ByteBuffer
    /// Octets of TLS records.
    public typealias InboundOut = ByteBuffer
    /// Octets of TLS records.
    public typealias OutboundIn = ByteBuffer
    /// Octets of TLS records.
    public typealias OutboundOut = ByteBuffer

    private let watchesInbound: Bool
    private var reader = ServerHelloReader()
    private var alerts = PlaintextAlertReader()
    /// Whether the handshake is over, so that nothing more is looked at.
    public var isOver = false
    private var context: ChannelHandlerContext?

    /// A watcher of a leg on which MailTap is the client (the peer says the ServerHello), or the server.
    public init(peerIsServer: Bool) { watchesInbound = peerIsServer }

    /// The IANA name of the cipher suite, once the ServerHello has passed.
    public var cipher: String? { reader.cipher }

    /// The alert that the peer sent in clear during the handshake, such as `unknown ca`.
    public var alert: String? { alerts.name }

    /// Closes the socket without a word of TLS.
    public func closeBelowTLS() { context?.close(promise: nil) }

    /// Keeps the way to the socket.
    public func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Lets the way to the socket go.
    public func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// What the peer says.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isOver {
            let octets = unwrapInboundIn(data).readableBytesView
            if watchesInbound, !reader.isDone { reader.receive(octets) }
            alerts.receive(octets)
        }
        context.fireChannelRead(data)
    }

    /// What MailTap says.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if !watchesInbound, !reader.isDone { reader.receive(unwrapOutboundIn(data).readableBytesView) }
        context.write(data, promise: promise)
    }
}

@available(*, unavailable)
extension HandshakeWatcher: Sendable {}
