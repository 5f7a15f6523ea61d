import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

/// Each way in which one TCP segment can be wrapped, with the link type of its savefile.
struct Wrapping: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var link: LinkType
    var isSixth = false
    var packet: [UInt8]

    static let text = Array("220 hi\r\n".utf8)
    private static let segment = PacketBuilder.tcp(from: 25, to: 5000, seq: 7, ack: 3, text)
    private static let v4 = PacketBuilder.ipv4(0x0A00_0001, 0x0A00_0002, segment)
    private static let v6 = PacketBuilder.ipv6(1, 2, segment)

    private static func outer(_ proto: UInt8, _ payload: [UInt8]) -> [UInt8] {
        PacketBuilder.ethernet(PacketBuilder.ipv4(1, 2, proto: proto, payload))
    }

    static let all: [Wrapping] = {
        typealias B = PacketBuilder
        let ethernet = B.ethernet(v4)
        let tag = B.big16(42)
        let ppp = B.big16(0x0021) + v4
        let cooked = [UInt8](repeating: 0, count: 14)
        return [
            Wrapping(testDescription: "ethernet", link: .ethernet, packet: ethernet),
            Wrapping(testDescription: "ethernet with padding", link: .ethernet, packet: ethernet + [1, 2, 3, 4]),
            Wrapping(
                testDescription: "ethernet, IPv6", link: .ethernet, isSixth: true, packet: B.ethernet(type: 0x86DD, v6)),
            Wrapping(
                testDescription: "802.1Q", link: .ethernet, packet: B.ethernet(type: 0x8100, tag + B.big16(0x0800) + v4)
            ),
            Wrapping(
                testDescription: "QinQ", link: .ethernet,
                packet: B.ethernet(type: 0x88A8, tag + B.big16(0x8100) + tag + B.big16(0x0800) + v4)),
            Wrapping(
                testDescription: "MPLS", link: .ethernet,
                packet: B.ethernet(type: 0x8847, [0, 1, 0, 64, 0, 2, 1, 64] + v4)),
            Wrapping(
                testDescription: "MPLS pseudowire", link: .ethernet,
                packet: B.ethernet(type: 0x8847, [0, 2, 1, 64, 0, 0, 0, 0] + ethernet)),
            Wrapping(
                testDescription: "PPPoE", link: .ethernet,
                packet: B.ethernet(type: 0x8864, [0x11, 0, 0, 1] + B.big16(ppp.count) + ppp)),
            Wrapping(
                testDescription: "802.3 SNAP", link: .ethernet,
                packet: B.ethernet(type: v4.count + 8, [0xAA, 0xAA, 3, 0, 0, 0, 8, 0] + v4)),
            Wrapping(testDescription: "raw", link: .raw, packet: v4),
            Wrapping(testDescription: "raw, IPv6", link: .rawBSD, isSixth: true, packet: v6),
            Wrapping(testDescription: "IPv4", link: .ipv4, packet: v4),
            Wrapping(testDescription: "IPv6", link: .ipv6, isSixth: true, packet: v6),
            Wrapping(testDescription: "null", link: .null, packet: [2, 0, 0, 0] + v4),
            Wrapping(testDescription: "loop", link: .loop, isSixth: true, packet: [0, 0, 0, 24] + v6),
            Wrapping(testDescription: "cooked", link: .linuxCooked, packet: cooked + [8, 0] + v4),
            Wrapping(testDescription: "cooked 2", link: .linuxCooked2, packet: [8, 0] + cooked + [0, 0, 0, 0] + v4),
            Wrapping(testDescription: "PPP", link: .ppp, packet: [0xFF, 3] + ppp),
            Wrapping(
                testDescription: "802.11", link: .ieee80211,
                packet: [0x08, 1] + [UInt8](repeating: 0, count: 22) + [0xAA, 0xAA, 3, 0, 0, 0, 8, 0] + v4),
            Wrapping(
                testDescription: "radiotap", link: .radiotap,
                packet: [0, 0, 8, 0, 0, 0, 0, 0, 0x88, 1] + [UInt8](repeating: 0, count: 24)
                    + [0xAA, 0xAA, 3, 0, 0, 0, 8, 0] + v4),
            Wrapping(
                testDescription: "IPv4 options", link: .raw,
                packet: B.ipv4(0x0A00_0001, 0x0A00_0002, options: [1, 1, 1, 0], segment)),
            Wrapping(
                testDescription: "TCP options", link: .raw,
                packet: B.ipv4(
                    0x0A00_0001, 0x0A00_0002,
                    B.tcp(from: 25, to: 5000, seq: 7, ack: 3, options: [1, 1, 1, 0], text))),
            Wrapping(
                testDescription: "offload without a length", link: .raw,
                packet: B.ipv4(0x0A00_0001, 0x0A00_0002, total: 0, segment)),
            Wrapping(
                testDescription: "IPv6 extension headers", link: .ipv6, isSixth: true,
                packet: B.ipv6(1, 2, next: 0, [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0] + segment)),
            Wrapping(
                testDescription: "authentication header", link: .raw,
                packet: B.ipv4(
                    0x0A00_0001, 0x0A00_0002, proto: 51, [6, 4] + [UInt8](repeating: 0, count: 22) + segment)),
            Wrapping(
                testDescription: "authentication header, IPv6", link: .raw, isSixth: true,
                packet: B.ipv6(1, 2, next: 51, [6, 4] + [UInt8](repeating: 0, count: 22) + segment)),
            Wrapping(
                testDescription: "ERSPAN type III of an IP packet", link: .ethernet,
                packet: outer(
                    47, [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1] + [0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0] + v4)),
            Wrapping(testDescription: "WCCP", link: .ethernet, packet: outer(47, [0, 0, 0x88, 0x3E, 0, 0, 0, 0] + v4)),
            Wrapping(testDescription: "IP in IP", link: .ethernet, packet: outer(4, v4)),
            Wrapping(testDescription: "IPv6 in IPv4", link: .ethernet, isSixth: true, packet: outer(41, v6)),
            Wrapping(testDescription: "GRE", link: .ethernet, packet: outer(47, [0, 0, 8, 0] + v4)),
            Wrapping(
                testDescription: "GRE with key and bridging", link: .ethernet,
                packet: outer(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 9] + ethernet)),
            Wrapping(
                testDescription: "VXLAN", link: .ethernet,
                packet: outer(17, B.udp(from: 9999, to: 4789, [8, 0, 0, 0, 0, 0, 1, 0] + ethernet))),
            Wrapping(
                testDescription: "GTP-U", link: .ethernet,
                packet: outer(17, B.udp(from: 2152, to: 2152, [0x30, 255] + B.big16(v4.count) + [0, 0, 0, 1] + v4))),
            Wrapping(
                testDescription: "GTP-U with extension", link: .ethernet,
                packet: outer(
                    17,
                    B.udp(
                        from: 2152, to: 2152,
                        [0x34, 255] + B.big16(v4.count + 8) + [0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0] + v4))),
        ]
    }()
}

