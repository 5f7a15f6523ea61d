import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

@Suite struct ReassemblerTests {
    @Test func deliversBothSidesInOrder() throws {
        let talk = Conversation.mail()
        let traces = reassemble(talk.segments)
        #expect(traces.count == 1)
        let trace = try #require(traces.first)
        #expect(trace.stream(.client) == talk.stream(.client))
        #expect(trace.stream(.server) == talk.stream(.server))
        #expect(trace.marks == [.eof(.client), .eof(.server)])
        #expect(trace.info.client.port == 50112)
        #expect(trace.info.expecting == .smtp)
        #expect(trace.info.startSeen)
        #expect(trace.info.started == talk.segments[0].segment.time)
    }

    @Test(arguments: 0..<60) func anyOrderWithinAWindowGivesTheSameDialogue(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let isn: (UInt32, UInt32) = seed % 2 == 0 ? (.max - 50, .max - 20) : (1000, 9000)
        let talk = Conversation.mail(isn: isn)
        let expected = try #require(reassemble(talk.segments).first).dialogue
        var shuffled = Array(talk.segments[2...])
        let window = 2 + Int(seed % 12)
        for index in stride(from: 0, to: shuffled.count, by: window) {
            let end = min(shuffled.count, index + window)
            shuffled[index..<end].shuffle(using: &generator)
        }
        var fed = Array(talk.segments[..<2])
        for segment in shuffled {
            fed.append(segment)
            if generator.next() % 3 == 0, let old = fed.randomElement(using: &generator) { fed.append(old) }
        }
        let traces = reassemble(fed)
        #expect(traces.count == 1)
        #expect(traces.first?.dialogue == expected)
        #expect(traces.first?.gaps == [])
        #expect(traces.first?.conflicts == [])
    }

    @Test func oneDirectionAfterTheOtherInTheFileIsPutInOrder() throws {
        let talk = Conversation.mail()
        let expected = try #require(reassemble(talk.segments).first).dialogue
        let client = talk.segments.filter { $0.segment.source == Conversation.client }
        let server = talk.segments.filter { $0.segment.source == Conversation.server }
        #expect(reassemble(client + server).map(\.dialogue) == [expected])
        #expect(reassemble(server + client).map(\.dialogue) == [expected])
    }

    @Test func oneDirectionAloneIsDelivered() throws {
        let talk = Conversation.mail()
        let client = talk.segments.filter { $0.segment.source == Conversation.client }
        let trace = try #require(reassemble(client).first)
        #expect(trace.stream(.client) == talk.stream(.client))
        let lost = trace.gaps.reduce(UInt64(0)) {
            if case .gap(.server, let count) = $1 { $0 + count } else { $0 }
        }
        #expect(lost == UInt64(talk.stream(.server).count))
    }

