import NIOCore
import NIOPosix
import NIOSSL

/// An SMTP server that agrees to everything.
final class BenchServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let end: [UInt8] = Array("\r\n.\r\n".utf8)
    private var isInMessage = false
    /// The message's last octets so far.
    private var tail: [UInt8] = []

    func channelActive(context: ChannelHandlerContext) {
        say("220 bench\r\n", context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let octets = unwrapInboundIn(data).readableBytesView
        if isInMessage {
            tail = Array((tail + octets.suffix(Self.end.count)).suffix(Self.end.count))
            guard tail == Self.end else { return }
            isInMessage = false
            tail = []
            return say("250 taken\r\n", context)
        }
        isInMessage = octets.starts(with: "DATA".utf8)
        say(isInMessage ? "354 go\r\n" : "250 ok\r\n", context)
    }

    private func say(_ words: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: words)), promise: nil)
    }
}

/// A client in lock step, used from any thread.
final class BenchClient: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<Handler>

    private init(_ channel: any Channel, _ handler: Handler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    static func connect(to port: Int, on group: MultiThreadedEventLoopGroup, _ tls: NIOSSLContext?) async throws
        -> BenchClient
    {
        try await start(to: port, on: group, tls).get()
    }

    /// Connects; the client is there once it was greeted.
    static func start(to port: Int, on group: MultiThreadedEventLoopGroup, _ tls: NIOSSLContext?)
        -> EventLoopFuture<BenchClient>
    {
        ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost")) }
                try pipeline.addHandler(Handler(greeted: channel.eventLoop.makePromise()))
            }
        }.connect(host: "127.0.0.1", port: port).flatMap { channel in
            let handler: Handler
            do { handler = try channel.pipeline.syncOperations.handler(type: Handler.self) } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
            let client = BenchClient(channel, handler)
            return handler.greeted.map { client }
        }
    }

    /// Says each line when the one before was answered.
    func exchange(_ lines: [String]) -> EventLoopFuture<Void> {
        channel.eventLoop.flatSubmit { [handler] in handler.value.exchange(lines) }
    }

    /// Sends a message of about so many octets, no more than a piece of it at a time.
    func message(_ octets: Int) -> EventLoopFuture<Void> {
        channel.eventLoop.flatSubmit { [handler, channel] in
            let line = "a line of a message, as long as many of them are\r\n"
            let piece = ByteBuffer(string: String(repeating: line, count: 5_000))
            let bound = handler
            @Sendable func pieces(_ rest: Int) -> EventLoopFuture<Void> {
                guard rest > 0 else { return bound.value.exchange([".\r\n"]) }
                return channel.writeAndFlush(piece).flatMap { pieces(rest - piece.readableBytes) }
            }
            return bound.value.exchange(["DATA\r\n"]).flatMap { pieces(octets) }
        }
    }

    func close() -> EventLoopFuture<Void> {
        channel.close(promise: nil)
        return channel.closeFuture
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let promise: EventLoopPromise<Void>
        var greeted: EventLoopFuture<Void> { promise.futureResult }
        private var lines: ArraySlice<String> = []
        private var done: EventLoopPromise<Void>?
        private var context: ChannelHandlerContext?

        init(greeted: EventLoopPromise<Void>) { promise = greeted }

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func exchange(_ lines: [String]) -> EventLoopFuture<Void> {
            guard let context else { preconditionFailure("the channel is gone") }
            let done = context.eventLoop.makePromise(of: Void.self)
            self.done = done
            self.lines = lines[...]
            next()
            return done.futureResult
        }

        private func next() {
            guard let line = lines.popFirst() else {
                done?.succeed()
                done = nil
                return
            }
            context?.writeAndFlush(NIOAny(ByteBuffer(string: line)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if done == nil { promise.succeed() } else { next() }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.fail(ChannelError.eof)
            done?.fail(ChannelError.eof)
            self.context = nil
        }
    }
}