/// Keeps the segments that a decoder finds.
struct SegmentCollector: SegmentHandler {
    var found: [(segment: TCPSegment, payload: [UInt8])] = []
    var names: [(payload: [UInt8], asker: IPAddress)] = []
    mutating func wants(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        at time: Timestamp
    ) -> Bool { true }
    mutating func segment(_ segment: TCPSegment, _ payload: RawSpan) {
        found.append((segment, [UInt8](copying: payload)))
    }
    mutating func dnsResponse(_ payload: RawSpan, to asker: IPAddress, at time: Timestamp) {
        names.append(([UInt8](copying: payload), asker))
    }
}

@Suite struct PacketDecoderTests {
    @Test(arguments: [(53, true), (5353, true), (54, false)])
    func answersOfDNSAreHandedOverWithWhomTheyGoTo(port: Int, isRead: Bool) throws {
        var decoder = PacketDecoder(limits: ReassemblyLimits())
        var collector = SegmentCollector()
        let packet = PacketBuilder.ipv4(
            0x0A00_0035, 0x0A00_0002, proto: 17, PacketBuilder.udp(from: port, to: 40_000, [1, 2, 3]))
        let record = PacketRecord(
            time: Timestamp(nanoseconds: 0), link: .raw, linkNumber: 101, wireLength: packet.count)
        decoder.decode(record, packet.span.bytes, into: &collector)
        #expect(collector.names.map(\.payload) == (isRead ? [[1, 2, 3]] : []))
        #expect(collector.names.map(\.asker) == (isRead ? [IPAddress(v4: 0x0A00_0002)] : []))
    }

