import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

@Suite struct CaptureReaderTests {
    /// A greeting and QUIT as Ethernet packets.
    static let packets: [[UInt8]] = {
        let hello = Array("220 hi\r\n".utf8)
        let quit = Array("QUIT\r\n".utf8)
        typealias B = PacketBuilder
        let toServer = { (segment: [UInt8]) in B.ethernet(B.ipv4(1, 2, segment)) }
        let toClient = { (segment: [UInt8]) in B.ethernet(B.ipv4(2, 1, segment)) }
        return [
            toServer(B.tcp(from: 5000, to: 25, seq: 99, ack: nil, flags: .syn, [])),
            toClient(B.tcp(from: 25, to: 5000, seq: 199, ack: 100, flags: .syn, [])),
            toServer(B.tcp(from: 5000, to: 25, seq: 100, ack: 200, [])),
            toClient(B.tcp(from: 25, to: 5000, seq: 200, ack: 100, hello)),
            toServer(B.tcp(from: 5000, to: 25, seq: 100, ack: 208, quit)),
        ]
    }()

    static func pcap(big: Bool = false, nano: Bool = false) -> [UInt8] {
        var writer = CaptureWriter.pcap(big: big, nano: nano)
        for (index, packet) in packets.enumerated() { writer.record(packet, seconds: 7, fraction: index * 1000) }
        return writer.bytes
    }

    static func expectWhole(_ traces: [Trace], at time: Int64? = nil) {
        #expect(traces.map { $0.text(.server) } == ["220 hi\r\n"])
        #expect(traces.map { $0.text(.client) } == ["QUIT\r\n"])
        if let time { #expect(traces.first?.entries.first?.time.nanoseconds == time) }
    }

    @Test(arguments: [false, true], [false, true]) func readsEveryKindOfPcap(big: Bool, nano: Bool) {
        let result = readCapture(Self.pcap(big: big, nano: nano))
        #expect(result.error == nil)
        Self.expectWhole(result.traces, at: 7_000_000_000 + (nano ? 3000 : 3_000_000))
    }

    @Test(arguments: [1, 3, 1000]) func tricklingInputGivesTheSame(step: Int) {
        let result = readCapture(Self.pcap(), largestRead: step)
        #expect(result.error == nil)
        Self.expectWhole(result.traces)
    }

    @Test func sectionsAndInterfacesMayDiffer() {
        var writer = CaptureWriter()
        writer.section()
        writer.interface()
        writer.interface(link: 101, resolution: 9)
        writer.enhanced(Self.packets[0], units: 7_000_000)
        writer.enhanced(Array(Self.packets[1][14...]), interface: 1, units: 7_000_000_100)
        writer.block(0x0000_0BAD, [1, 2, 3])
        writer.section(big: true)
        writer.interface(resolution: 0x80 | 10, offset: 2)
        writer.enhanced(Self.packets[2], units: 5 << 10 | 512)
        writer.enhanced(Self.packets[3], units: 5 << 10 | 512)
        writer.block(3, writer.n32(Self.packets[4].count) + Self.packets[4])
        let result = readCapture(writer.bytes)
        #expect(result.error == nil)
        Self.expectWhole(result.traces, at: 7_500_000_000)
    }

    @Test func namesAndSecretsAreHandedUp() throws {
        var writer = CaptureWriter()
        writer.section()
        writer.interface()
        let name = [UInt8]("mx.example\0".utf8)
        writer.block(4, writer.n16(1) + writer.n16(4 + name.count) + [0, 0, 0, 2] + name + [0] + writer.n32(0))
        let keys = Array("CLIENT_RANDOM 00 11\n".utf8)
        writer.block(10, writer.n32(0x544C_534B) + writer.n32(keys.count) + keys)
        for packet in Self.packets { writer.enhanced(packet) }
        let collector = TraceCollector()
        var secrets: [UInt8] = []
        try CaptureReader(secrets: { secrets += $0 }).read(MemorySource(writer.bytes), named: "x", into: collector)
        #expect(secrets == keys)
        #expect(collector.traces.first?.info.server.name == "mx.example")
    }

    @Test func commentsComeBeforeTheirOctets() {
        struct Reading: PacketAnnotationReading {
            func marks(in comment: String, side: Side, offset: UInt64) -> [Mark] {
                [.trouble(Trouble(code: "note", text: "\(comment) \(side) \(offset)"))]
            }
            func sessionInfo(in comment: String, _ info: inout SessionInfo) {
                info.route = (info.route ?? "") + comment
            }
        }
        var writer = CaptureWriter()
        writer.section()
        writer.interface()
        for (index, packet) in Self.packets.enumerated() {
            writer.enhanced(packet, comments: index == 2 ? ["nobody's"] : ["mailtap: \(index)"])
        }
        let result = readCapture(writer.bytes, annotations: Reading())
        let said = result.traces.first?.entries.map { entry -> String in
            switch entry.entry {
            case .chunk(let side, _): "chunk \(side)"
            case .mark(.trouble(let what)): what.text
            case .mark: "?"
            }
        }
        #expect(result.traces.first?.info.route == "mailtap: 0mailtap: 1mailtap: 3")
        #expect(
            said == [
                "mailtap: 0 client 0", "mailtap: 1 server 0", "mailtap: 3 server 0", "chunk server",
                "mailtap: 4 client 0", "chunk client",
            ])
        var silent = CaptureWriter()
        silent.section()
        silent.interface()
        silent.enhanced(Self.packets[0], comments: ["mailtap: 0"])
        #expect(readCapture(silent.bytes, annotations: Reading()).traces.count == 1)
        #expect(readCapture(silent.bytes).traces.isEmpty)
    }

