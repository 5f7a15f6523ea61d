import MailTapCore

/// Finds the TCP segments in packets: through link layers, tags, tunnels and fragments.
///
/// Every step works on offsets into the captured octets and checks them; what is cut off, malformed or of another
/// protocol is passed over.
struct PacketDecoder {
    /// Headers inside headers at most: a hostile packet can nest thousands.
    static let deepest = 16

    /// Where one packet's decoding stands.
    struct Context {
        var time: Timestamp
        /// Octets that the wire had behind the captured ones (snapshot length).
        var cut: Int
        var depth = 0
    }

    var fragments: FragmentTable

    init(limits: ReassemblyLimits) {
        fragments = FragmentTable(limits: limits)
    }

    /// Hands the segments of one packet to `handler`.
    @inline(__always)
    mutating func decode(
        _ record: PacketRecord, _ frame: RawSpan, into handler: inout some SegmentHandler & ~Copyable
    ) {
        var context = Context(time: record.time, cut: max(0, record.wireLength - frame.byteCount))
        switch record.link {
        case .ethernet: ethernet(frame, 0, &context, &handler)
        case nil: break
        case .some(let link): otherLink(link, frame, &context, &handler)
        }
    }

    /// Goes one header deeper; false where a packet nests deeper than any real one.
    func descend(_ context: inout Context) -> Bool {
        context.depth += 1
        return context.depth <= Self.deepest
    }
}