    static func decode(
        _ packets: [[UInt8]], link: LinkType, wire: Int? = nil
    ) -> [(segment: TCPSegment, payload: [UInt8])] {
        var decoder = PacketDecoder(limits: ReassemblyLimits())
        var collector = SegmentCollector()
        for packet in packets {
            let record = PacketRecord(
                time: Timestamp(nanoseconds: 1), link: link, wireLength: wire ?? packet.count)
            decoder.decode(record, packet.span.bytes, into: &collector)
        }
        return collector.found
    }

    @Test(arguments: Wrapping.all) func findsTheSegment(wrapping: Wrapping) throws {
        let found = Self.decode([wrapping.packet], link: wrapping.link)
        #expect(found.count == 1)
        let (segment, payload) = try #require(found.first)
        #expect(payload == Wrapping.text)
        #expect(segment.wireLength == Wrapping.text.count)
        #expect(segment.sourcePort == 25)
        #expect(segment.sequence == 7)
        #expect(segment.flags == .ack)
        #expect(segment.source.description == (wrapping.isSixth ? "2001:db8::1" : "10.0.0.1"))
    }

    @Test(arguments: Wrapping.all) func survivesEveryCut(wrapping: Wrapping) {
        for length in 0..<wrapping.packet.count {
            for (segment, payload) in Self.decode(
                [Array(wrapping.packet[..<length])], link: wrapping.link, wire: wrapping.packet.count)
            {
                #expect(Wrapping.text.starts(with: payload))
                #expect(segment.wireLength == Wrapping.text.count)
            }
        }
    }

