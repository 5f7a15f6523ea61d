public import MailTapCore
public import MailTapTLS
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
    private let tls: ClientTLS?
    private let group: any EventLoopGroup

    /// A client.
    ///
    /// - Parameters:
    ///   - target: the server.
    ///   - options: how to play.
    ///   - timeout: seconds that a reply may take (RFC 5321 section 4.5.3.2: 5 minutes for most commands); a connection
    ///     attempt may take so long too, but not more than 30 seconds.
    ///   - tls: makes connections secure; nil where none is wanted.
    ///   - group: the threads to run on.
    public init(
        target: ReplayTarget, options: ReplayOptions = ReplayOptions(), tls: ClientTLS? = nil,
        timeout: Int64 = 300,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.target = target
        self.options = options
        self.tls = tls
        connectTimeout = .seconds(min(30, max(1, timeout)))
        replyTimeout = .seconds(max(1, timeout))
        self.group = group
    }

    /// Whether mails get new identities.
    var renewsIDs: Bool { options.renewsIDs }
    /// What is replaced in a recording before it is played.
    var rewrites: [RewriteRule] { options.rewrites }

    /// Plays one session to its end.
    ///
    /// - Throws: `ReplayError` where the server can't be reached.
    public func play(_ plan: ReplayPlan) async throws(ReplayError) -> LiveReplay {
        var options = options
        if options.nonce.isEmpty {
            options.nonce =
                String(UInt64.random(in: 0 ... .max), radix: 36)
                + String(UInt64.random(in: 0 ... .max), radix: 36)
        }
        let finished = group.next().makePromise(of: LiveReplay.self)
        let clock = ReplayClock()
        if target.isImplicitTLS { options.tls = .implicit }
        let handlerOptions = options
        let tls = tls.map { ReplayTLS($0, target: target) }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: finished.futureResult.eventLoop)
                .connectTimeout(connectTimeout)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ReplayHandler(
                                Replayer(plan, options: handlerOptions), clock: clock, target: target, tls: tls,
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
        let result: Result<LiveReplay, any Error> = await withTaskCancellationHandler {
            do { return .success(try await finished.futureResult.get()) } catch { return .failure(error) }
        } onCancel: {
            channel.close(promise: nil)
        }
        switch result {
        case .success(let replay): return replay
        case .failure(let error):
            throw error as? ReplayError
                ?? ReplayError(code: .connectionLost, target: target, reason: Self.reason(of: error))
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
