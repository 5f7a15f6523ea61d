/// The formats of captures, told apart by their first octets.
public enum CaptureFormat: Sendable, Hashable {
    /// libpcap's savefile, in either byte order, with micro- or nanoseconds.
    case pcap
    /// pcapng (draft-ietf-opsawg-pcapng).
    case pcapng
    /// A gzip stream (RFC 1952), which may hold either.
    case gzip

    /// Number of octets that tell.
    public static let signatureLength = 4

    /// The format that begins like `bytes`; nil where none does.
    public init?(firstBytes bytes: some Collection<UInt8>) {
        let head = bytes.prefix(4)
        if head.starts(with: [0x1F, 0x8B]) {
            self = .gzip
            return
        }
        guard head.count == 4 else { return nil }
        let magic = head.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if magic == 0x0A0D_0D0A {
            self = .pcapng
        } else if PcapHeader.isMagic(magic) || PcapHeader.isMagic(magic.byteSwapped) {
            self = .pcap
        } else {
            return nil
        }
    }
}
