import MailTapCore
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One side's channel as the `Connection` drives it.
///
/// NIO closes a channel whole, and drops what waits to be written, when its output is closed after its input: so the
/// output is only closed once everything before was written. A class, because NIO may call back in the midst of a call.
final class Leg {
    private var context: ChannelHandlerContext?
    /// What is to be sent before the channel stands.
    private var early: [ByteBuffer] = []
    private var needsFlush = false
    private(set) var sawEOF = false
    /// Whether this proxy ended the output or the whole channel, so that its going away is no surprise.
    private(set) var isEnding = false
    var readsPaused = false
    /// The leg's TLS, from when it was begun.
    private(set) var handshake: LegHandshake?

    func attach(_ context: ChannelHandlerContext) {
        self.context = context
        guard !early.isEmpty else { return }
        let waiting = early
        early = []
        for buffer in waiting { write(buffer) }
        flush()
    }

    var isAttached: Bool { context != nil }

    func detach() {
        context = nil
        early = []
    }

    func noteEOF() { sawEOF = true }

    /// The address at MailTap's end.
    var localAddress: IPAddress? { context?.channel.localAddress?.endpointAddress }

    /// The same with its port.
    var localEndpoint: Endpoint? { context?.channel.localAddress?.endpoint() }

    /// Reads once, whatever is paused.
    func readNow() { context?.read() }

    /// Puts TLS below this handler, and gives it what came of TLS already; false where the channel is gone.
    func startTLS(_ handshake: LegHandshake, _ handlers: [any ChannelHandler], _ octets: [UInt8]) -> Bool {
        guard let context else { return false }
        flush()
        self.handshake = handshake
        let pipeline = context.channel.pipeline.syncOperations
        do { try pipeline.addHandlers(handlers, position: .first) } catch { return false }
        if !octets.isEmpty {
            pipeline.fireChannelRead(NIOAny(ByteBuffer(bytes: octets)))
            pipeline.fireChannelReadComplete()
        }
        // Whatever else is paused: a handshake needs the peer's words.
        self.context?.read()
        return true
    }

    func write(_ buffer: ByteBuffer) {
        guard let context else {
            early.append(buffer)
            return
        }
        context.write(NIOAny(buffer), promise: nil)
        needsFlush = true
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    func read() {
        guard !readsPaused, !sawEOF else { return }
        context?.read()
    }

    func closeOutput() {
        guard let context else { return }
        isEnding = true
        flush()
        let isEmpty = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0
        guard !isEmpty else {
            context.close(mode: .output, promise: nil)
            return
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { context.close(mode: .output, promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
    }

    func close() {
        isEnding = true
        flush()
        context?.close(promise: nil)
    }

    func reset() {
        guard let context else { return }
        isEnding = true
        flush()
        if let socket = context.channel as? any SocketOptionProvider {
            // RFC 9293 section 3.10.5: an abort sends RST; on sockets, closing with a linger time of zero does.
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        // An abort says nothing more, not even that TLS ends.
        if let handshake { handshake.closeBelow() } else { context.close(promise: nil) }
    }
}

@available(*, unavailable)
extension Leg: Sendable {}
