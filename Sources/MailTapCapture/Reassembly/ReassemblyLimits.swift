/// The bounds that keep the packet path's memory flat, whatever a capture holds.
public struct ReassemblyLimits: Sendable, Equatable {
    /// Octets of one connection that may wait for a missing segment or for the other side.
    public var heldPerConnection: Int = 4 << 20
    /// Segments of one connection's side that may wait.
    public var segmentsPerSide: Int = 2048
    /// Octets that may wait in all connections together.
    public var heldInAll: Int = 32 << 20
    /// Packets of a connection that may pass before octets which the peer has acknowledged count as lost.
    public var stragglerPackets: Int = 256
    /// Octets of a connection that may pile up before octets which the peer has acknowledged count as lost.
    public var stragglerOctets: Int = 256 << 10
    /// Packets of the whole capture after which the same holds where `stragglerLeastTime` has passed too: a connection of
    /// few packets must not keep what comes behind it waiting for its number until the end.
    public var stragglerCapturePackets: UInt64 = 65_536
    /// Nanoseconds of capture time that have to pass as well.
    public var stragglerLeastTime: Int64 = 50_000_000
    /// Nanoseconds after which the same holds; nil for captures from a file, whose end comes anyway.
    public var stragglerTime: Int64?
    /// Packets for which a connection without a handshake waits, so that a segment sent earlier can still be first.
    public var settlingPackets: Int = 8
    /// How far ahead of what was seen a segment or an acknowledgement may be to be believed at once.
    public var window: Int = 64 << 20
    /// Octets of delivered segments that are remembered, to compare retransmissions with.
    public var history: Int = 4 << 20
    /// Connections that are followed at one time; beyond, the one longest idle is ended.
    public var connections: Int = 65_536
    /// Connections on which nothing was said yet that are followed at one time.
    public var silentConnections: Int = 32_768
    /// Packets of the capture for which a closed connection's session stays open for stragglers, unless both sides are
    /// known to have everything.
    public var closedPackets: UInt64 = 8192
    /// Packets for which one stays open that lacks octets, or was reset.
    public var incompletePackets: UInt64 = 65_536
    /// Closed connections that are remembered, so that a late duplicate opens no new session.
    public var closedConnections: Int = 8192
    /// Nanoseconds of capture time for which either stays open.
    public var closedTime: Int64 = 2_000_000_000
    /// Nanoseconds of capture time without a packet after which a connection is over.
    public var idleTime: Int64 = 7_200_000_000_000
    /// Fragmented datagrams that are put together at one time.
    public var fragmentedDatagrams: Int = 1024
    /// Octets of fragments that may wait.
    public var fragmentOctets: Int = 4 << 20
    /// Host names of each kind that are remembered: those learnt last.
    public var names: Int = 16_384

    /// The bounds: about 50 MiB in the worst case, besides what the sessions' sinks hold.
    public init() {}

    /// The bounds for live packets: what stays away for a second is lost.
    public static var live: ReassemblyLimits {
        var limits = ReassemblyLimits()
        limits.stragglerTime = 1_000_000_000
        return limits
    }
}
