import MailTapCore
import Testing

@testable import MailTapProxy

@Suite(.serialized)
struct BulkTests {
    @Test func fiftyMegabytesBothWaysAtOnceAreTheSameAtTheOtherEnd() async throws {
        let highWater = 1 << 20
        let peers = try await Peers.joined(highWater: highWater)
        let words = pattern(50 << 20, seed: 4)
        let answer = pattern(50 << 20, seed: 5)
        async let sentWords: Void = peers.client.sendElsewhere(words, thenFinish: true)
        async let sentAnswer: Void = peers.server.sendElsewhere(answer, thenFinish: true)
        async let heardByServer = peers.server.receiveAllElsewhere(pausing: 8 << 20)
        async let heardByClient = peers.client.receiveAllElsewhere()
        #expect(try await heardByServer == words)
        #expect(try await heardByClient == answer)
        try await sentWords
        try await sentAnswer
        let trace = try #require(await peers.proxy.finish().first)
        #expect(trace.octets(.client) == words)
        #expect(trace.octets(.server) == answer)
        // Above the mark at which reads pause come a turn of reading on each side, and one that was asked for before.
        let turn = 2 * 16 * (256 << 10)
        #expect(peers.proxy.hub.peakBacklog <= highWater + 2 * turn + (1 << 20))
    }

    @Test func aReaderThatReadsNothingStopsTheSender() async throws {
        let peers = try await Peers.joined(collects: false)
        peers.client.shrinkReceiveBuffer()
        let fills = peers.server.sendWithoutWaiting(256 << 20)
        // Kernel buffers on both legs, the watermark and one turn of reading are all that fits.
        #expect(fills < 64 << 20)
        await peers.proxy.finish(grace: 0).forEach { _ in }
    }

    @Test func aRecorderThatStandsStillStopsTheSendersAndLosesNothing() async throws {
        let listener = try PlainSocket.listen()
        let gate = Gate()
        let traces = TestProxy.TraceBox()
        let hub = try TraceHub(highWater: 1 << 20) {
            let collector = TraceCollector()
            return TraceConsumer(sinks: [Gatekeeper(gate), collector]) { traces.set(collector.traces) }
        }
        let server = ProxyServer(
            routes: [
                Route(
                    listen: ListenAddress(port: 0),
                    server: MailURL(scheme: .smtp, host: "127.0.0.1", port: listener.port))
            ], hub: hub)
        let bound = try await server.start()
        let client = try PlainSocket.connect(to: bound[0].listen.port)
        let accepted = try listener.accept()
        let words = pattern(40 << 20, seed: 6)
        async let heard = accepted.receiveAllElsewhere()
        async let sent: Void = client.sendElsewhere(words, thenFinish: true)
        try await Task.sleep(for: .milliseconds(300))
        #expect(hub.peakBacklog <= (1 << 20) + 2 * 2 * 16 * (256 << 10) + (1 << 20))
        gate.open()
        #expect(try await heard == words)
        try await sent
        await server.shutdown(grace: 0)
        #expect(traces.all.first?.octets(.client) == words)
    }
}

/// Keeps the hub's thread waiting until it is opened.
final class Gate: Sendable {
    private let bell = Doorbell()
    func open() { bell?.ring() }
    func wait() { bell?.wait(milliseconds: 20_000) }
}

/// A sink that waits at the gate when the first session opens.
final class Gatekeeper: TraceSink, SessionSink {
    private let gate: Gate
    init(_ gate: Gate) { self.gate = gate }
    func open(_ info: SessionInfo) -> any SessionSink {
        gate.wait()
        return self
    }
    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {}
    func mark(_ mark: Mark, at time: Timestamp) {}
    func end(at time: Timestamp) {}
}
