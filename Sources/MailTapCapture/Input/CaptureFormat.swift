/// The formats of captures, told apart by their first octets.
public enum CaptureFormat: Sendable, Hashable {
    /// libpcap's savefile, in either byte order, with micro- or nanoseconds.
    case pcap
    /// pcapng (draft-ietf-opsawg-pcapng).
    case pcapng
    /// A compressed stream, which may hold either.
    case compressed(Compression)

    /// The ways in which a capture may be compressed.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        /// RFC 1952.
        case gzip
        /// RFC 8878.
        case zstd
        /// The frame format of LZ4.
        case lz4
        /// The format of `xz`.
        case xz

        /// The library that unpacks it.
        var library: String {
            switch self {
            case .gzip: "zlib"
            case .zstd: "libzstd"
            case .lz4: "liblz4"
            case .xz: "liblzma"
            }
        }
    }

    /// Number of octets that tell.
    public static let signatureLength = 4

    /// The format that begins like `bytes`; nil where none does.
    public init?(firstBytes bytes: some Collection<UInt8>) {
        let head = bytes.prefix(4)
        if head.starts(with: [0x1F, 0x8B]) {
            self = .compressed(.gzip)
            return
        }
        guard head.count == 4 else { return nil }
        let magic = head.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        switch magic {
        case 0x0A0D_0D0A: self = .pcapng
        case 0x28B5_2FFD: self = .compressed(.zstd)
        case 0x0422_4D18: self = .compressed(.lz4)
        case 0xFD37_7A58: self = .compressed(.xz)
        default:
            guard PcapHeader.isMagic(magic) || PcapHeader.isMagic(magic.byteSwapped) else { return nil }
            self = .pcap
        }
    }
}
