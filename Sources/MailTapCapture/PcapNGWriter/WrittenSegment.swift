import MailTapCore

/// The headers of one written packet: Ethernet, IPv4 or IPv6, TCP (RFC 894, 791, 8200, 9293).
struct WrittenSegment {
    /// One end of a written conversation.
    struct End: Equatable {
        /// The address; both ends of a conversation are of one family.
        var address: IPAddress
        /// TCP port.
        var port: UInt16
        /// Last octet of the locally administered MAC address.
        var station: UInt8
    }

    /// The control bits that recordings use (RFC 9293 section 3.1).
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let fin = Flags(rawValue: 1)
        static let syn = Flags(rawValue: 2)
        static let rst = Flags(rawValue: 4)
        static let psh = Flags(rawValue: 8)
        static let ack = Flags(rawValue: 16)
    }

    /// The most octets that one packet carries: IPv4's total length less both headers.
    static let maximumPayload = 65_535 - 20 - 20
    /// MSS 65495 and a window scale of 8 (RFC 9293 section 3.2, RFC 7323 section 2.2), for SYN only.
    static let synOptions: [UInt8] = [2, 4, 0xFF, 0xD7, 1, 3, 3, 8]

    var from: End
    var to: End
    var sequence: UInt32
    var acknowledgment: UInt32
    var flags: Flags

    private var isIPv4: Bool { from.address.isIPv4 }
    private var options: [UInt8] { flags.contains(.syn) ? Self.synOptions : [] }

    /// Octets of all headers.
    var headerLength: Int { 14 + (isIPv4 ? 20 : 40) + 20 + options.count }

    /// Appends the frame: headers with right checksums, then the payload, which is at most `maximumPayload` long.
    func append(to bytes: inout [UInt8], payload: RawSpan) {
        let options = options
        let tcpLength = 20 + options.count + payload.byteCount
        bytes.append(contentsOf: [0x02, 0x4D, 0x54, 0, 0, to.station, 0x02, 0x4D, 0x54, 0, 0, from.station])
        bytes.appendBig(isIPv4 ? 0x0800 as UInt16 : 0x86DD)
        if isIPv4 {
            appendIPv4(to: &bytes, length: UInt16(truncatingIfNeeded: 20 + tcpLength))
        } else {
            appendIPv6(to: &bytes, length: UInt16(truncatingIfNeeded: tcpLength))
        }
        var sum = OnesComplementSum()
        sum.add(high: from.address.high, low: from.address.low)
        sum.add(high: to.address.high, low: to.address.low)
        sum.add(UInt32(6))
        sum.add(UInt32(truncatingIfNeeded: tcpLength))
        let header = bytes.count
        bytes.appendBig(from.port)
        bytes.appendBig(to.port)
        bytes.appendBig(sequence)
        bytes.appendBig(acknowledgment)
        bytes.append(UInt8(truncatingIfNeeded: (20 + options.count) << 2))
        bytes.append(flags.rawValue)
        bytes.appendBig(UInt16.max)
        bytes.appendBig(UInt16(0))
        bytes.appendBig(UInt16(0))
        bytes.append(contentsOf: options)
        sum.add(bytes.span.bytes.extracting(droppingFirst: header))
        sum.add(payload)
        bytes.replaceBig(sum.checksum, at: header + 16)
        payload.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    private func appendIPv4(to bytes: inout [UInt8], length: UInt16) {
        let header = bytes.count
        bytes.append(contentsOf: [0x45, 0])
        bytes.appendBig(length)
        bytes.appendBig(0 as UInt16)  // no fragments, so no identification (RFC 6864 section 4)
        bytes.appendBig(0x4000 as UInt16)  // do not fragment
        bytes.append(contentsOf: [64, 6, 0, 0])
        bytes.appendBig(UInt32(truncatingIfNeeded: from.address.low))
        bytes.appendBig(UInt32(truncatingIfNeeded: to.address.low))
        var sum = OnesComplementSum()
        sum.add(bytes.span.bytes.extracting(droppingFirst: header))
        bytes.replaceBig(sum.checksum, at: header + 10)
    }

    private func appendIPv6(to bytes: inout [UInt8], length: UInt16) {
        bytes.appendBig(0x6000_0000 as UInt32)
        bytes.appendBig(length)
        bytes.append(contentsOf: [6, 64])
        for address in [from.address, to.address] {
            bytes.appendBig(address.high)
            bytes.appendBig(address.low)
        }
    }
}

extension [UInt8] {
    /// Appends a number in network order.
    mutating func appendBig(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// Appends a number in the order of a recording's sections.
    mutating func appendLittle(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// Replaces the two octets at `offset`, which the caller has appended before.
    fileprivate mutating func replaceBig(_ number: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: number >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: number)
    }
}
