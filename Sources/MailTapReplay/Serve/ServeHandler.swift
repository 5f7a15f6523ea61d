import MailTapAnalysis
import MailTapCore
import MailTapTLS
import NIOCore
import NIOSSL
import NIOTLS

/// Moves octets between a client and the service that plays to it, and keeps the trace.
final class ServeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let table: SessionTable
    private let tls: ServerTLS?
    private let clock = ReplayClock()
    private var places: [Int] = []
    private var service = RecordedService(prepared: [], servesTLS: false)
    private var trace: Trace
    private var handshake: (start: TLSMark.Start, handler: NIOSSLServerHandler)?

    init(_ table: SessionTable, tls: ServerTLS?) {
        self.table = table
        self.tls = tls
        trace = Trace(
            info: SessionInfo(
                source: "replay", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
                started: clock.now, isKnownMail: true))
    }

    func channelActive(context: ChannelHandlerContext) {
        trace.info.client = Endpoint(context.remoteAddress, name: nil)
        trace.info.server = Endpoint(context.localAddress, name: nil)
        let all = table.free()
        // A server speaks first: whether TLS comes before that, the first of them decides.
        let isImplicit = all.first.map { Self.isImplicitTLS($0.recorded) } ?? false
        let free = all.filter { Self.isImplicitTLS($0.recorded) == isImplicit }
        guard !free.isEmpty else {
            context.close(promise: nil)
            return
        }
        places = free.map(\.index)
        service = table.service(free.map(\.recorded))
        if isImplicit, tls != nil {
            trace.info.expectsTLS = true
            startTLS(.implicit, context)
        } else {
            greet(context)
        }
    }

    private func greet(_ context: ChannelHandlerContext) {
        send(service.greeting(), context)
        context.flush()
    }

    private static func isImplicitTLS(_ recorded: RecordedSession) -> Bool {
        recorded.session.tls?.start == .implicit && recorded.session.tls?.isDecrypted == true
    }

    // MARK: TLS

    private func startTLS(_ start: TLSMark.Start, _ context: ChannelHandlerContext) {
        do {
            guard let tls else { throw TLSError(code: .refused, context: "there is no certificate") }
            let handler = NIOSSLServerHandler(context: try tls.prepare(names(context)).context)
            handshake = (start, handler)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            trace.entries.append(
                (clock.now, .mark(.trouble(Trouble(code: "tls-failed", text: String(describing: error))))))
            context.close(promise: nil)
        }
    }

    /// Names by which a client may know this server: the recorded one's, and where it is.
    private func names(_ context: ChannelHandlerContext) -> ServerNames {
        var names = ServerNames()
        for place in service.chosen.map({ [$0] }) ?? Array(service.candidates.indices) {
            let session = service.candidates[checked: place]?.session
            for name in [session?.tls?.client.sni, session?.info.server.name] { if let name { names.add(name) } }
        }
        names.add("localhost")
        if let address = context.localAddress?.ipAddress { names.add(address) }
        return names
    }

    private func secured(_ context: ChannelHandlerContext) {
        guard let (start, handler) = handshake else { return }
        handshake = nil
        trace.entries.append(
            (
                clock.now,
                .mark(
                    .tls(
                        TLSMark(
                            start: start, isDecrypted: true, client: TLSMark.Leg(version: handler.versionWords))))
            ))
        if start == .implicit { greet(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let span = unwrapInboundIn(data)
        trace.entries.append((clock.now, .chunk(.client, [UInt8](copying: span.readableBytesSpan))))
        var effects: [RecordedService.Effect] = []
        let before = service.chosen
        service.receive(
            span.readableBytesSpan, claim: { candidate in places[checked: candidate].map { table.claim($0) } ?? false },
            release: { candidate in if let place = places[checked: candidate] { table.release(place) } }, into: &effects
        )
        if before == nil, service.chosen != nil { trace.info.expecting = service.proto }
        for effect in effects {
            switch effect {
            case .send(let octets): send(octets, context)
            case .startTLS:
                context.flush()
                startTLS(.starttls, context)
            case .close:
                trace.entries.append((clock.now, .mark(.eof(.server))))
                closeWhenSent(context)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { return secured(context) }
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        trace.entries.append((clock.now, .mark(.eof(.client))))
        closeWhenSent(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if handshake != nil {
            let text = "the client's TLS handshake failed: \(ReplayHandshake.reason(of: error))"
            trace.entries.append((clock.now, .mark(.trouble(Trouble(code: "tls-failed", text: text)))))
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        trace.ended = clock.now
        // A client that said nothing played no session: port scanners and health checks do so.
        guard let chosen = service.chosen, let place = places[checked: chosen] else { return }
        table.over(trace, place)
    }

    private func send(_ octets: [UInt8], _ context: ChannelHandlerContext) {
        trace.entries.append((clock.now, .chunk(.server, octets)))
        context.write(wrapOutboundOut(ByteBuffer(bytes: octets)), promise: nil)
    }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }
}

@available(*, unavailable)
extension ServeHandler: Sendable {}
