import MailTapCore

/// The flags of a TCP header that reassembly looks at (RFC 9293 section 3.1).
struct TCPFlags: OptionSet {
    var rawValue: UInt8
    static let fin = TCPFlags(rawValue: 1)
    static let syn = TCPFlags(rawValue: 2)
    static let rst = TCPFlags(rawValue: 4)
    static let ack = TCPFlags(rawValue: 16)
}

/// One TCP segment: its addresses and header, and how long its payload was on the wire.
struct TCPSegment {
    var time: Timestamp
    var source: IPAddress
    var destination: IPAddress
    var sourcePort: UInt16
    var destinationPort: UInt16
    var sequence: UInt32
    var acknowledgement: UInt32
    var flags: TCPFlags
    /// Octets of payload on the wire; the capture may hold fewer.
    var wireLength: Int
}

/// Takes the segments of a capture, and the datagrams that name hosts.
protocol SegmentHandler: ~Copyable {
    /// Whether a segment between these ends is wanted; asked of each one first, and one that is not is over with that.
    mutating func wants(
        from source: IPAddress, _ sourcePort: UInt16, to destination: IPAddress, _ destinationPort: UInt16,
        at time: Timestamp
    ) -> Bool
    /// A TCP segment; `payload` holds what was captured of it, at most `wireLength` octets, valid during the call.
    mutating func segment(_ segment: TCPSegment, _ payload: RawSpan)
    /// The payload of a UDP datagram from the port of DNS or of multicast DNS, and where it goes; valid during the call.
    mutating func dnsResponse(_ payload: RawSpan, to asker: IPAddress, at time: Timestamp)
}
