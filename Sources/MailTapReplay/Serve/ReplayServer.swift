public import MailTapCore
public import MailTapTLS
public import NIOCore
public import NIOPosix

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
    ///   - credentials: the user and password that SCRAM logins have to prove; nil where no such login is served.
    ///   - tls: what to begin TLS with where the recorded server did; nil where it is not served.
    ///   - group: the threads to run on.
    /// - Throws: `ServeError` where the address can't be bound.
    public static func start(
        _ sessions: [RecordedSession], host: String, port: UInt16, comparison: Comparison = Comparison(),
        credentials: Credentials? = nil, tls: ServerTLS? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> ReplayServer {
        let table = SessionTable(
            sessions, comparison, servesTLS: tls != nil, credentials: credentials,
            finished: group.next().makePromise())
        let listener: any Channel
        do {
            listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ServeHandler(table, tls: tls))
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
