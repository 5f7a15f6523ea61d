import Benchmark
import CAllocations
import Foundation
import MailTapCapture
import MailTapCore
import NIOCore

/// What the proxy and the recorder cost: time, and how often they ask for memory.
///
/// The peers are in the same process, on a thread whose allocations do not count.
enum LiveBenchmarks {
    private static var configuration: Benchmark.Configuration {
        Benchmark.Configuration(
            metrics: [.throughput, .wallClock, Allocations.metric], warmupIterations: 2, maxDuration: .seconds(3))
    }
    private static let roundTrips = 2_000
    private static let bulk = 64 << 20

    static func register() {
        for (prefix, tls) in [("relay/", false), ("relay/tls-", true)] {
            live("\(prefix)pingpong-2000", tls: tls) { try $0.pingPong(roundTrips) }
            live("\(prefix)bulk-64MB", tls: tls) { try $0.send(bulk) }
            live("\(prefix)sessions-50", tls: tls) { try $0.sessions(50) }
        }
        Benchmark("record/append-500-sessions", configuration: configuration) { benchmark in
            try append(sessions: 500, Script.shortMails(1), benchmark)
        }
        Benchmark("record/append-64MB", configuration: configuration) { benchmark in
            try append(sessions: 8, Script.largeMail(lines: 100_000), benchmark)
        }
    }

    /// Measures what `work` makes a proxy do that records.
    private static func live(_ name: String, tls: Bool, _ work: @escaping (LivePath) throws -> Void) {
        var path: LivePath?
        Benchmark(
            name, configuration: configuration,
            closure: { benchmark in
                guard let path else { return benchmark.error("no proxy was started") }
                let before = allocations_count()
                benchmark.startMeasurement()
                do { try work(path) } catch { benchmark.error("\(name): \(error)") }
                benchmark.stopMeasurement()
                path.waitForRecorder()
                benchmark.measurement(Allocations.metric, Int(clamping: allocations_count() - before))
            },
            setup: { path = try await LivePath(tls: tls) },
            teardown: {
                await path?.stop()
                path = nil
            })
    }

    /// Writes sessions into a new recording.
    private static func append(sessions: Int, _ steps: [Script.Step], _ benchmark: Benchmark) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mailtap-bench-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        let before = allocations_count()
        benchmark.startMeasurement()
        let recorder = try Recorder(path: file.path, version: "bench") { benchmark.error("\($0)") }
        let open = (0..<sessions).map { _ in recorder.open(Script.info) }
        for step in steps {
            for session in open { session.receive(step.octets.span.bytes, from: step.side, at: step.time) }
        }
        for session in open { session.end(at: steps.last?.time ?? Script.info.started) }
        recorder.close()
        benchmark.stopMeasurement()
        benchmark.measurement(Allocations.metric, Int(clamping: allocations_count() - before))
    }
}
