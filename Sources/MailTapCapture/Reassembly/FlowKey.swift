import MailTapCore

/// The two ends of a TCP connection, in an order that does not depend on who sent a segment.
///
/// Small, since the key of a connection is the first that each of its packets looks at.
struct FlowKey: Equatable {
    private let (aHigh, aLow): (UInt64, UInt64)
    private let (bHigh, bLow): (UInt64, UInt64)
    private let ports: UInt32
    private let isIPv4: Bool

    @inline(__always)
    private init(_ a: IPAddress, _ aPort: UInt16, _ b: IPAddress, _ bPort: UInt16) {
        (aHigh, aLow) = (a.high, a.low)
        (bHigh, bLow) = (b.high, b.low)
        ports = UInt32(aPort) << 16 | UInt32(bPort)
        isIPv4 = a.isIPv4
    }

    @inline(__always) var a: IPAddress { address(aHigh, aLow) }
    @inline(__always) var b: IPAddress { address(bHigh, bLow) }

    @inline(__always)
    private func address(_ high: UInt64, _ low: UInt64) -> IPAddress {
        isIPv4 ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(high: high, low: low)
    }

    @inline(__always)
    static func == (lhs: FlowKey, rhs: FlowKey) -> Bool {
        // At once, since one differing word is as rare as any.
        let words = (lhs.aHigh ^ rhs.aHigh) | (lhs.aLow ^ rhs.aLow) | (lhs.bHigh ^ rhs.bHigh) | (lhs.bLow ^ rhs.bLow)
        return words | UInt64(lhs.ports ^ rhs.ports) == 0 && lhs.isIPv4 == rhs.isIPv4
    }

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
        return isForward
            ? (FlowKey(source, segment.sourcePort, destination, segment.destinationPort), 0)
            : (FlowKey(destination, segment.destinationPort, source, segment.sourcePort), 1)
    }

    /// The end that sends in a direction.
    @inline(__always)
    func end(_ direction: Int) -> Endpoint {
        direction == 0
            ? Endpoint(address: a, port: UInt16(truncatingIfNeeded: ports >> 16))
            : Endpoint(address: b, port: UInt16(truncatingIfNeeded: ports))
    }

    /// A hash that a capture's author cannot aim at, `seed` being unknown to them.
    @inline(__always)
    func hash(_ seed: UInt64) -> UInt32 {
        let first = (aLow ^ seed).multipliedFullWidth(by: bLow ^ 0x9E37_79B9_7F4A_7C15)
        let mixed = first.high ^ first.low
        let second = (mixed ^ UInt64(ports) ^ aHigh).multipliedFullWidth(by: (bHigh ^ seed) | 1)
        let folded = second.high ^ second.low ^ mixed
        return UInt32(truncatingIfNeeded: folded ^ folded >> 32)
    }
}
