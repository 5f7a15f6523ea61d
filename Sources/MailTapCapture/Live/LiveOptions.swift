/// How packets are captured from an interface.
public struct LiveOptions: Sendable, Equatable {
    /// Octets of each packet that are kept.
    public var snapshotLength = 262_144
    /// Whether to see packets of other hosts too.
    public var isPromiscuous = true
    /// What to capture, in libpcap's language (pcap-filter(7)); empty for everything.
    public var filter = ""
    /// Octets of the kernel's buffer.
    public var bufferSize = 16 << 20

    /// All packets, whole.
    public init() {}
}
