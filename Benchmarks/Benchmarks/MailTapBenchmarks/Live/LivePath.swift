import CAllocations
import Foundation
import MailTapCapture
import MailTapCore
import MailTapProxy
import MailTapTLS
import NIOCore
import NIOPosix
import NIOSSL

/// A proxy that records, a server behind it and clients before it, all in this process.
final class LivePath {
    private let folder: URL
    private let peers: MultiThreadedEventLoopGroup
    private let server: any Channel
    private let hub: TraceHub
    private let proxy: ProxyServer
    private let port: Int
    private let clientTLS: NIOSSLContext?
    /// A session that stays open, for everything but `sessions`.
    private let client: BenchClient

    /// Starts it all; `tls`: on both legs, from the first octet.
    init(tls: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mailtap-bench-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder
        peers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await peers.next().submit { allocations_stand_aside() }.get()

        let now: @Sendable () -> Timestamp = { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9)) }
        let showing = ServerTLS(.authority(AuthorityStore(directory: folder.path)), now: now)
        var names = ServerNames()
        names.add("localhost")
        let serverTLS = try tls ? showing.prepare(names).context : nil
        server = try await ServerBootstrap(group: peers).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let serverTLS { try pipeline.addHandler(NIOSSLServerHandler(context: serverTLS)) }
                try pipeline.addHandler(BenchServer())
            }
        }.bind(host: "127.0.0.1", port: 0).get()

        let recording = folder.appending(path: "bench.mailtap").path
        hub = try TraceHub {
            guard let recorder = try? Recorder(path: recording, version: "bench", onFailure: { _ in }) else {
                return TraceConsumer(sinks: [])
            }
            return TraceConsumer(sinks: [recorder], flush: { recorder.flush() }, finish: { recorder.close() })
        }
        var options = ProxyOptions()
        var interception = Interception(
            toClients: showing, toServers: ClientTLS(PeerVerifier(try TrustAnchors.system())))
        interception.trustsAnything = true
        options.tls = .intercept(interception)
        let scheme = tls ? "smtps" : "smtp"
        let route = try Route(parsing: "0=\(scheme)://127.0.0.1:\(server.localAddress?.port ?? 0)")
        proxy = ProxyServer(doors: [.route(route)], options: options, hub: hub)
        port = Int(try await proxy.start().first?.listen.port ?? 0)
        var trusting = TLSConfiguration.makeClientConfiguration()
        trusting.certificateVerification = .none
        clientTLS = try tls ? NIOSSLContext(configuration: trusting) : nil
        client = try await BenchClient.connect(to: port, on: peers, clientTLS)
    }

    /// So many commands, each answered before the next.
    func pingPong(_ count: Int) throws { try client.exchange(Array(repeating: "NOOP\r\n", count: count)).wait() }

    /// One message of about so many octets.
    func send(_ octets: Int) throws { try client.message(octets).wait() }

    /// Short sessions, one after another.
    func sessions(_ count: Int) throws {
        for _ in 0..<count {
            let client = try BenchClient.start(to: port, on: peers, clientTLS).wait()
            try client.exchange(["EHLO bench.example\r\n", "MAIL FROM:<a@bench.example>\r\n", "QUIT\r\n"]).wait()
            try client.close().wait()
        }
    }

    /// Returns when the recorder has taken everything.
    func waitForRecorder() {
        while hub.backlog > 0 { usleep(1_000) }
    }

    func stop() async {
        try? await client.close().get()
        await proxy.abort()
        try? await server.close()
        try? await peers.shutdownGracefully()
        try? FileManager.default.removeItem(at: folder)
    }
}
