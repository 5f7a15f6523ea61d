import MailTapCore
import NIOCore

/// The first handler of a connection to a SOCKS front door: once the client said where it wants to go, a
/// `RelayHandler` takes its place.
final class SOCKSHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: RelayLoop
    private let door: FrontDoor
    private var negotiation: SOCKSNegotiation
    private var deadline: Scheduled<Void>?

    init(_ loop: RelayLoop, _ door: FrontDoor, login: SOCKSLogin?) {
        self.loop = loop
        self.door = door
        negotiation = SOCKSNegotiation(login: login)
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(10)) {
            self.refuse("it did not say within 10 seconds where it wants to go", context)
        }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let outcome = negotiation.receive(unwrapInboundIn(data).readableBytesView)
        let answer = negotiation.takeAnswer()
        if !answer.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil) }
        switch outcome {
        case .incomplete: context.read()
        case .refused(let reason): refuse(reason, context)
        case .target(let target, let behind):
            deadline?.cancel()
            let connection = Connection(loop: loop, route: door.route(to: target), socksBehind: behind)
            RelayHandler.replace(self, context, connection)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let client = context.channel.remoteAddress?.endpoint().description ?? "a client"
        loop.warn("connection from \(client) on \(door): \(reason)")
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension SOCKSHandler: Sendable {}
