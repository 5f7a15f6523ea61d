import MailTapCore
import NIOCore

/// What a session wants of its connection.
enum ConnectionEffect {
    case send([UInt8])
    case close
}

/// A session with its maildrop, as the channel handler drives it.
protocol ConnectionSession {
    func greeting() -> [UInt8]
    mutating func receive(_ bytes: RawSpan, _ maildrop: Maildrop) -> [ConnectionEffect]
    /// The connection is gone.
    mutating func closed(_ maildrop: Maildrop)
}

/// An SMTP session that delivers into a maildrop.
struct SMTPConnection: ConnectionSession {
    var session: SMTPServerSession

    func greeting() -> [UInt8] { session.greeting() }

    mutating func receive(_ bytes: RawSpan, _ maildrop: Maildrop) -> [ConnectionEffect] {
        var effects: [SMTPServerSession.Effect] = []
        session.receive(bytes, into: &effects)
        return effects.compactMap { effect in
            switch effect {
            case .send(let octets): return .send(octets)
            case .deliver(let delivery):
                maildrop.deliver(delivery)
                return nil
            case .close: return .close
            }
        }
    }

    mutating func closed(_ maildrop: Maildrop) {}
}

/// A POP3 session that serves a maildrop.
struct POP3Connection: ConnectionSession {
    var session: POP3ServerSession
    var holdsMaildrop = false

    func greeting() -> [UInt8] { session.greeting() }

    mutating func receive(_ bytes: RawSpan, _ maildrop: Maildrop) -> [ConnectionEffect] {
        var effects: [POP3ServerSession.Effect] = []
        var opened = false
        session.receive(
            bytes,
            open: {
                let messages = maildrop.hold()
                opened = messages != nil
                return messages
            }, into: &effects)
        if opened { holdsMaildrop = true }
        var result: [ConnectionEffect] = []
        for effect in effects {
            switch effect {
            case .send(let octets): result.append(.send(octets))
            case .remove(let ids): maildrop.remove(ids)
            case .close:
                // The next session may log in as soon as this one's client has read its last response.
                closed(maildrop)
                result.append(.close)
            }
        }
        return result
    }

    mutating func closed(_ maildrop: Maildrop) {
        if holdsMaildrop { maildrop.release() }
        holdsMaildrop = false
    }
}

/// Moves octets between a channel and a session.
final class SessionHandler<Session: ConnectionSession>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var session: Session
    private let maildrop: Maildrop

    init(_ session: Session, maildrop: Maildrop) {
        self.session = session
        self.maildrop = maildrop
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: session.greeting())), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        for effect in session.receive(buffer.readableBytesSpan, maildrop) {
            switch effect {
            case .send(let octets): context.write(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
            case .close: closeWhenSent(context)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // A client that pipelines and does not read must not fill our memory with replies.
        context.channel.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { closeWhenSent(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        session.closed(maildrop)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }
}

@available(*, unavailable)
extension SessionHandler: Sendable {}