    @Test func everyTruncationIsReadUpToItsLastWholeRecord() {
        var writer = CaptureWriter()
        writer.section()
        writer.interface()
        for packet in Self.packets { writer.enhanced(packet) }
        for bytes in [Self.pcap(), writer.bytes] {
            var damaged = 0
            for length in 0..<bytes.count {
                let result = readCapture(Array(bytes[..<length]))
                damaged += result.error == nil ? 0 : 1
                #expect(result.traces.count <= 1)
            }
            // Only cuts between two records leave a whole file.
            #expect(damaged >= bytes.count - 8)
            Self.expectWhole(readCapture(bytes).traces)
            #expect(readCapture(Array(bytes.dropLast(3))).traces.first?.text(.server) == "220 hi\r\n")
            #expect(readCapture(Array(bytes.dropLast(3))).error?.code == .truncated)
        }
    }

    @Test(arguments: 0..<20) func mutatedFilesNeitherTrapNorHang(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var writer = CaptureWriter()
        writer.section(big: seed % 2 == 0)
        writer.interface()
        for packet in Self.packets { writer.enhanced(packet, comments: ["mailtap: x"]) }
        var sessions = 0
        for original in [Self.pcap(big: seed % 2 == 0), writer.bytes] {
            for _ in 0..<200 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                        UInt8.random(in: 0...255, using: &generator)
                }
                sessions += readCapture(bytes).traces.count
            }
        }
        #expect(sessions > 0)
    }

    @Test func lengthsThatLieAreDamage() {
        var pcap = CaptureWriter.pcap()
        pcap.bytes += pcap.n32(1) + pcap.n32(0) + pcap.n32(0x7FFF_FFFF) + pcap.n32(60)
        #expect(readCapture(pcap.bytes).error?.code == .damaged)
        var next = CaptureWriter()
        next.section()
        next.bytes += next.n32(6) + next.n32(0x7FFF_FFF0)
        #expect(readCapture(next.bytes).error?.code == .damaged)
        next.bytes.removeLast(4)
        next.bytes += next.n32(5)
        #expect(readCapture(next.bytes).error?.code == .damaged)
        #expect(readCapture(Array("C: EHLO x\r\n".utf8)).error?.code == .notACapture)
        #expect(readCapture([]).error?.code == .notACapture)
    }

    /// A block that contradicts the format is left out, the others are read, and the first place is told.
    @Test func aPacketThatItsFileContradictsIsDamage() throws {
        typealias Write = (inout CaptureWriter) -> Void
        let unknown: Write = { $0.enhanced(Self.packets[2], interface: 7) }
        let beyond: Write = { writer in
            let claim = writer.n32(5000)
            writer.block(6, [UInt8](repeating: 0, count: 12) + claim + claim + [1, 2, 3, 4])
        }
        let short: Write = { writer in writer.block(2, writer.n32(0) + writer.n32(0)) }
        let interface: Write = { writer in writer.block(1, writer.n32(1)) }
        let texts = [
            "a packet of interface 7, of 1 that the section describes; it was left out",
            "a packet claims 5000 octets, more than its block holds; it was left out",
            "a packet's block is too short; it was left out",
            "an interface's description is too short; it was left out",
        ]
        for (text, flaw) in zip(texts, [unknown, beyond, short, interface]) {
            var writer = CaptureWriter()
            writer.section()
            writer.interface()
            for packet in Self.packets[..<3] { writer.enhanced(packet) }
            let place = UInt64(writer.bytes.count)
            flaw(&writer)
            for packet in Self.packets[3...] { writer.enhanced(packet) }
            let once = readCapture(writer.bytes)
            #expect(once.error == CaptureError(code: .damaged, input: "test", offset: place, reason: text))
            Self.expectWhole(once.traces)
            flaw(&writer)
            let twice = readCapture(writer.bytes)
            #expect(twice.error?.reason == text + ", and 1 more such block")
            let cut = readCapture(Array(writer.bytes.dropLast(2))).error
            #expect(cut?.code == .truncated)
            #expect(cut?.offset == place)
            #expect(cut?.reason.hasPrefix(text + "; and at octet \(writer.bytes.count - 2): ") == true)
        }
        var without = CaptureWriter()
        without.section()
        without.block(3, without.n32(Self.packets[0].count) + Self.packets[0])
        #expect(readCapture(without.bytes).error?.code == .damaged)
    }

    @Test func packetsOfOtherLinkLayersAreCountedByTheirType() throws {
        var pcap = CaptureWriter.pcap(link: 239)
        for _ in 0..<3 { pcap.record([1, 2, 3, 4]) }
        var next = CaptureWriter()
        next.section()
        for link in [258, 1, 60_000] { next.interface(link: link) }
        for interface in [0, 1, 2, 2, 0, 2] { next.enhanced([1, 2, 3, 4], interface: interface) }
        let cases: [([UInt8], [UInt16: UInt64])] = [(pcap.bytes, [239: 3]), (next.bytes, [258: 2, 60_000: 3])]
        for (file, counts) in cases {
            let summary = try CaptureReader().read(MemorySource(file), named: "test", into: TraceCollector())
            #expect(summary.unreadable == counts)
        }
        #expect(LinkLayer.describe(239) == "239 (NFLOG)")
        #expect(LinkLayer.describe(60_000) == "60000")
    }

    @Test func snapshotLengthLeavesAGapThatSaysWhy() throws {
        var writer = CaptureWriter.pcap()
        for (index, packet) in Self.packets.enumerated() {
            writer.record(index == 3 ? Array(packet.dropLast(4)) : packet, wire: packet.count)
        }
        let trace = try #require(readCapture(writer.bytes).traces.first)
        #expect(trace.text(.server) == "220 ")
        #expect(trace.text(.client) == "QUIT\r\n")
        #expect(trace.gaps == [.gap(.server, 4)])
        #expect(
            trace.marks.contains { if case .trouble(let what) = $0 { what.code == "snapshot-length" } else { false } })
    }
}
