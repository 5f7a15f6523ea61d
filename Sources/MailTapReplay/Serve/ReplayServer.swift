import MailTapAnalysis
public import MailTapCore
public import NIOCore
public import NIOPosix
import Synchronization

/// Plays the server's side of recorded sessions to real clients, each session once, and compares what they said.
public final class ReplayServer: Sendable {
    /// The port that the server listens on.
    public let port: UInt16
    private let listener: any Channel
    private let table: SessionTable

    private init(listener: any Channel, table: SessionTable) {
        self.listener = listener
        self.table = table
        port = UInt16(truncatingIfNeeded: listener.localAddress?.port ?? 0)
    }

    /// Starts to serve.
    ///
    /// - Parameters:
    ///   - sessions: what was recorded, with the octets of its messages; SMTP and POP3 sessions are served.
    ///   - host: the address to listen on.
    ///   - port: the port, 0 for a free one.
    ///   - comparison: how to compare.
    ///   - group: the threads to run on.
    /// - Throws: `ServeError` where the address can't be bound.
    public static func start(
        _ sessions: [RecordedSession], host: String, port: UInt16, comparison: Comparison = Comparison(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ReplayServer {
        let table = SessionTable(sessions, comparison, finished: group.next().makePromise())
        let listener: any Channel
        do {
            listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ServeHandler(table))
                    }
                }
                .bind(host: host, port: Int(port)).get()
        } catch {
            table.finish()
            throw ServeError(description: ReplayClient.reason(of: error))
        }
        return ReplayServer(listener: listener, table: table)
    }

    /// Waits until every session was played once, stops listening and reports.
    public func run() async throws -> ComparisonReport {
        try await withTaskCancellationHandler {
            try await table.finished.futureResult.get()
        } onCancel: {
            table.finish()
        }
        try? await listener.close()
        return table.report
    }

    /// The live sessions, in the order in which they ended; for a recorder.
    public var traces: [Trace] { table.traces }
}

/// Why an address can't be listened on, in words.
public struct ServeError: Error, Sendable, CustomStringConvertible {
    /// What the system said.
    public let description: String
}

/// Which sessions were played, and with what result.
private final class SessionTable: Sendable {
    private struct State {
        var claimed: Set<Int> = []
        var entries: [Int: ComparisonReport.Entry] = [:]
        var traces: [Trace] = []
        var isDone = false
    }

    let finished: EventLoopPromise<Void>
    private let sessions: [RecordedSession]
    private let comparison: Comparison
    private let state: Mutex<State>

    init(_ sessions: [RecordedSession], _ comparison: Comparison, finished: EventLoopPromise<Void>) {
        self.sessions = sessions
        self.comparison = comparison
        self.finished = finished
        var state = State()
        for (index, recorded) in sessions.enumerated() {
            guard let why = Self.reasonToSkip(recorded.session) else { continue }
            state.claimed.insert(index)
            state.entries[index] = ComparisonReport.Entry(
                number: Self.number(recorded, index), outcome: .skipped(why))
        }
        self.state = Mutex(state)
        if self.state.withLock({ $0.entries.count }) == sessions.count { finish() }
    }

    private static func reasonToSkip(_ session: Session) -> String? {
        guard session.proto == .smtp || session.proto == .pop3 else { return "its protocol can't be served" }
        guard session.exchanges.contains(where: { $0.command != nil }) else { return "its client said nothing" }
        return nil
    }

    private static func number(_ recorded: RecordedSession, _ index: Int) -> Int {
        recorded.session.number > 0 ? recorded.session.number : index + 1
    }

    /// The sessions that nobody plays yet, with their places.
    func free() -> [(index: Int, recorded: RecordedSession)] {
        let claimed = state.withLock { $0.claimed }
        return sessions.indices.filter { !claimed.contains($0) }.map { ($0, sessions[$0]) }
    }

    func claim(_ index: Int) -> Bool { state.withLock { $0.claimed.insert(index).inserted } }

    /// Gives a session back: another one fits the client better.
    func release(_ index: Int) { state.withLock { _ = $0.claimed.remove(index) } }

    /// Takes a session that is over, with the one that was played.
    func over(_ trace: Trace, _ index: Int) {
        let comparison = comparison.compare(
            sessions[index].withoutTLSOffer, with: RecordedSession(trace), notes: sessions[index].tlsNotes)
        let entry = ComparisonReport.Entry(number: Self.number(sessions[index], index), outcome: .compared(comparison))
        let isComplete = state.withLock { state in
            state.entries[index] = entry
            state.traces.append(trace)
            return state.entries.count == sessions.count
        }
        if isComplete { finish() }
    }

    func finish() {
        let isFirst = state.withLock { state in
            defer { state.isDone = true }
            return !state.isDone
        }
        if isFirst { finished.succeed() }
    }

    /// The sessions in order; those that nobody asked for are missing.
    var report: ComparisonReport {
        let entries = state.withLock { $0.entries }
        return ComparisonReport(
            sessions.indices.map { index in
                entries[index]
                    ?? ComparisonReport.Entry(
                        number: Self.number(sessions[index], index),
                        outcome: .compared(comparison.compare(sessions[index], with: nil)))
            })
    }

    var traces: [Trace] { state.withLock { $0.traces } }
}

/// Moves octets between a client and the service that plays to it, and keeps the trace.
private final class ServeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let table: SessionTable
    private let clock = ReplayClock()
    private var places: [Int] = []
    private var service = RecordedService([])
    private var trace: Trace

    init(_ table: SessionTable) {
        self.table = table
        trace = Trace(
            info: SessionInfo(
                source: "replay", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
                started: clock.now, isKnownMail: true))
    }

    func channelActive(context: ChannelHandlerContext) {
        trace.info.client = Endpoint(context.remoteAddress, name: nil)
        trace.info.server = Endpoint(context.localAddress, name: nil)
        let free = table.free()
        guard !free.isEmpty else {
            context.close(promise: nil)
            return
        }
        places = free.map(\.index)
        service = RecordedService(free.map(\.recorded))
        send(service.greeting(), context)
        context.flush()
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
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        trace.entries.append((clock.now, .mark(.eof(.client))))
        closeWhenSent(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

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

extension Endpoint {
    /// A socket's address.
    init(_ address: SocketAddress?, name: String?) {
        self.init(
            address: address?.ipAddress.flatMap { IPAddress($0) },
            port: UInt16(truncatingIfNeeded: address?.port ?? 0), name: name)
    }
}
