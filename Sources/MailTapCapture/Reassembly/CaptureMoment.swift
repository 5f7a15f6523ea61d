/// When something happened to a session of a capture: the same for each of several readers, whatever their shares.
public struct CaptureMoment: Comparable, Sendable {
    /// The number of the packet that was read, from 1; behind the last one what the end of the capture brings.
    public private(set) var packet: UInt64
    /// What one packet brings to several sessions is in this order, and then that of `serial`; by default what it
    /// brings to its own connection, which is the first.
    private var rank = Int64.min
    private var serial: UInt64 = 0

    /// What packet number `packet` brings to its own connection.
    public init(packet: UInt64) { self.packet = packet }

    /// What packet number `packet` brings to other connections.
    init(packet: UInt64, rank: Int64, serial: UInt64) {
        (self.packet, self.rank, self.serial) = (packet, rank, serial)
    }

    /// Whether it comes before another.
    public static func < (lhs: CaptureMoment, rhs: CaptureMoment) -> Bool {
        if lhs.packet != rhs.packet { return lhs.packet < rhs.packet }
        return (lhs.rank, lhs.serial) < (rhs.rank, rhs.serial)
    }
}

/// Where a reader stands in its capture, for a sink that wants to know in which order things happened.
public final class PacketPosition {
    // Set and read within single statements, on the one thread that reads: no two accesses can overlap, and the check
    // for that would be made at each packet.
    /// When that happens which a session is being told; whatever the reader tells later happens no earlier.
    @exclusivity(unchecked) public internal(set) var moment = CaptureMoment(packet: 0)

    /// The beginning.
    public init() {}
}
