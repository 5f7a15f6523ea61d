import CPcap
import Foundation
import MailTapCore
import MailTapTesting
import Testing

@testable import MailTapCapture

/// Savefiles are read by MailTap's own readers; here each is held, packet by packet, against what libpcap reads.
@Suite struct LibpcapComparisonTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("captures")

    /// The captures of real servers that the project keeps, recordings included (pcapng, too).
    private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { name in [".pcap", ".pcapng", ".mailtap"].contains { name.hasSuffix($0) } }
        .sorted()

    @Test(arguments: files) func captures(_ name: String) throws {
        let path = Self.folder.appendingPathComponent(name).path
        let octets = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let expected = try LibpcapPackets(path: path)
        #expect(!expected.packets.isEmpty)
        compare(ReadPackets(octets), expected)
    }

    /// Both byte orders, micro- and nanoseconds, packets of every length that a snapshot may leave of them, and a
    /// file that ends anywhere: the packets before the end are the same, and both say that something is missing.
    @Test(arguments: [false, true], [false, true]) func generated(big: Bool, nano: Bool) throws {
        var random = SeededGenerator(seed: big ? 11 : 12)
        var writer = CaptureWriter.pcap(big: big, nano: nano)
        for number in 0..<40 {
            let length = Int.random(in: 0...90, using: &random)
            let packet = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            writer.record(
                // Later than 2038 libpcap takes the seconds as negative; MailTap does not.
                packet, seconds: 0x7FFF_FFC0 + number, fraction: number * 24_000,
                wire: packet.count + Int.random(in: 0...3, using: &random))
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("mailtap-\(UUID()).pcap")
        defer { try? FileManager.default.removeItem(at: path) }
        for length in Array(24..<200) + [writer.bytes.count] {
            let octets = Array(writer.bytes.prefix(length))
            try Data(octets).write(to: path)
            let expected = try LibpcapPackets(path: path.path)
            compare(ReadPackets(octets), expected)
        }
    }

    private func compare(_ read: ReadPackets, _ expected: LibpcapPackets) {
        #expect(read.isDamaged == expected.isDamaged)
        #expect(read.packets.count == expected.packets.count)
        let different = zip(read.packets, expected.packets).enumerated().first { $1.0 != $1.1 }
        #expect(different == nil)
    }
}

/// One packet of a savefile.
private struct SavedPacket: Equatable {
    var nanoseconds: Int64
    var wireLength: Int
    var octets: [UInt8]
}

/// What libpcap reads.
private struct LibpcapPackets {
    var packets: [SavedPacket] = []
    var isDamaged = false

    init(path: String) throws {
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
        let handle = try #require(pcap_open_offline_with_tstamp_precision(path, precision, &message))
        defer { pcap_close(handle) }
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        var status = pcap_next_ex(handle, &header, &bytes)
        // Header and octets live until the next call.
        while status == 1, let record = header?.pointee {
            let octets = Array(UnsafeBufferPointer(start: bytes, count: Int(record.caplen)))
            packets.append(
                SavedPacket(
                    // With nanoseconds asked for, tv_usec holds nanoseconds.
                    nanoseconds: Int64(record.ts.tv_sec) * 1_000_000_000 + Int64(record.ts.tv_usec),
                    wireLength: Int(record.len), octets: octets))
            status = pcap_next_ex(handle, &header, &bytes)
        }
        isDamaged = status == PCAP_ERROR
    }
}

/// What MailTap's readers read.
private struct ReadPackets {
    var packets: [SavedPacket]
    var isDamaged: Bool

    init(_ octets: [UInt8]) {
        var collector = PacketCollector()
        let outcome = Result { () throws(CaptureError) in
            try CaptureReader.read(MemorySource(octets), named: "test", wantsComments: false, into: &collector)
        }
        packets = collector.packets
        if case .failure = outcome { isDamaged = true } else { isDamaged = false }
    }
}

private struct PacketCollector: PacketHandler {
    var packets: [SavedPacket] = []

    mutating func packet(_ record: PacketRecord, _ bytes: RawSpan) {
        let octets = (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        packets.append(
            SavedPacket(nanoseconds: record.time.nanoseconds, wireLength: record.wireLength, octets: octets))
    }

    mutating func secrets(_ keyLog: RawSpan) {}
    mutating func name(_ name: String, of address: IPAddress) {}
    mutating func dropped(_ count: UInt64) {}
    mutating func idle(milliseconds: Int64) {}
    mutating func progress(_ offset: UInt64) {}
}
