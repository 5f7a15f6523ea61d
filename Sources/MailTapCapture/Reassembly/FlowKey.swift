import MailTapCore

/// The two ends of a TCP connection, in an order that does not depend on who sent a segment.
struct FlowKey: Equatable {
    var a: IPAddress
    var b: IPAddress
    var ports: UInt32

    /// The key of a segment's connection, and which direction the segment is of: 0 from `a`, 1 from `b`.
    @inline(__always)
    static func of(_ segment: TCPSegment) -> (key: FlowKey, direction: Int) {
        let source = segment.source
        let destination = segment.destination
        let isForward: Bool
        if source.low != destination.low {
            isForward = source.low < destination.low
        } else if source.high != destination.high {
            isForward = source.high < destination.high
        } else {
            isForward = segment.sourcePort <= segment.destinationPort
        }
        guard isForward else {
            let ports = UInt32(segment.destinationPort) << 16 | UInt32(segment.sourcePort)
            return (FlowKey(a: destination, b: source, ports: ports), 1)
        }
        let ports = UInt32(segment.sourcePort) << 16 | UInt32(segment.destinationPort)
        return (FlowKey(a: source, b: destination, ports: ports), 0)
    }

    /// The end that sends in a direction.
    func end(_ direction: Int) -> Endpoint {
        direction == 0
            ? Endpoint(address: a, port: UInt16(truncatingIfNeeded: ports >> 16))
            : Endpoint(address: b, port: UInt16(truncatingIfNeeded: ports))
    }

    /// A hash that a capture's author cannot aim at, `seed` being unknown to them.
    @inline(__always)
    func hash(_ seed: UInt64) -> UInt32 {
        let first = (a.low ^ seed).multipliedFullWidth(by: b.low ^ 0x9E37_79B9_7F4A_7C15)
        let mixed = first.high ^ first.low
        let second = (mixed ^ UInt64(ports) ^ a.high).multipliedFullWidth(by: (b.high ^ seed) | 1)
        let folded = second.high ^ second.low ^ mixed
        return UInt32(truncatingIfNeeded: folded ^ folded >> 32)
    }
}
