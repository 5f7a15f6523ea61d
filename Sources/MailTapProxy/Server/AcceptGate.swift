import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Keeps a listener from accepting while there is no room for another session, and says so once.
///
/// What is not accepted waits in the kernel's queue of the listener. Where the system refuses to accept all the same
/// (no descriptor is left), NIO's own handler behind this one tries again each second.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let registry: ConnectionRegistry
    private let listen: String
    private let warn: @Sendable (String) -> Void
    private var isHolding = false
    private var hasFailed = false

    init(_ registry: ConnectionRegistry, listen: String, warn: @escaping @Sendable (String) -> Void) {
        self.registry = registry
        self.listen = listen
        self.warn = warn
    }

    func read(context: ChannelHandlerContext) {
        guard !isHolding else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let room = registry.room {
            bound.eventLoop.execute {
                let (gate, context) = bound.value
                gate.isHolding = false
                gate.read(context: context)
            }
        }
        guard case .full(let sessions, let isNews) = room else {
            context.read()
            return
        }
        isHolding = true
        guard isNews else { return }
        warn(
            "\(sessions) sessions are open, as many as the limit of open files allows: new connections wait until "
                + "others end; raise ulimit -n")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasFailed = false
        registry.arrived()
        let registry = registry
        unwrapInboundIn(data).closeFuture.whenComplete { _ in registry.left() }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !hasFailed {
            hasFailed = true
            warn(
                "can't accept connections on \(listen): \(FailureReason.words(error)); trying again each second"
                    + (Self.isShortOfFiles(error) ? "; raise ulimit -n" : ""))
        }
        context.fireErrorCaught(error)
    }

    private static func isShortOfFiles(_ error: any Error) -> Bool {
        guard let code = (error as? IOError)?.errnoCode else { return false }
        return code == EMFILE || code == ENFILE
    }
}

@available(*, unavailable)
extension AcceptGate: Sendable {}
