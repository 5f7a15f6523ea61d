import MailTapCore
import MailTapTLS
import NIOCore
import NIOSSL
import NIOTLS

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Moves octets between a channel and a replayer, and keeps the trace.
final class ReplayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var replayer: Replayer
    private let clock: ReplayClock
    private let target: ReplayTarget
    private let tls: ReplayTLS?
    private var handshake: ReplayHandshake?
    private let replyTimeout: TimeAmount
    private let finished: EventLoopPromise<LiveReplay>
    private var trace: Trace
    private var timeout: Scheduled<Void>?
    private var isAborted = false
    /// What is to be done after a pause.
    private var queue: [Replayer.Effect] = []
    private var isPausing = false

    init(
        _ replayer: Replayer, clock: ReplayClock, target: ReplayTarget, tls: ReplayTLS?, replyTimeout: TimeAmount,
        finished: EventLoopPromise<LiveReplay>
    ) {
        self.tls = tls
        self.replayer = replayer
        self.clock = clock
        self.target = target
        self.replyTimeout = replyTimeout
        self.finished = finished
        trace = Trace(
            info: SessionInfo(
                source: "replay", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
                started: clock.now, expecting: target.proto, isKnownMail: true))
    }

    func channelActive(context: ChannelHandlerContext) {
        trace.info.client = Endpoint(context.localAddress, name: nil)
        let isName = IPAddress(target.host) == nil
        trace.info.server = Endpoint(context.remoteAddress, name: isName ? target.host : nil)
        startTimeout(context)
        if target.isImplicitTLS {
            trace.info.expectsTLS = true
            startTLS(.implicit, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        let span = buffer.readableBytesSpan
        trace.entries.append((clock.now, .chunk(.server, [UInt8](copying: span))))
        var effects: [Replayer.Effect] = []
        replayer.receive(span, into: &effects)
        carryOut(effects, context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            secured(context)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            ended(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let handshake, !handshake.isOver {
            fail(handshake, error)
        } else if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError {
            // A server that closes without close_notify ends like any other.
            ended(context)
        } else {
            if let error = error as? IOError, error.errnoCode == ECONNRESET {
                trace.entries.append((clock.now, .mark(.reset(.server))))
            }
            var effects: [Replayer.Effect] = []
            replayer.end(why: "the connection broke", into: &effects)
        }
        context.close(promise: nil)
    }

    private func ended(_ context: ChannelHandlerContext) {
        trace.entries.append((clock.now, .mark(.eof(.server))))
        var effects: [Replayer.Effect] = []
        replayer.end(into: &effects)
        carryOut(effects, context)
        if replayer.isOver { context.close(promise: nil) }
    }

    // MARK: TLS

    private func startTLS(_ start: TLSMark.Start, _ context: ChannelHandlerContext) {
        let handshake = ReplayHandshake(start)
        self.handshake = handshake
        do throws(TLSError) {
            guard let tls else { throw TLSError(code: .refused, context: "this replay has no TLS") }
            let handler = try tls.handler(on: context.eventLoop) { handshake.verdict = $0 }
            handshake.handler = handler
            try? context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            fail(handshake, error)
            context.close(promise: nil)
        }
    }

    private func secured(_ context: ChannelHandlerContext) {
        guard let handshake, !handshake.isOver else { return }
        handshake.isOver = true
        trace.entries.append((clock.now, .mark(.tls(handshake.mark(serverName: tls?.serverName)))))
        guard handshake.start == .starttls else { return }
        var effects: [Replayer.Effect] = []
        replayer.secured(into: &effects)
        carryOut(effects, context)
    }

    private func fail(_ handshake: ReplayHandshake, _ error: any Error) {
        handshake.isOver = true
        if let problem = handshake.verdict?.problem, !(tls?.isOpportunistic ?? true) {
            finished.fail(ReplayError(code: .certificateRefused, target: target, reason: problem))
        } else if handshake.start == .implicit {
            finished.fail(ReplayError(code: .noTLS, target: target, reason: ReplayHandshake.reason(of: error)))
        }
        var effects: [Replayer.Effect] = []
        replayer.end(why: "TLS failed: \(ReplayHandshake.reason(of: error))", into: &effects)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        var effects: [Replayer.Effect] = []
        replayer.end(into: &effects)
        trace.ended = clock.now
        // Without effect where TLS failed it before.
        finished.succeed(LiveReplay(trace: trace, notes: replayer.notes))
    }

    private func carryOut(_ effects: [Replayer.Effect], _ context: ChannelHandlerContext) {
        timeout?.cancel()
        queue += effects
        guard !isPausing else { return }
        var isClosing = false
        while !queue.isEmpty, !isPausing {
            switch queue.removeFirst() {
            case .pause(let nanoseconds):
                isPausing = true
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: .nanoseconds(nanoseconds)) {
                    let (handler, context) = bound.value
                    handler.isPausing = false
                    if context.channel.isActive { handler.carryOut([], context) }
                }
            case .send(let octets):
                trace.entries.append((clock.now, .chunk(.client, octets)))
                context.write(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
            case .startTLS:
                context.flush()
                startTLS(.starttls, context)
            case .close:
                isClosing = true
                trace.entries.append((clock.now, .mark(.eof(.client))))
            case .abort:
                isAborted = true
                trace.entries.append((clock.now, .mark(.eof(.client))))
            }
        }
        guard !isAborted else {
            context.close(promise: nil)
            return
        }
        context.flush()
        guard isClosing else {
            if !isPausing { startTimeout(context) }
            return
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }

    private func startTimeout(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(in: replyTimeout) {
            let (handler, context) = bound.value
            var effects: [Replayer.Effect] = []
            handler.replayer.end(why: "no reply came in time", into: &effects)
            handler.carryOut(effects, context)
        }
    }
}

@available(*, unavailable)
extension ReplayHandler: Sendable {}
