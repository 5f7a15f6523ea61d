import MailTapCore

@testable import MailTapCapture

/// A packet as found in written blocks, by a walker that shares nothing with the reader under `Sources`.
struct WrittenPacket {
    var time: UInt64
    var isFromServer = false
    var source: [UInt8]
    var destination: [UInt8]
    var sourcePort: UInt16
    var destinationPort: UInt16
    var sequence: UInt32
    var acknowledgment: UInt32
    var flags: WrittenSegment.Flags
    var payload: [UInt8]
    var comments: [String]
    var areChecksumsRight: Bool
}

/// What a walk over written blocks found.
struct WrittenBlocks {
    var sections = 0
    var interfaces = 0
    var applications: [String] = []
    var packets: [WrittenPacket] = []
    /// Offset behind the last whole block.
    var end = 0
    /// Offsets at which blocks end.
    var ends: [Int] = []
    var faults: [String] = []

    init(_ bytes: [UInt8]) {
        while bytes.count - end >= 12 {
            let length = Self.little(bytes, end + 4)
            guard length >= 12, length % 4 == 0 else {
                faults.append("block length \(length) at \(end)")
                return
            }
            guard end + length <= bytes.count else { return }
            if Self.little(bytes, end + length - 4) != length { faults.append("lengths differ at \(end)") }
            read(Self.little(bytes, end), Array(bytes[(end + 8)..<(end + length - 4)]))
            end += length
            ends.append(end)
        }
    }

    /// The octets that a side sent, by sequence numbers; nil where they do not join.
    func stream(server: Bool) -> [UInt8]? {
        var next: UInt32?
        var octets: [UInt8] = []
        var joins = true
        for packet in packets where packet.isFromServer == server {
            if let next, packet.sequence != next { joins = false }
            octets += packet.payload
            let control: UInt32 = packet.flags.contains(.syn) || packet.flags.contains(.fin) ? 1 : 0
            next = packet.sequence &+ UInt32(packet.payload.count) &+ control
        }
        return joins ? octets : nil
    }

    static func little(_ bytes: [UInt8], _ offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    private mutating func read(_ type: Int, _ body: [UInt8]) {
        switch type {
        case 0x0A0D_0D0A:
            sections += 1
            if Self.little(body, 0) != 0x1A2B_3C4D { faults.append("byte order") }
            applications += options(body, 16).filter { $0.code == 4 }.map { String(decoding: $0.value, as: UTF8.self) }
        case 1:
            interfaces += 1
            if Self.little(body, 0) != 1 { faults.append("link type") }
            if !options(body, 8).contains(where: { $0.code == 9 && $0.value == [9] }) { faults.append("resolution") }
        case 6: readPacket(body)
        default: faults.append("block type \(type)")
        }
    }

    private func options(_ body: [UInt8], _ start: Int) -> [(code: Int, value: [UInt8])] {
        var found: [(Int, [UInt8])] = []
        var offset = start
        while offset + 4 <= body.count {
            let head = Self.little(body, offset)
            let length = head >> 16
            if head & 0xFFFF == 0 { break }
            found.append((head & 0xFFFF, Array(body[(offset + 4)..<(offset + 4 + length)])))
            offset += 4 + (length + 3) / 4 * 4
        }
        return found
    }

    private mutating func readPacket(_ body: [UInt8]) {
        let captured = Self.little(body, 12)
        if Self.little(body, 16) != captured { faults.append("captured length") }
        let frame = Array(body[20..<(20 + captured)])
        func big16(_ offset: Int) -> UInt16 { UInt16(frame[offset]) << 8 | UInt16(frame[offset + 1]) }
        func big32(_ offset: Int) -> UInt32 { UInt32(big16(offset)) << 16 | UInt32(big16(offset + 2)) }
        let isIPv4 = big16(12) == 0x0800
        let ip = 14
        let tcp = ip + (isIPv4 ? 20 : 40)
        let source = isIPv4 ? Array(frame[26..<30]) : Array(frame[22..<38])
        let destination = isIPv4 ? Array(frame[30..<34]) : Array(frame[38..<54])
        let tcpLength = frame.count - tcp
        if isIPv4, Int(big16(16)) != frame.count - 14 { faults.append("IPv4 length") }
        if !isIPv4, Int(big16(18)) != tcpLength { faults.append("IPv6 length") }
        let pseudo = source + destination + [0, 6, UInt8(tcpLength >> 8), UInt8(tcpLength & 255)]
        var right = Self.sum(pseudo + frame[tcp...]) == 0xFFFF
        if isIPv4 { right = right && Self.sum(Array(frame[14..<34])) == 0xFFFF }
        let payload = tcp + Int(frame[tcp + 12] >> 4) * 4
        packets.append(
            WrittenPacket(
                time: UInt64(Self.little(body, 4)) << 32 | UInt64(Self.little(body, 8)),
                isFromServer: frame[11] == 2, source: source, destination: destination, sourcePort: big16(tcp),
                destinationPort: big16(tcp + 2), sequence: big32(tcp + 4), acknowledgment: big32(tcp + 8),
                flags: WrittenSegment.Flags(rawValue: frame[tcp + 13]), payload: Array(frame[payload...]),
                comments: options(body, 20 + (captured + 3) / 4 * 4).filter { $0.code == 1 }.map {
                    String(decoding: $0.value, as: UTF8.self)
                },
                areChecksumsRight: right))
    }

    /// The sum that right checksums make 0xFFFF.
    private static func sum(_ octets: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: octets.count, by: 2) {
            sum += UInt32(octets[index]) << 8 | (index + 1 < octets.count ? UInt32(octets[index + 1]) : 0)
        }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        return sum
    }
}

extension SessionInfo {
    /// A session between 192.0.2.7:50112 and 192.0.2.25:25.
    static func sample(startSeen: Bool = true) -> SessionInfo {
        SessionInfo(
            source: "proxy", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50_112),
            server: Endpoint(address: IPAddress("192.0.2.25"), port: 25, name: "mail.example.org"),
            started: Timestamp(nanoseconds: 1_700_000_000_123_456_789), expecting: .smtp, startSeen: startSeen,
            isKnownMail: true, route: "127.0.0.1:2525=smtp://mail.example.org")
    }
}
