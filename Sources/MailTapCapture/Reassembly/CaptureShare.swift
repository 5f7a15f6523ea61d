import MailTapCore

/// Which connections one of several readers of the same capture follows.
///
/// Each of them reads every packet, and looks no further into those of the others' connections. Connections are in
/// `partCount` parts, by their two ends alone, with bounds of their own; a reader has some of the parts. So what is cut
/// for a bound does not depend on how many readers there are.
public struct CaptureShare: Sendable, Equatable {
    /// Which of the readers it is, from 0.
    public let index: Int
    /// How many readers there are; at least 1.
    public let count: Int

    /// Into how many parts connections are divided; more readers than that would have nothing to do.
    static let partCount = 4

    /// The share of the only reader: everything.
    public static let whole = CaptureShare(0, of: 1)

    /// The share of reader `index` of `count`.
    public init(_ index: Int, of count: Int) {
        precondition(index >= 0 && index < count, "a reader is one of those that there are")
        self.index = index
        self.count = count
    }

    /// The parts that belong here.
    var parts: Range<Int> { first(index)..<first(index + 1) }

    /// The first part of a reader's.
    private func first(_ index: Int) -> Int { (index * Self.partCount + count - 1) / count }

    /// Whether a connection belongs here.
    func holds(_ key: FlowKey) -> Bool {
        parts.contains(Self.part(key.a, key.b, ports: UInt64(key.end(0).port) &+ UInt64(key.end(1).port)))
    }

    /// The part of a connection by its two ends, in whichever order.
    ///
    /// - Parameter ports: the sum of both ports.
    @inline(__always)
    static func part(_ a: IPAddress, _ b: IPAddress, ports: UInt64) -> Int {
        let addresses = (a.low &+ b.low) ^ (a.high &+ b.high)
        let mixed = (addresses &+ ports &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: ((mixed >> 32) &* UInt64(partCount)) >> 32)
    }
}

/// Takes a session that another reader follows.
final class UnfollowedSession: SessionSink {
    var wantsMore: Bool { false }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {}
    func mark(_ mark: Mark, at time: Timestamp) {}
    func end(at time: Timestamp) {}
}

extension ReassemblyLimits {
    /// What each of `count` parts may hold, so that together they hold no more than one.
    func divided(by count: Int) -> ReassemblyLimits {
        guard count > 1 else { return self }
        var part = self
        part.heldInAll = max(heldInAll / count, min(heldInAll, heldPerConnection))
        part.history /= count
        part.connections = max(1, connections / count)
        part.silentConnections = max(1, silentConnections / count)
        part.closedConnections = max(1, closedConnections / count)
        return part
    }
}
