import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

/// Whole captures of every form: the dialogue is the same in each, and no damage does more than damage.
@Suite struct SyntheticCaptureTests {
    @Test(arguments: SyntheticCapture.all) func theDialogueIsTheSame(form: SyntheticCapture) throws {
        let talk = Conversation.mail()
        let (traces, error) = readCapture(form.file(form.packets(of: talk.segments)))
        #expect(error == nil)
        #expect(traces.map(\.dialogue) == reassemble(talk.segments).map(\.dialogue))
        #expect(traces.first?.marks == [.eof(.client), .eof(.server)])
    }

    /// Segments of 64 KiB, as a machine sees its own before the network card cuts them (or BIG TCP on the wire).
    @Test(arguments: [NetworkForm.offload, .plain, .sixth]) func longSegmentsAreWhole(network: NetworkForm) throws {
        let form = SyntheticCapture(network: network)
        let line = Array("a line of a message that is long\r\n".utf8)
        let length = network == .offload ? 150_000 : 65_000
        let content = Array(repeatElement(line, count: length / line.count).joined())
        var talk = Conversation()
        talk.say(.server, "220 hi\r\n")
        talk.add(.client, content)
        talk.close()
        let (traces, error) = readCapture(form.file(form.packets(of: talk.segments)))
        #expect(error == nil)
        #expect(traces.map { $0.stream(.client) } == [content])
        #expect(traces.first?.gaps == [])
    }

    /// Reordered, doubled, overlapping, wrapping, cut: no octet is made up, and each is there or missing.
    @Test(arguments: 0..<80) func disturbedCapturesAreAccountedFor(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var form = SyntheticCapture.all[Int.random(in: 0..<SyntheticCapture.all.count, using: &generator)]
        if form.network == .offload { form.network = .plain }
        let near = UInt32.random(in: 0...600, using: &generator)
        let talk = Conversation.mail(isn: (0 &- near, near))
        var segments = talk.segments
        for index in 3..<segments.count where Int.random(in: 0..<4, using: &generator) == 0 {
            let other = min(segments.count - 1, index + Int.random(in: 0...3, using: &generator))
            segments.swapAt(index, other)
        }
        for _ in 0..<8 {
            // The end of one segment and the beginning of the next, once more in one piece.
            let index = Int.random(in: 3..<segments.count, using: &generator)
            var copy = segments[index]
            let cut = Int.random(in: 0...copy.payload.count, using: &generator)
            copy.payload = Array(copy.payload[cut...])
            copy.segment.sequence &+= UInt32(cut)
            copy.segment.wireLength = copy.payload.count
            segments.insert(copy, at: Int.random(in: 3...segments.count, using: &generator))
        }
        let trace = try #require(readCapture(form.file(form.packets(of: segments))).traces.first)
        #expect(trace.dialogue == reassemble(talk.segments).first?.dialogue)
        #expect(trace.gaps == [])
        #expect(trace.conflicts == [])
    }

    /// Octets of headers, lengths, options and flags altered at random, in captures of every form.
    @Test(arguments: 0..<60) func damagedPacketsTrapNothingAndInventNothing(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = ReassemblyLimits()
        limits.heldInAll = 1 << 20
        for _ in 0..<12 {
            let form = SyntheticCapture.all[Int.random(in: 0..<SyntheticCapture.all.count, using: &generator)]
            var packets = form.packets(of: Conversation.mail().segments)
            for index in packets.indices where Int.random(in: 0..<3, using: &generator) == 0 {
                Self.damage(&packets[index], &generator)
            }
            if Bool.random(using: &generator) { packets.shuffle(using: &generator) }
            let collector = TraceCollector()
            var decoder = PacketDecoder(limits: limits)
            var reassembler = Reassembly(sink: collector, source: "test", limits: limits)
            for (number, packet) in packets.enumerated() {
                let record = PacketRecord(
                    time: Timestamp(nanoseconds: Int64(number) * 1_000_000), link: form.link.link,
                    wireLength: packet.count + Int.random(in: 0...3, using: &generator))
                decoder.decode(record, packet.span.bytes, into: &reassembler)
                #expect(reassembler.heldInAll <= limits.heldInAll + (1 << 17))
            }
            reassembler.finishAll()
            #expect(reassembler.heldInAll == 0)
            Self.expectTruth(collector.traces, packets.reduce(0) { $0 + $1.count })
        }
    }

    /// Damage to the file's own structure: what is there is read, and the rest is an error.
    @Test(arguments: 0..<60) func damagedFilesTrapNothing(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let form = SyntheticCapture.all[Int.random(in: 0..<SyntheticCapture.all.count, using: &generator)]
        let whole = form.file(form.packets(of: Conversation.mail().segments))
        for _ in 0..<10 {
            var file = whole
            for _ in 0..<Int.random(in: 1...5, using: &generator) { Self.damage(&file, &generator) }
            let (traces, _) = readCapture(file)
            Self.expectTruth(traces, file.count)
        }
    }

    private static func damage(_ octets: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !octets.isEmpty else { return }
        // Mostly in the headers.
        let reach = Int.random(in: 0..<4, using: &generator) == 0 ? octets.count : min(octets.count, 110)
        let at = Int.random(in: 0..<reach, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: octets[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: octets[at] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 2: octets[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        case 3: octets.removeSubrange(at..<min(octets.count, at + Int.random(in: 1...8, using: &generator)))
        case 4: octets.insert(contentsOf: [UInt8](repeating: octets[at], count: 4), at: at)
        case 5: octets.removeLast(octets.count - at)
        default: octets += Array(octets[at...].prefix(64))
        }
    }

    /// Whatever the damage: no more octets than the packets hold, and events that tile what is there.
    private static func expectTruth(_ traces: [Trace], _ octets: Int) {
        let delivered = traces.reduce(0) { $0 + $1.stream(.client).count + $1.stream(.server).count }
        #expect(delivered <= octets)
        for trace in traces {
            let events = EventCollector.collect(trace).events
            for side in Side.allCases {
                var length = UInt64(trace.stream(side).count)
                for case .gap(side, let lost) in trace.marks { length += lost }
                var position: UInt64 = 0
                let ranges = events.filter { $0.kind.coversOctets && $0.range.side == side && !$0.range.isEmpty }
                for range in ranges.map(\.range).sorted(by: { $0.start < $1.start }) {
                    #expect(range.start == position)
                    position = range.end
                }
                #expect(position == length)
            }
        }
    }
}
