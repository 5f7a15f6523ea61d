import MailTapCore
import NIOCore
import NIOPosix

/// Asks DNS servers one question: over UDP, over TCP where the answer is truncated, one server after another.
///
/// Lives on one event loop; calls back on it, once.
final class DNSLookup {
    /// Why there is no answer, in words.
    struct Failure: Error, Equatable, CustomStringConvertible {
        var reason: String
        var description: String { reason }
    }

    private static let patience = TimeAmount.seconds(3)

    private let query: DNSQuery
    private let eventLoop: any EventLoop
    private var servers: ArraySlice<SocketAddress>
    private var done: ((Result<DNSAnswer, Failure>) -> Void)?
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    private var attempt = 0

    init(
        _ query: DNSQuery, servers: [SocketAddress], on eventLoop: any EventLoop,
        done: @escaping (Result<DNSAnswer, Failure>) -> Void
    ) {
        self.query = query
        self.eventLoop = eventLoop
        // Each server is asked twice: datagrams get lost.
        self.servers = (servers + servers)[...]
        self.done = done
    }

    func start() {
        guard query.octets != nil else { return finish(.failure(Failure(reason: "\(query.name) is no name for DNS"))) }
        next()
    }

    private func next() {
        guard let server = servers.popFirst() else {
            return finish(.failure(Failure(reason: "no DNS server answers")))
        }
        ask(server, overTCP: false)
    }

    private func ask(_ server: SocketAddress, overTCP: Bool) {
        close()
        attempt += 1
        let current = attempt
        timer = eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.giveUp(current) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let initialize: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let message = { (octets: [UInt8]) in bound.value.received(octets, from: server, overTCP, current) }
                let pipeline = channel.pipeline.syncOperations
                if overTCP {
                    try pipeline.addHandler(StreamHandler(message: message))
                } else {
                    try pipeline.addHandler(DatagramHandler(message: message))
                }
            }
        }
        let connecting =
            overTCP
            ? ClientBootstrap(group: eventLoop).channelInitializer(initialize).connect(to: server)
            : DatagramBootstrap(group: eventLoop).channelInitializer(initialize).connect(to: server)
        connecting.assumeIsolated().whenComplete { result in
            guard current == self.attempt, self.done != nil, case .success(let channel) = result else {
                if case .success(let channel) = result { channel.close(promise: nil) }
                return self.giveUp(current)
            }
            self.channel = channel
            self.send(to: server, on: channel, overTCP)
        }
    }

    private func send(to server: SocketAddress, on channel: any Channel, _ overTCP: Bool) {
        guard let octets = query.octets else { return }
        if overTCP {
            let length = [UInt8(truncatingIfNeeded: octets.count >> 8), UInt8(truncatingIfNeeded: octets.count)]
            channel.writeAndFlush(ByteBuffer(bytes: length + octets), promise: nil)
        } else {
            channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: server, data: ByteBuffer(bytes: octets)), promise: nil)
        }
    }

    /// A message came; what is no answer to the query is not noticed, so that nobody can end the wait by guessing.
    private func received(_ octets: [UInt8], from server: SocketAddress, _ overTCP: Bool, _ current: Int) {
        guard current == attempt, done != nil, let answer = DNSAnswer(octets, to: query) else { return }
        if answer.isTruncated, !overTCP { return ask(server, overTCP: true) }
        finish(.success(answer))
    }

    private func giveUp(_ current: Int) {
        guard current == attempt, done != nil else { return }
        next()
    }

    private func finish(_ result: Result<DNSAnswer, Failure>) {
        close()
        let done = self.done
        self.done = nil
        done?(result)
    }

    private func close() {
        timer?.cancel()
        timer = nil
        channel?.close(promise: nil)
        channel = nil
    }
}

@available(*, unavailable)
extension DNSLookup: Sendable {}

/// Hands over each datagram.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let message: ([UInt8]) -> Void

    init(message: @escaping ([UInt8]) -> Void) { self.message = message }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        message(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Hands over the message that stands behind a length of two octets (RFC 1035 section 4.2.2).
private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let message: ([UInt8]) -> Void
    private var waiting: [UInt8] = []

    init(message: @escaping ([UInt8]) -> Void) { self.message = message }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What is longer than a message can be is not kept.
        waiting += unwrapInboundIn(data).readableBytesView.prefix(max(0, 65_537 - waiting.count))
        guard waiting.count >= 2 else { return }
        let length = Int(waiting[0]) << 8 | Int(waiting[1])
        guard waiting.count >= length + 2 else { return }
        message(Array(waiting[2..<length + 2]))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
