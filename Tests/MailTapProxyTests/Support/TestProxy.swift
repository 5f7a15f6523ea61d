import MailTapCore
import MailTapProxy
import Synchronization

/// A running proxy with one or more routes, its hub collecting traces.
struct TestProxy: Sendable {
    let server: ProxyServer
    let hub: TraceHub
    let bound: [ProxyServer.Bound]
    let traces: TraceBox
    let warnings: Warnings

    /// What the hub's collector had at its last flush.
    final class TraceBox: Sendable {
        private let traces = Mutex<[Trace]>([])
        var all: [Trace] { traces.withLock { $0 } }
        func set(_ new: [Trace]) { traces.withLock { $0 = new } }
    }

    final class Warnings: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    static func start(
        _ routes: [Route], options: ProxyOptions = ProxyOptions(), highWater: Int = 8 << 20, collects: Bool = true
    ) async throws -> TestProxy {
        let traces = TraceBox()
        let warnings = Warnings()
        let hub = try TraceHub(highWater: highWater) {
            let collector = TraceCollector()
            return TraceConsumer(sinks: collects ? [collector] : []) { traces.set(collector.traces) }
        }
        var options = options
        options.threads = options.threads ?? 2
        let server = ProxyServer(routes: routes, options: options, hub: hub) { warnings.add($0) }
        let bound = try await server.start()
        return TestProxy(server: server, hub: hub, bound: bound, traces: traces, warnings: warnings)
    }

    /// One route to `port` on loopback.
    static func start(
        to port: UInt16, scheme: MailURL.Scheme = .smtp, host: String = "127.0.0.1",
        listen: ListenAddress = ListenAddress(port: 0), options: ProxyOptions = ProxyOptions(),
        highWater: Int = 8 << 20, collects: Bool = true
    ) async throws -> TestProxy {
        let route = Route(listen: listen, server: MailURL(scheme: scheme, host: host, port: port))
        return try await start([route], options: options, highWater: highWater, collects: collects)
    }

    var port: UInt16 { bound.first?.listen.port ?? 0 }

    /// Ends the proxy and gives what it recorded.
    func finish(grace: Double = 3) async -> [Trace] {
        await server.shutdown(grace: grace)
        return traces.all
    }
}

extension Trace {
    /// All octets of a side, in order.
    func octets(_ side: Side) -> [UInt8] {
        var all: [UInt8] = []
        for (_, entry) in entries {
            if case .chunk(side, let bytes) = entry { all += bytes }
        }
        return all
    }

    var marks: [Mark] {
        entries.compactMap { if case .mark(let mark) = $0.entry { mark } else { nil } }
    }
}
