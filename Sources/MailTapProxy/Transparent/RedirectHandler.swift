import MailTapCore
import NIOCore

/// The first handler of a connection that the system redirected here: once it is known where it was going, a
/// `RelayHandler` takes its place.
final class RedirectHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let loop: RelayLoop
    private let door: FrontDoor

    init(_ loop: RelayLoop, _ door: FrontDoor) {
        self.loop = loop
        self.door = door
    }

    func channelActive(context: ChannelHandlerContext) {
        if let own = loop.ownPorts, let remote = context.channel.remoteAddress, own.contain(remote) {
            return refuse(
                "it is MailTap's own, redirected to it again: let the rule leave out the user that MailTap runs as "
                    + "(iptables: -m owner ! --uid-owner NAME; nft: meta skuid != NAME)", context)
        }
        OriginalDestination.find(context.channel) { outcome in
            switch outcome {
            case .redirected(let target): self.relay(to: target, context)
            case .direct:
                self.refuse(
                    "it was not redirected, so there is no server for it: connect to the server itself, and let "
                        + "iptables or nftables redirect that", context)
            case .unknown(let reason): self.refuse("it is not known where it was going: \(reason)", context)
            }
        }
    }

    private func relay(to target: Endpoint, _ context: ChannelHandlerContext) {
        let connection = Connection(loop: loop, route: door.route(to: target))
        RelayHandler.replace(self, context, connection)
    }

    private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
        let client = context.channel.remoteAddress?.endpoint().description ?? "a client"
        loop.warn("connection from \(client) on \(door): \(reason)")
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension RedirectHandler: Sendable {}
