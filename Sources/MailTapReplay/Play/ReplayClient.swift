public import MailTapCore
public import NIOCore
public import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a live replay of one session brought.
public struct LiveReplay: Sendable {
    /// The live session, octet by octet; plays into the recorder and into the session builder.
    public var trace: Trace
    /// How the replay went.
    public var notes: [ReplayNote]
}

/// Plays plans against a live server through sockets.
public struct ReplayClient: Sendable {
    private let target: ReplayTarget
    private let options: ReplayOptions
    private let connectTimeout: TimeAmount
    private let replyTimeout: TimeAmount
    private let group: any EventLoopGroup

    /// A client.
    ///
    /// - Parameters:
    ///   - target: the server.
    ///   - options: how to play.
    ///   - connectTimeout: how long a connection attempt may take.
    ///   - replyTimeout: how long a reply may take (RFC 5321 section 4.5.3.2 has 5 to 10 minutes for most).
    ///   - group: the threads to run on.
    public init(
        target: ReplayTarget, options: ReplayOptions = ReplayOptions(), connectTimeout: TimeAmount = .seconds(30),
        replyTimeout: TimeAmount = .minutes(10), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.target = target
        self.options = options
        self.connectTimeout = connectTimeout
        self.replyTimeout = replyTimeout
        self.group = group
    }

    /// Whether mails get new identities.
    var renewsIDs: Bool { options.renewsIDs }

    /// Plays one session to its end.
    ///
    /// - Throws: `ReplayError` where the server can't be reached.
    public func play(_ plan: ReplayPlan) async throws -> LiveReplay {
        var options = options
        if options.nonce.isEmpty {
            options.nonce =
                String(UInt64.random(in: 0 ... .max), radix: 36)
                + String(UInt64.random(in: 0 ... .max), radix: 36)
        }
        let finished = group.next().makePromise(of: LiveReplay.self)
        let clock = ReplayClock()
        let handlerOptions = options
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: finished.futureResult.eventLoop)
                .connectTimeout(connectTimeout)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ReplayHandler(
                                Replayer(plan, options: handlerOptions), clock: clock, target: target,
                                replyTimeout: replyTimeout, finished: finished))
                    }
                }
                .connect(host: target.host, port: Int(target.port)).get()
        } catch {
            let failure = ReplayError(code: .unreachable, target: target, reason: Self.reason(of: error))
            finished.fail(failure)
            _ = try? await finished.futureResult.get()
            throw failure
        }
        return try await withTaskCancellationHandler {
            try await finished.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// What the system said, without the wrapping that NIO puts around it.
    static func reason(of error: any Error) -> String {
        if let error = error as? NIOConnectionError {
            if let first = error.connectionErrors.first { return reason(of: first.error) }
            return "the name does not resolve"
        }
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if let error = error as? ChannelError, case .connectTimeout = error { return "no answer in time" }
        return String(describing: error)
    }
}

/// The wall clock once, then the monotonic clock's advance, so that a session's times never run backwards.
struct ReplayClock: Sendable {
    private let wall: Int64
    private let start = NIODeadline.now()

    init() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        wall = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
    }

    var now: Timestamp { Timestamp(nanoseconds: wall).advanced(by: (NIODeadline.now() - start).nanoseconds) }
}

/// Moves octets between a channel and a replayer, and keeps the trace.
private final class ReplayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var replayer: Replayer
    private let clock: ReplayClock
    private let target: ReplayTarget
    private let replyTimeout: TimeAmount
    private let finished: EventLoopPromise<LiveReplay>
    private var trace: Trace
    private var timeout: Scheduled<Void>?
    private var isAborted = false
    /// What is to be done after a pause.
    private var queue: [Replayer.Effect] = []
    private var isPausing = false

    init(
        _ replayer: Replayer, clock: ReplayClock, target: ReplayTarget, replyTimeout: TimeAmount,
        finished: EventLoopPromise<LiveReplay>
    ) {
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
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        trace.entries.append((clock.now, .mark(.eof(.server))))
        var effects: [Replayer.Effect] = []
        replayer.end(into: &effects)
        carryOut(effects, context)
        if replayer.isOver { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, error.errnoCode == ECONNRESET {
            trace.entries.append((clock.now, .mark(.reset(.server))))
        }
        var effects: [Replayer.Effect] = []
        replayer.end(why: "the connection broke", into: &effects)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        var effects: [Replayer.Effect] = []
        replayer.end(into: &effects)
        trace.ended = clock.now
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
