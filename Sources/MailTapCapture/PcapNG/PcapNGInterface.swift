/// One interface of a pcapng section.
struct PcapNGInterface {
    var link: LinkType?
    /// The number of the link-layer type.
    var linkNumber: UInt16
    /// Octets that were kept of a packet at most; 0 for no limit.
    var snapshotLength: UInt32
    var resolution: TimeResolution

    /// Reads the body of an interface description block; nil for one too short.
    init?(_ span: RawSpan, _ body: Range<Int>, _ order: FileByteOrder) {
        guard body.count >= 8 else { return nil }
        linkNumber = order.u16(span, body.lowerBound)
        link = LinkType(rawValue: linkNumber)
        snapshotLength = order.u32(span, body.lowerBound + 4)
        var unit: UInt8 = 6
        var offset: Int64 = 0
        PcapNGOptions.each(span, body.lowerBound + 8..<body.upperBound, order) { code, value in
            switch code {
            case 9 where value.count >= 1: unit = span.u8(value.lowerBound)
            case 14 where value.count >= 8: offset = Int64(bitPattern: order.u64(span, value.lowerBound))
            default: break
            }
        }
        resolution = TimeResolution(resolution: unit, offset: offset)
    }

    /// Stands in the list for a description that could not be read: its packets are of no known type.
    static let unreadable = PcapNGInterface()

    private init() {
        link = nil
        linkNumber = .max
        snapshotLength = 0
        resolution = TimeResolution()
    }
}
