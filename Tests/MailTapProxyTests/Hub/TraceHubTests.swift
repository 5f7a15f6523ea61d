import MailTapCore
import Synchronization
import Testing

@testable import MailTapProxy

struct TraceHubTests {
    private func info(_ port: UInt16) -> SessionInfo {
        SessionInfo(
            source: "proxy", client: Endpoint(address: IPAddress("127.0.0.1"), port: port),
            server: Endpoint(address: IPAddress("127.0.0.1"), port: 25), started: Timestamp(nanoseconds: 1))
    }

    @Test(arguments: [false, true])
    func everythingArrivesInOrder(immediate: Bool) async throws {
        let box = TestProxy.TraceBox()
        let hub = try TraceHub(immediate: immediate) {
            let collector = TraceCollector()
            return TraceConsumer(sinks: [collector]) { box.set(collector.traces) }
        }
        await withTaskGroup { group in
            for port in UInt16(1)...20 {
                group.addTask {
                    let session = hub.open(info(port))
                    for round in 0..<200 {
                        let time = Timestamp(nanoseconds: Int64(round))
                        let bytes: [UInt8] = [UInt8(port), UInt8(round)]
                        _ = hub.receive(
                            bytes.span.bytes, session: session, from: round % 2 == 0 ? .client : .server, at: time)
                    }
                    hub.mark(.eof(.client), session: session, at: Timestamp(nanoseconds: 200))
                    hub.end(session: session, at: Timestamp(nanoseconds: 201))
                }
            }
        }
        await hub.finish()
        #expect(box.all.count == 20)
        for trace in box.all {
            let port = UInt8(truncatingIfNeeded: trace.info.client.port)
            let expected = (0..<200).map { Trace.Entry.chunk($0 % 2 == 0 ? .client : .server, [port, UInt8($0)]) }
            #expect(trace.entries.map(\.entry) == expected + [.mark(.eof(.client))])
            #expect(trace.ended == Timestamp(nanoseconds: 201))
        }
    }

    @Test func everySinkIsFedAndFlushedAtTheEnd() async throws {
        let first = TestProxy.TraceBox()
        let second = TestProxy.TraceBox()
        let hub = try TraceHub {
            let one = TraceCollector()
            let two = TraceCollector()
            return TraceConsumer(sinks: [one, two]) {
                first.set(one.traces)
                second.set(two.traces)
            }
        }
        let session = hub.open(info(1))
        _ = hub.receive(
            Array<UInt8>([1, 2, 3]).span.bytes, session: session, from: .client, at: Timestamp(nanoseconds: 5))
        hub.end(session: session, at: Timestamp(nanoseconds: 6))
        await hub.finish()
        await hub.finish()
        #expect(first.all.first?.octets(.client) == [1, 2, 3])
        #expect(second.all == first.all)
    }

    @Test func aFullHubSaysSoAndCallsBackOnce() async throws {
        let gate = Gate()
        let hub = try TraceHub(highWater: 100_000) { TraceConsumer(sinks: [Gatekeeper(gate)]) }
        let session = hub.open(info(1))
        let bytes = [UInt8](repeating: 7, count: 60_000)
        var lags = false
        for _ in 0..<3 {
            lags = hub.receive(bytes.span.bytes, session: session, from: .client, at: Timestamp(nanoseconds: 1))
        }
        #expect(lags)
        let calls = Mutex(0)
        await withCheckedContinuation { continuation in
            hub.whenDrained {
                calls.withLock { $0 += 1 }
                continuation.resume()
            }
            gate.open()
        }
        #expect(calls.withLock { $0 } == 1)
        let lagsStill = hub.receive(
            Array<UInt8>([1]).span.bytes, session: session, from: .client, at: Timestamp(nanoseconds: 2))
        #expect(!lagsStill)
        await withCheckedContinuation { continuation in hub.whenDrained { continuation.resume() } }
        await hub.finish()
    }

    @Test func sessionTimeNeverRunsBackwards() {
        let clock = SessionClock()
        var last = clock.started
        for _ in 0..<1_000 {
            let now = clock.now
            #expect(now >= last)
            last = now
        }
    }
}