    @Test(arguments: Wrapping.all) func survivesEveryMutation(wrapping: Wrapping) {
        var generator = SeededGenerator(seed: UInt64(wrapping.packet.count))
        var found = 0
        for _ in 0..<2000 {
            var packet = wrapping.packet
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                packet[Int.random(in: 0..<packet.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            for (segment, payload) in Self.decode([packet], link: wrapping.link) {
                found += 1
                #expect(payload.count <= segment.wireLength)
            }
        }
        #expect(found > 0)
    }

    @Test func fragmentsInAnyOrderGiveTheSegment() throws {
        let text = [UInt8](repeating: 65, count: 3000)
        let segment = PacketBuilder.tcp(from: 25, to: 5000, seq: 7, ack: 3, text)
        var pieces: [[UInt8]] = []
        for start in stride(from: 0, to: segment.count, by: 1000) {
            let end = min(start + 1000, segment.count)
            let more = end < segment.count ? 0x2000 : 0
            pieces.append(PacketBuilder.ipv4(1, 2, id: 77, fragment: start / 8 | more, Array(segment[start..<end])))
        }
        for order in [pieces, pieces.reversed(), [pieces[1], pieces[1], pieces[3], pieces[0], pieces[2]]] {
            let found = Self.decode(order, link: .raw)
            #expect(found.count == 1)
            #expect(found.first?.payload == text)
        }
        #expect(Self.decode(Array(pieces.dropLast()), link: .raw).isEmpty)
    }

    @Test func fragmentsOfIPv6GiveTheSegment() {
        let segment = PacketBuilder.tcp(from: 25, to: 5000, seq: 7, ack: 3, Wrapping.text)
        let first = PacketBuilder.ipv6(
            1, 2, next: 44, [6, 0] + PacketBuilder.big16(1) + [0, 0, 0, 9] + segment[..<16])
        let last = PacketBuilder.ipv6(
            1, 2, next: 44, [6, 0] + PacketBuilder.big16(16) + [0, 0, 0, 9] + segment[16...])
        #expect(Self.decode([first, last], link: .ipv6).map(\.payload) == [Wrapping.text])
    }

    /// What is cut may begin with extension headers, and only the first fragment says which (RFC 8200 section 4.5).
    @Test func fragmentsOfIPv6MayBeginWithExtensionHeaders() {
        typealias B = PacketBuilder
        let segment = B.tcp(from: 25, to: 5000, seq: 7, ack: 3, Wrapping.text)
        // Destination options, then a header of the same kind, then the segment.
        let cut: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0] + segment
        func fragment(_ range: Range<Int>, next: UInt8, id: UInt8 = 9) -> [UInt8] {
            let field = range.lowerBound | (range.upperBound < cut.count ? 1 : 0)
            return B.ipv6(1, 2, next: 44, [next, 0] + B.big16(field) + [0, 0, 0, id] + cut[range])
        }
        let pieces = [fragment(0..<8, next: 60), fragment(8..<32, next: 6), fragment(32..<cut.count, next: 17)]
        #expect(Self.decode(pieces, link: .ipv6).map(\.payload) == [Wrapping.text])
        #expect(Self.decode(pieces.reversed(), link: .ipv6).map(\.payload) == [Wrapping.text])
        // Of another datagram: it completes none.
        #expect(Self.decode(pieces.dropLast() + [fragment(32..<cut.count, next: 60, id: 8)], link: .ipv6).isEmpty)
    }

    /// Each frame of an A-MSDU is a packet of its own.
    @Test func everyFrameOfAnAggregateIsRead() {
        let frame = LinkForm.aggregate.frame(
            PacketBuilder.ipv4(1, 2, PacketBuilder.tcp(from: 25, to: 5000, seq: 7, ack: 3, Wrapping.text)),
            isSixth: false)
        // The 26 octets of the header, and 24 of the first, which holds no segment; the second one once more.
        let second = Array(frame[50...])
        let padding = [UInt8](repeating: 0, count: -second.count & 3)
        let found = Self.decode([frame + padding + second + padding + second], link: .ieee80211)
        #expect(found.map(\.payload) == [Wrapping.text, Wrapping.text, Wrapping.text])
    }

    @Test func manyUnfinishedDatagramsStayWithinBounds() {
        var limits = ReassemblyLimits()
        limits.fragmentOctets = 1 << 16
        var table = FragmentTable(limits: limits)
        let bytes = [UInt8](repeating: 1, count: 1400)
        for id in 0..<10_000 {
            let key = FragmentTable.Key(
                source: IPAddress(v4: 1), destination: IPAddress(v4: 2), id: UInt32(id), carried: 6)
            let whole = table.add(
                .init(key: key, offset: 0, isLast: false, next: 6), bytes.span.bytes, isCut: false,
                at: Timestamp(nanoseconds: 0))
            #expect(whole == nil)
            #expect(table.held <= 1 << 16)
        }
    }

    @Test func dnsAnswersNameTheServer() {
        let question = [4] + Array("mail".utf8) + [7] + Array("example".utf8) + [0, 0, 1, 0, 1]
        let answer: [UInt8] = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 25]
        let message = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + question + answer
        let addresses = DNSResponse(message.span.bytes)?.addresses ?? []
        #expect(addresses.map(\.name) == ["mail.example"])
        #expect(addresses.first?.address.description == "192.0.2.25")
        for length in 0..<message.count { _ = DNSResponse(Array(message[..<length]).span.bytes) }
        let loop: [UInt8] = [0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 65, 0xC0, 12]
        let looped = DNSResponse(loop.span.bytes)
        #expect(looped?.addresses.isEmpty ?? true)
    }
}
