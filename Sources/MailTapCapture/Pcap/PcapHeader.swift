/// The first 24 octets of a pcap savefile.
struct PcapHeader {
    static let length = 24

    var order: FileByteOrder
    /// Nanoseconds that one unit of the records' second time field stands for.
    var nanosecondsPerUnit: Int64
    /// Octets before each packet: 16, or 24 in the savefiles of an old patched libpcap.
    var recordHeaderLength: Int
    /// Whether records may hold captured and original length the other way round (format 2.3 and before).
    var mayHaveSwappedLengths: Bool
    var link: LinkType?
    /// The number of the link-layer type.
    var linkNumber: UInt16

    /// Whether a number is one of the format's magic numbers, in its own byte order.
    static func isMagic(_ value: UInt32) -> Bool {
        value == 0xA1B2_C3D4 || value == 0xA1B2_3C4D || value == 0xA1B2_CD34
    }

    /// Reads the header; nil where the octets are none.
    ///
    /// `span` holds at least `length` octets.
    init?(_ span: RawSpan) {
        guard span.byteCount >= Self.length else { return nil }
        var magic = span.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
        order = FileByteOrder(isSwapped: !Self.isMagic(magic))
        if order.isSwapped { magic = magic.byteSwapped }
        guard Self.isMagic(magic) else { return nil }
        nanosecondsPerUnit = magic == 0xA1B2_3C4D ? 1 : 1000
        recordHeaderLength = magic == 0xA1B2_CD34 ? 24 : 16
        let version = (order.u16(span, 4), order.u16(span, 6))
        mayHaveSwappedLengths = version.0 < 2 || (version.0 == 2 && version.1 <= 3)
        // The upper bits say whether packets end in a frame check sequence, which the IP length leaves out anyway.
        linkNumber = UInt16(truncatingIfNeeded: order.u32(span, 20))
        link = LinkType(rawValue: linkNumber)
    }
}
