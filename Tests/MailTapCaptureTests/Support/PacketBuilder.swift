import MailTapCore

@testable import MailTapCapture

/// Writes packets, layer by layer, octet for octet as they stand on a wire.
enum PacketBuilder {
    static func big16(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }
    static func big32(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }

    static func tcp(
        from sourcePort: UInt16, to destinationPort: UInt16, seq: UInt32, ack: UInt32?, flags: TCPFlags = [],
        options: [UInt8] = [], _ payload: [UInt8]
    ) -> [UInt8] {
        let words = 5 + options.count / 4
        var flags = flags
        if ack != nil { flags.insert(.ack) }
        return big16(Int(sourcePort)) + big16(Int(destinationPort)) + big32(seq) + big32(ack ?? 0)
            + [UInt8(words << 4), flags.rawValue] + big16(65535) + [0, 0, 0, 0] + options + payload
    }

    static func udp(from sourcePort: Int, to destinationPort: Int, _ payload: [UInt8]) -> [UInt8] {
        big16(sourcePort) + big16(destinationPort) + big16(8 + payload.count) + [0, 0] + payload
    }

    static func ipv4(
        _ source: UInt32, _ destination: UInt32, proto: UInt8 = 6, id: Int = 1, fragment: Int = 0,
        options: [UInt8] = [], total: Int? = nil, _ payload: [UInt8]
    ) -> [UInt8] {
        let header = 20 + options.count
        return [UInt8(0x40 | header / 4), 0] + big16(total ?? header + payload.count) + big16(id) + big16(fragment)
            + [64, proto, 0, 0] + big32(source) + big32(destination) + options + payload
    }

    static func ipv6(
        _ source: UInt8, _ destination: UInt8, next: UInt8 = 6, _ payload: [UInt8]
    ) -> [UInt8] {
        let prefix: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
        return [0x60, 0, 0, 0] + big16(payload.count) + [next, 64] + prefix + [source] + prefix + [destination]
            + payload
    }

    static func ethernet(type: Int = 0x0800, _ payload: [UInt8]) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + big16(type) + payload
    }
}

/// Writes savefiles.
struct CaptureWriter {
    var bytes: [UInt8] = []
    var isBig = false

    func n16(_ value: Int) -> [UInt8] { isBig ? PacketBuilder.big16(value) : PacketBuilder.big16(value).reversed() }
    func n32(_ value: Int) -> [UInt8] {
        let octets = PacketBuilder.big32(UInt32(truncatingIfNeeded: value))
        return isBig ? octets : octets.reversed()
    }

    static func pcap(link: Int = 1, big: Bool = false, nano: Bool = false) -> CaptureWriter {
        var writer = CaptureWriter(isBig: big)
        writer.bytes =
            writer.n32(nano ? 0xA1B2_3C4D : 0xA1B2_C3D4) + writer.n16(2) + writer.n16(4) + writer.n32(0) + writer.n32(0)
            + writer.n32(65535) + writer.n32(link)
        return writer
    }

    mutating func record(_ packet: [UInt8], seconds: Int = 1, fraction: Int = 0, wire: Int? = nil) {
        bytes += n32(seconds) + n32(fraction) + n32(packet.count) + n32(wire ?? packet.count) + packet
    }

    mutating func block(_ type: Int, _ body: [UInt8]) {
        let padding = [UInt8](repeating: 0, count: -body.count & 3)
        let length = n32(12 + body.count + padding.count)
        bytes += n32(type) + length + body + padding + length
    }

    mutating func section(big: Bool = false) {
        isBig = big
        block(0x0A0D_0D0A, n32(0x1A2B_3C4D) + n16(1) + n16(0) + [UInt8](repeating: 0xFF, count: 8))
    }

    mutating func interface(link: Int = 1, snap: Int = 0, resolution: UInt8? = nil, offset: Int? = nil) {
        var body = n16(link) + n16(0) + n32(snap)
        if let resolution { body += n16(9) + n16(1) + [resolution, 0, 0, 0] }
        if let offset { body += n16(14) + n16(8) + (isBig ? n32(0) + n32(offset) : n32(offset) + n32(0)) }
        if resolution != nil || offset != nil { body += n32(0) }
        block(1, body)
    }

    mutating func enhanced(
        _ packet: [UInt8], interface: Int = 0, units: UInt64 = 1_000_000, wire: Int? = nil, comments: [String] = []
    ) {
        var body = n32(interface) + n32(Int(units >> 32)) + n32(Int(units & 0xFFFF_FFFF)) + n32(packet.count)
        body += n32(wire ?? packet.count) + packet + [UInt8](repeating: 0, count: -packet.count & 3)
        for comment in comments {
            let text = [UInt8](comment.utf8)
            body += n16(1) + n16(text.count) + text + [UInt8](repeating: 0, count: -text.count & 3)
        }
        if !comments.isEmpty { body += n32(0) }
        block(6, body)
    }
}