    @Test func aLostSegmentIsAGapBeforeWhatAnswersIt() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "HELO lost\r\n")
        talk.say(.server, "250 ok\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.segments.remove(at: 4)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "QUIT\r\n")
        let gap = try #require(trace.entries.firstIndex { $0.entry == .mark(.gap(.client, 11)) })
        let reply = try #require(trace.entries.firstIndex { $0.entry == .chunk(.server, Array("250 ok\r\n".utf8)) })
        #expect(gap < reply)
    }

    @Test func aGapAtTheStartCountsWhereTheHandshakeWasSeen() throws {
        var talk = Conversation()
        talk.say(.server, "220 lost\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.segments.remove(at: 3)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.gaps == [.gap(.server, 10)])
        #expect(trace.text(.client) == "QUIT\r\n")
    }

    @Test func overlapKeepsWhatWasSeenFirstAndSaysWhatDiffers() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "NOOP abc\r\n")
        var copy = talk.segments[4]
        copy.payload = Array("NOOP xyz\r\nQUIT\r\n".utf8)
        copy.segment.wireLength = copy.payload.count
        talk.segments.append(copy)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP abc\r\nQUIT\r\n")
        #expect(trace.conflicts == [StreamRange(.client, 0, 10)])
    }

    @Test func overlapAmongWaitingSegmentsKeepsTheFirst() throws {
        var talk = Conversation()
        talk.say(.client, "A\r\n")
        talk.say(.client, "NOOP abc\r\n")
        var copy = talk.segments[4]
        copy.payload = Array("NOOP xyz\r\n".utf8)
        talk.segments.append(copy)
        talk.segments.append(talk.segments.remove(at: 3))
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "A\r\nNOOP abc\r\n")
        #expect(trace.conflicts == [StreamRange(.client, 3, 13)])
    }

    @Test func keepAlivesSayNothing() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "NOOP\r\n")
        var probe = talk.segments[4]
        probe.payload = [0]
        probe.segment.wireLength = 1
        probe.segment.sequence = talk.next[0] &- 1
        talk.segments.append(probe)
        talk.say(.client, "QUIT\r\n")
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n")
        #expect(trace.marks == [])
    }

    @Test func portReuseBeginsAnotherSession() {
        let first = Conversation.mail()
        var second = Conversation.mail(isn: (77_000_000, 99_000_000))
        for index in second.segments.indices { second.segments[index].segment.time.nanoseconds += 3_000_000_000 }
        let traces = reassemble(first.segments + second.segments)
        #expect(traces.count == 2)
        #expect(
            traces.map { $0.text(.client) }.allSatisfy { $0 == String(decoding: first.stream(.client), as: UTF8.self) })
    }

    @Test func portReuseWithoutACloseBeginsAnotherSession() {
        let first = Conversation.mail().segments.dropLast(3)
        let second = Conversation.mail(isn: (77_000_000, 99_000_000)).segments
        let traces = reassemble(Array(first) + second)
        #expect(traces.map { $0.dialogue.count } == [9, 9])
    }

    /// Initial sequence numbers of the same ends go up with a clock, so the next connection's lie close behind what the
    /// first one used, or even inside it.
    @Test(
        arguments: [(1_900, 6_700), (60_000, 5_010), (5_000_000, 5_030), (4_000_000_000, 4_900)] as [(UInt32, UInt32)])
    func portReuseWithoutItsSynBeginsAnotherSession(_ client: UInt32, _ server: UInt32) {
        let first = Conversation.mail(isn: (1_000, 5_000))
        var second = Conversation.mail(isn: (client, server))
        for index in second.segments.indices { second.segments[index].segment.time.nanoseconds += 3_000_000_000 }
        // The SYN and its answer were lost.
        let traces = reassemble(first.segments + second.segments.dropFirst(2))
        for side in Side.allCases {
            #expect(traces.map { $0.stream(side) } == [first, second].map { $0.stream(side) })
        }
    }

    @Test func whatComesBehindBothEndsIsNoOtherSession() {
        let talk = Conversation.mail()
        // Octets behind the client's FIN, which acknowledge no more than the server said.
        var stray = talk.segments[4]
        stray.segment.sequence = talk.next[0] &+ 5
        stray.segment.acknowledgement = talk.next[1]
        stray.segment.time.nanoseconds += 3_000_000_000
        #expect(reassemble(talk.segments + [stray]).count == 1)
    }

    @Test func whatFewPacketsWaitForIsLostOnceTheCaptureHasGoneOn() throws {
        for (packets, milliseconds, isLost) in [(70_000, 200, true), (70_000, 1, false), (1_000, 200, false)] {
            var talk = Conversation()
            talk.say(.server, "220 hi ESMTP\r\n")
            talk.say(.client, "NOOP\r\n")
            talk.say(.server, "250 ok\r\n")
            let lost = talk.segments.remove(at: 3)
            var other = Conversation(handshake: false)
            other.ports = (50_999, 25)
            let step = Int64(milliseconds) * 1_000_000 / Int64(packets)
            for _ in 0..<packets / 2 {
                other.say(.client, "a")
                other.say(.server, "b")
            }
            var time = talk.segments.last?.segment.time ?? Timestamp(nanoseconds: 0)
            for index in other.segments.indices {
                time = time.advanced(by: step)
                other.segments[index].segment.time = time
            }
            let before = talk.segments.count
            talk.say(.client, "RSET\r\n")
            for index in before..<talk.segments.count { talk.segments[index].segment.time = time.advanced(by: 1_000) }
            let traces = reassemble(
                Array(talk.segments[..<before]) + other.segments + talk.segments[before...] + [lost])
            let trace = try #require(traces.first { $0.info.client.port == 50112 })
            #expect(trace.gaps.isEmpty == !isLost)
        }
    }

    @Test func aForgedSynChangesNothing() throws {
        let talk = Conversation.mail()
        var forged = talk.segments[0]
        forged.segment.sequence = 5_000_000
        var segments = talk.segments
        segments.insert(forged, at: 8)
        let traces = reassemble(segments)
        #expect(traces.count == 1)
        #expect(traces.first?.stream(.client) == talk.stream(.client))
    }

    @Test func midStreamStartFindsTheClientByThePort() throws {
        let talk = Conversation.mail()
        let trace = try #require(reassemble(Array(talk.segments[5...])).first)
        #expect(!trace.info.startSeen)
        #expect(trace.info.server.port == 25)
        #expect(trace.gaps == [])
        #expect(trace.text(.server).hasPrefix("250-mail"))
    }

    @Test func lateDuplicatesOpenNoSession() {
        let talk = Conversation.mail()
        var late = talk.segments[4]
        late.segment.time.nanoseconds += 20_000_000_000
        var other = Conversation.mail()
        other.ports = (50113, 25)
        other = Conversation.mail()
        for index in other.segments.indices {
            other.segments[index].segment.time.nanoseconds += 10_000_000_000
            if other.segments[index].segment.sourcePort == 50112 { other.segments[index].segment.sourcePort = 50113 }
            if other.segments[index].segment.destinationPort == 50112 {
                other.segments[index].segment.destinationPort = 50113
            }
        }
        #expect(reassemble(talk.segments + other.segments + [late]).count == 2)
    }

    @Test func aSegmentLongAfterTheCloseStillFindsItsPlace() {
        var limits = ReassemblyLimits()
        limits.closedPackets = 100
        let talk = Conversation.mail()
        var segments = talk.segments
        let late = segments.remove(at: segments.count - 5)
        let others = (UInt16(0)..<20).flatMap { number in
            Conversation.mail().segments.map { entry in
                var entry = entry
                if entry.segment.sourcePort == 50112 { entry.segment.sourcePort = 40_000 + number }
                if entry.segment.destinationPort == 50112 { entry.segment.destinationPort = 40_000 + number }
                return entry
            }
        }
        let traces = reassemble(segments + others + [late], limits: limits)
        #expect(traces.count == 21)
        #expect(traces.first?.gaps == [])
        #expect(traces.first?.stream(.client) == talk.stream(.client))
        limits.incompletePackets = 100
        #expect(reassemble(segments + others + [late], limits: limits).first?.gaps == [.gap(.client, 6)])
    }

    @Test func resetIsSaidOnceDataBeforeItIsDelivered() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "QUIT\r\n")
        talk.add(.client, [], flags: .rst)
        talk.segments.swapAt(4, 5)
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "QUIT\r\n")
        #expect(trace.entries.last?.entry == .mark(.reset(.client)))
    }

    @Test func silentConnectionsOpenNoSession() {
        var talk = Conversation()
        talk.close()
        #expect(reassemble(talk.segments).isEmpty)
    }

    @Test func octetsFarAwayAreLeftOutAndSaid() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.say(.client, "NOOP\r\n")
        var far = talk.segments[4]
        far.segment.sequence &+= 0x7000_0000
        talk.segments.append(far)
        talk.say(.client, "QUIT\r\n")
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.text(.client) == "NOOP\r\nQUIT\r\n")
        #expect(trace.gaps == [])
        #expect(
            trace.marks.contains { if case .trouble(let what) = $0 { what.code == "out-of-window" } else { false } })
    }

    @Test func aFloodOfSegmentsOutOfOrderStaysWithinBounds() throws {
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        let base = talk.next[0]
        for index in 0..<20_000 {
            talk.next[0] = base &+ 10 &+ UInt32(2 * ((index * 7919) % 20_000))
            talk.add(.client, [65])
        }
        let trace = try #require(reassemble(talk.segments).first)
        #expect(trace.marks.contains { if case .trouble(let what) = $0 { what.code == "buffer-limit" } else { false } })
    }

    @Test func connectionsBeyondTheBoundAreEnded() {
        var limits = ReassemblyLimits()
        limits.connections = 100
        limits.silentConnections = 100
        var segments: [(segment: TCPSegment, payload: [UInt8])] = []
        for port in 1000..<3000 {
            var talk = Conversation()
            talk.say(.server, "220 hi\r\n")
            for (segment, payload) in talk.segments {
                var segment = segment
                if segment.sourcePort == 50112 {
                    segment.sourcePort = UInt16(port)
                } else {
                    segment.destinationPort = UInt16(port)
                }
                segments.append((segment, payload))
            }
        }
        let collector = TraceCollector()
        var reassembler = Reassembly(sink: collector, source: "test", limits: limits)
        for (segment, payload) in segments { reassembler.segment(segment, payload.span.bytes) }
        #expect(reassembler.openCount <= 100 + CaptureShare.partCount)
        #expect(reassembler.placeCount <= 210)
        reassembler.finishAll()
        #expect(collector.traces.count == 2000)
    }

    /// The one that began last is over first, and one goes on.
    @Test func sessionsEndInTheOrderOfTheirLastPackets() {
        var segments: [(segment: TCPSegment, payload: [UInt8])] = []
        for (number, port) in [(0, UInt16(40_001)), (1, 40_002), (2, 40_003)] {
            var talk = Conversation.mail()
            if number == 1 { talk.segments.removeLast(3) }
            for (index, entry) in talk.segments.enumerated() {
                var segment = entry.segment
                let pace = Int64(number == 0 ? 1_000_000 : 100_000)
                segment.time.nanoseconds = Int64(number) * 10_000 + Int64(index) * pace
                if segment.sourcePort == 50112 { segment.sourcePort = port } else { segment.destinationPort = port }
                segments.append((segment, entry.payload))
            }
        }
        segments.sort { $0.segment.time < $1.segment.time }
        let ends = EndCollector()
        var reassembler = Reassembly(sink: ends, source: "test")
        for (segment, payload) in segments { reassembler.segment(segment, payload.span.bytes) }
        reassembler.finishAll()
        #expect(ends.ports == [40_003, 40_001, 40_002])
    }

    @Test func aSinkWithoutInterestGetsNoMoreOctets() {
        final class Bored: TraceSink, SessionSink {
            var chunks = 0
            var ended = false
            var wantsMore: Bool { chunks < 2 }
            func open(_ info: SessionInfo) -> any SessionSink { self }
            func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) { chunks += 1 }
            func mark(_ mark: Mark, at time: Timestamp) {}
            func end(at time: Timestamp) { ended = true }
        }
        let bored = Bored()
        var reassembler = Reassembly(sink: bored, source: "test")
        for (segment, payload) in Conversation.mail().segments {
            reassembler.segment(segment, payload.span.bytes)
        }
        reassembler.finishAll()
        #expect(bored.chunks == 2)
        #expect(bored.ended)
    }

    @Test(arguments: 0..<40) func mutatedSegmentsNeitherTrapNorGrow(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = ReassemblyLimits()
        limits.heldInAll = 1 << 16
        var segments: [(segment: TCPSegment, payload: [UInt8])] = []
        for _ in 0..<20 {
            segments += Conversation.mail(isn: (UInt32.random(in: 0...100, using: &generator), 5)).segments
        }
        for index in segments.indices where generator.next() % 3 == 0 {
            switch generator.next() % 7 {
            case 0: segments[index].segment.sequence = UInt32.random(in: .min ... .max, using: &generator)
            case 1: segments[index].segment.acknowledgement = UInt32.random(in: .min ... .max, using: &generator)
            case 2: segments[index].segment.flags = TCPFlags(rawValue: UInt8.random(in: 0...63, using: &generator))
            case 3: segments[index].segment.wireLength += Int.random(in: 0...70_000, using: &generator)
            case 4: segments[index].segment.time.nanoseconds = Int64.random(in: .min ... .max, using: &generator)
            case 5: segments[index].segment.sequence &+= UInt32.random(in: 0...2000, using: &generator)
            default: segments.swapAt(index, Int.random(in: 0..<segments.count, using: &generator))
            }
        }
        let collector = TraceCollector()
        var reassembler = Reassembly(sink: collector, source: "test", limits: limits)
        for (segment, payload) in segments { reassembler.segment(segment, payload.span.bytes) }
        #expect(reassembler.heldInAll <= 1 << 17)
        reassembler.finishAll()
        #expect(reassembler.heldInAll == 0)
        #expect(reassembler.openCount == 0)
        #expect(reassembler.silentCount == 0)
    }
}

/// The clients' ports of the sessions that ended, in the order in which they did.
private final class EndCollector: TraceSink {
    var ports: [UInt16] = []

    func open(_ info: SessionInfo) -> any SessionSink { Session(self, info.client.port) }

    private final class Session: SessionSink {
        let collector: EndCollector
        let port: UInt16
        init(_ collector: EndCollector, _ port: UInt16) { (self.collector, self.port) = (collector, port) }
        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {}
        func mark(_ mark: Mark, at time: Timestamp) {}
        func end(at time: Timestamp) { collector.ports.append(port) }
    }
}
