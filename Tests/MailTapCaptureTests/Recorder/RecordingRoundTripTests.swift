import MailTapCore
import Testing

@testable import MailTapCapture

/// What a recorder wrote, read back through the packet path.
@Suite struct RecordingRoundTripTests {
    private func readBack(_ bytes: [UInt8]) throws -> [Trace] {
        let collector = TraceCollector()
        let reader = CaptureReader(annotations: RecordingAnnotations())
        _ = try reader.read(MemorySource(bytes), named: "x", into: collector)
        return collector.traces
    }

    private func recorded(_ trace: Trace) -> [UInt8] {
        var header = PcapNGWriter()
        header.beginSection(application: "mailtap test")
        let store = MemoryStore()
        let recorder = Recorder(store: store, path: "x", keepSecrets: true) { Issue.record($0) }
        trace.play(into: recorder)
        recorder.close()
        return header.bytes + store.bytes
    }

    private func sample(_ index: Int) -> Trace {
        var trace = Trace(info: .sample(startSeen: index != 3))
        trace.info.client.port += UInt16(index)
        if index == 1 { trace.info.server.address = IPAddress("2001:db8::25") }
        if index == 5 { trace.info.server = Endpoint(address: nil, port: 0, name: "mail.example.org") }
        for (step, entry) in SampleRecordingTests.sessions[index].enumerated() {
            trace.entries.append((trace.info.started.advanced(by: Int64(step + 1) * 1_000_000), entry))
        }
        trace.ended = trace.info.started.advanced(by: Int64(trace.entries.count + 1) * 1_000_000)
        return trace
    }

    private func stream(_ trace: Trace, _ side: Side) -> [UInt8] {
        trace.entries.flatMap { entry -> [UInt8] in
            if case .chunk(side, let bytes) = entry.entry { bytes } else { [] }
        }
    }

    private func marks(_ trace: Trace) -> [Mark] {
        trace.entries.compactMap { if case .mark(let mark) = $0.entry { mark } else { nil } }
    }

    @Test(arguments: SampleRecordingTests.sessions.indices)
    func sessionComesBack(index: Int) throws {
        let trace = sample(index)
        let traces = try readBack(recorded(trace))
        let read = try #require(traces.first)
        #expect(traces.count == 1)
        #expect(stream(read, .client) == stream(trace, .client))
        #expect(stream(read, .server) == stream(trace, .server))
        #expect(Set(marks(read)).isSuperset(of: marks(trace)))
        #expect(marks(read).filter { if case .gap = $0 { true } else { false } }.count == (index == 3 ? 1 : 0))
        #expect(read.info.client == trace.info.client)
        #expect(read.info.server == trace.info.server)
        #expect(read.info.route == trace.info.route)
        #expect(read.info.expecting == trace.info.expecting)
        #expect(read.info.isKnownMail)
        if trace.info.startSeen { #expect(read.info.started == trace.info.started) }
    }

    /// Chunks, their times and the marks between them, in order, where no chunk had to be split.
    @Test(arguments: [1, 2])
    func entriesComeBackInOrder(index: Int) throws {
        let trace = sample(index)
        let read = try #require(try readBack(recorded(trace)).first)
        func shown(_ trace: Trace) -> [String] {
            trace.entries.map { entry in
                switch entry.entry {
                case .chunk(let side, let bytes): "\(entry.time.nanoseconds) \(side) \(bytes)"
                case .mark(.tls(let tls)): "\(entry.time.nanoseconds) \(tls)"
                // The ending stands on the last FIN or RST, so it bears that one's time.
                case .mark: "mark"
                }
            }
        }
        #expect(shown(read).filter { $0 != "mark" } == shown(trace).filter { $0 != "mark" })
    }

    /// A session that ended is whole wherever a kill tears what was written behind it.
    @Test func tornTailLosesNoSessionBefore() throws {
        let first = recorded(sample(2))
        let second = recorded(sample(4))
        let whole = try #require(try readBack(first).first)
        for cut in 0...second.count {
            #expect(try readBackTolerantly(first + second[..<cut]).first == whole, "cut at \(cut)")
        }
    }

    /// The traces before a torn tail; that the tail is torn may be said by an error.
    private func readBackTolerantly(_ bytes: [UInt8]) throws -> [Trace] {
        let collector = TraceCollector()
        let reader = CaptureReader(annotations: RecordingAnnotations())
        do {
            _ = try reader.read(MemorySource(bytes), named: "x", into: collector)
        } catch {
            return collector.traces
        }
        return collector.traces
    }
}
