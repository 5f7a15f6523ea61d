import MailTapCore

/// Finds the TCP segments in packets: through link layers, tags, tunnels and fragments.
///
/// Every step works on offsets into the captured octets and checks them; what is cut off, malformed or of another
/// protocol is passed over.
struct PacketDecoder {
    /// Headers inside headers at most: a hostile packet can nest thousands.
    private static let deepest = 16

    /// Where one packet's decoding stands.
    struct Context {
        var time: Timestamp
        /// Octets that the wire had behind the captured ones (snapshot length).
        var cut: Int
        var depth = 0
    }

    private var fragments: FragmentTable

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

    private mutating func otherLink(
        _ link: LinkType, _ frame: RawSpan, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        switch link {
        case .ethernet: ethernet(frame, 0, &context, &handler)
        case .raw, .rawBSD, .rawOpenBSD, .ipv4, .ipv6: internet(frame, 0, &context, &handler)
        case .null, .loop: internet(frame, 4, &context, &handler)
        case .linuxCooked where frame.byteCount >= 16: network(frame.u16(14), frame, 16, &context, &handler)
        case .linuxCooked2 where frame.byteCount >= 20: network(frame.u16(0), frame, 20, &context, &handler)
        case .ppp, .pppHDLC: pointToPoint(frame, 0, &context, &handler)
        case .pppoe: pppoe(frame, 0, &context, &handler)
        case .ciscoHDLC where frame.byteCount >= 4: network(frame.u16(2), frame, 4, &context, &handler)
        case .pppWithDirection: pointToPoint(frame, 1, &context, &handler)
        case .infiniband where frame.byteCount >= 44: network(frame.u16(40), frame, 44, &context, &handler)
        case .perPacket: perPacket(frame, &context, &handler)
        case .radiotap:
            guard let (start, isPadded) = Radiotap.inside(frame) else { return }
            wireless(frame, start, isPadded: isPadded, &context, &handler)
        case .ieee80211: wireless(frame, 0, &context, &handler)
        case .linuxCooked, .linuxCooked2, .infiniband, .ciscoHDLC: break
        }
    }

    @inline(__always)
    private mutating func ethernet(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 14 else { return }
        let type = frame.u16(at + 12)
        if type == 0x0800 {
            ipv4(frame, at + 14, &context, &handler)
        } else if type < 1536 {
            logicalLink(frame, at + 14, &context, &handler)
        } else {
            network(type, frame, at + 14, &context, &handler)
        }
    }

    /// IEEE 802.2 with SNAP (RFC 1042); other service access points carry no IP.
    private mutating func logicalLink(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8, frame.u16(at) == 0xAAAA, frame.u8(at + 2) == 3 else { return }
        network(frame.u16(at + 6), frame, at + 8, &context, &handler)
    }

    /// What an EtherType announces.
    private mutating func network(
        _ type: UInt16, _ frame: RawSpan, _ at: Int, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        var type = type
        var at = at
        // 802.1Q, 802.1ad and the older QinQ types: a tag, then the next type.
        while type == 0x8100 || type == 0x88A8 || type == 0x9100 || type == 0x9200 {
            guard frame.byteCount >= at + 4 else { return }
            type = frame.u16(at + 2)
            at += 4
        }
        switch type {
        case 0x0800: ipv4(frame, at, &context, &handler)
        case 0x86DD: ipv6(frame, at, &context, &handler)
        case 0x8847, 0x8848: labelSwitched(frame, at, &context, &handler)
        case 0x8864: pppoe(frame, at, &context, &handler)
        case 0x6558:
            guard descend(&context) else { return }
            ethernet(frame, at, &context, &handler)
        case 0x880B: pointToPoint(frame, at, &context, &handler)
        // A few Linux cooked and loopback captures give a type below 1536 for frames of 802.2.
        case 4: logicalLink(frame, at, &context, &handler)
        default: break
        }
    }

    /// Whichever version of IP begins at `at`.
    private mutating func internet(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount > at else { return }
        switch frame.u8(at) >> 4 {
        case 4: ipv4(frame, at, &context, &handler)
        case 6: ipv6(frame, at, &context, &handler)
        default: break
        }
    }

    /// MPLS (RFC 3032): labels up to the bottom of the stack, then IP, or Ethernet behind a control word (RFC 4448).
    private mutating func labelSwitched(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        var at = at
        while frame.byteCount >= at + 4 {
            let isBottom = frame.u8(at + 2) & 1 == 1
            at += 4
            guard isBottom else { continue }
            guard frame.byteCount > at + 4, descend(&context) else { return }
            switch frame.u8(at) >> 4 {
            case 4, 6: internet(frame, at, &context, &handler)
            case 0 where frame.u8(at) == 0: ethernet(frame, at + 4, &context, &handler)
            default: ethernet(frame, at, &context, &handler)
            }
            return
        }
    }

    /// PPPoE session data (RFC 2516).
    private mutating func pppoe(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8, frame.u8(at + 1) == 0 else { return }
        pointToPoint(frame, at + 6, &context, &handler)
    }

    /// PPP (RFC 1661), with or without HDLC framing.
    private mutating func pointToPoint(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        var at = at
        guard frame.byteCount >= at + 4 else { return }
        if frame.u16(at) == 0xFF03 { at += 2 }
        // A compressed protocol field is one octet, and odd.
        let isCompressed = frame.u8(at) & 1 == 1
        let type = isCompressed ? UInt16(frame.u8(at)) : frame.u16(at)
        at += isCompressed ? 1 : 2
        switch type {
        case 0x0021: ipv4(frame, at, &context, &handler)
        case 0x0057: ipv6(frame, at, &context, &handler)
        default: break
        }
    }

    /// Per-Packet Information: a header, little-endian, that says what stands behind it.
    private mutating func perPacket(
        _ frame: RawSpan, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= 8, descend(&context) else { return }
        let length = Int(frame.u16(2).byteSwapped)
        guard let link = LinkType(rawValue: frame.u16(4).byteSwapped), frame.byteCount >= length else { return }
        otherLink(link, frame.extracting(length...), &context, &handler)
    }

    /// IEEE 802.11 data frames that are not encrypted.
    private mutating func wireless(
        _ frame: RawSpan, _ at: Int, isPadded: Bool = false, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard let (start, isAggregate) = WirelessFrame.inside(frame, at, isPadded: isPadded) else { return }
        guard isAggregate else { return logicalLink(frame, start, &context, &handler) }
        // Each frame of an A-MSDU has two addresses and a length before it, and is padded to four octets.
        guard descend(&context) else { return }
        var next = start
        while frame.byteCount >= next + 14 {
            let end = next + 14 + Int(frame.u16(next + 12))
            var inner = context
            if end <= frame.byteCount { inner.cut = 0 }
            logicalLink(frame.extracting(next..<min(end, frame.byteCount)), 14, &inner, &handler)
            next += (end - next + 3) & ~3
        }
    }

    @inline(__always)
    private mutating func ipv4(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 20, frame.u8(at) >> 4 == 4 else { return }
        let headerLength = Int(frame.u8(at) & 15) * 4
        let total = Int(frame.u16(at + 2))
        // Segmentation offload leaves the total length 0: the frame's own length stands in (RFC 791 section 3.1).
        let wireEnd = total == 0 ? frame.byteCount + context.cut : at + total
        guard headerLength >= 20, wireEnd >= at + headerLength, frame.byteCount >= at + headerLength else { return }
        let fragment = frame.u16(at + 6)
        let source = IPAddress(v4: frame.u32(at + 12))
        let destination = IPAddress(v4: frame.u32(at + 16))
        let next = frame.u8(at + 9)
        guard fragment & 0x3FFF == 0 else {
            let piece = FragmentTable.Piece(
                key: .init(source: source, destination: destination, id: UInt32(frame.u16(at + 4)), carried: next),
                offset: Int(fragment & 0x1FFF) * 8, isLast: fragment & 0x2000 == 0, next: next)
            reassemble(piece, frame, at + headerLength, wireEnd, &context, &handler)
            return
        }
        transport(next, frame, at + headerLength, wireEnd, source, destination, &context, &handler)
    }

    private mutating func ipv6(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 40, frame.u8(at) >> 4 == 6 else { return }
        let length = Int(frame.u16(at + 4))
        // 0 stands for a jumbogram (RFC 2675) or segmentation offload.
        let wireEnd = length == 0 ? frame.byteCount + context.cut : at + 40 + length
        let source = IPAddress(high: frame.u64(at + 8), low: frame.u64(at + 16))
        let destination = IPAddress(high: frame.u64(at + 24), low: frame.u64(at + 32))
        extensions(frame.u8(at + 6), frame, at + 40, wireEnd, source, destination, &context, &handler)
    }

    /// Extension headers (RFC 8200 section 4), each of which names the next, and what stands behind them.
    @inline(__always)
    private mutating func extensions(
        _ first: UInt8, _ frame: RawSpan, _ start: Int, _ wireEnd: Int, _ source: IPAddress, _ destination: IPAddress,
        _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        var next = first
        var at = start
        // 16 are more than any sender writes.
        for _ in 0..<Self.deepest {
            switch next {
            case 0, 43, 60, 135, 139, 140:
                guard frame.byteCount >= at + 8 else { return }
                next = frame.u8(at)
                at += (Int(frame.u8(at + 1)) + 1) * 8
            case 51:
                // The authentication header counts in units of four octets (RFC 4302).
                guard frame.byteCount >= at + 8 else { return }
                next = frame.u8(at)
                at += (Int(frame.u8(at + 1)) + 2) * 4
            case 44:
                guard frame.byteCount >= at + 8 else { return }
                let field = frame.u16(at + 2)
                let id = frame.u32(at + 4)
                next = frame.u8(at)
                at += 8
                if field & 0xFFF9 == 0 { continue }
                let piece = FragmentTable.Piece(
                    key: .init(source: source, destination: destination, id: id, carried: nil),
                    offset: Int(field & 0xFFF8), isLast: field & 1 == 0, next: next)
                reassemble(piece, frame, at, wireEnd, &context, &handler)
                return
            default:
                transport(next, frame, at, wireEnd, source, destination, &context, &handler)
                return
            }
        }
    }

    /// Adds a fragment; a datagram that is whole with it goes on.
    private mutating func reassemble(
        _ piece: FragmentTable.Piece, _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        // A fragment that the snapshot length cut leaves a hole, and so a datagram that never becomes whole.
        let end = min(wireEnd, frame.byteCount)
        guard end > at, descend(&context) else { return }
        guard
            let (next, whole) = fragments.add(
                piece, frame.extracting(at..<end), isCut: end < wireEnd, at: context.time)
        else { return }
        context.cut = 0
        let (source, destination) = (piece.key.source, piece.key.destination)
        if piece.key.carried == nil {
            // What was cut into fragments may begin with extension headers of its own (RFC 8200 section 4.5).
            extensions(next, whole.span.bytes, 0, whole.count, source, destination, &context, &handler)
        } else {
            transport(next, whole.span.bytes, 0, whole.count, source, destination, &context, &handler)
        }
    }

    /// What IP carries.
    ///
    /// `wireEnd` is where the datagram ends by its own length: beyond it is padding, and what the
    /// capture lacks before it was cut.
    @inline(__always)
    private mutating func transport(
        _ next: UInt8, _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ source: IPAddress, _ destination: IPAddress,
        _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard next == 6 else {
            encapsulated(next, frame, at, wireEnd, source, destination, &context, &handler)
            return
        }
        guard frame.byteCount >= at + 20 else { return }
        let headerLength = Int(frame.u8(at + 12) >> 4) * 4
        let start = at + headerLength
        guard headerLength >= 20, wireEnd >= start else { return }
        let (sourcePort, destinationPort) = (frame.u16(at), frame.u16(at + 2))
        guard handler.wants(from: source, sourcePort, to: destination, destinationPort, at: context.time)
        else { return }
        // Cut inside the options: the payload is known to be there, but none of it was captured.
        let end = max(min(wireEnd, frame.byteCount), min(start, frame.byteCount))
        let segment = TCPSegment(
            time: context.time, source: source, destination: destination, sourcePort: sourcePort,
            destinationPort: destinationPort, sequence: frame.u32(at + 4), acknowledgement: frame.u32(at + 8),
            flags: TCPFlags(rawValue: frame.u8(at + 13)), wireLength: wireEnd - start)
        handler.segment(segment, frame.extracting(min(start, end)..<end))
    }

    private mutating func encapsulated(
        _ next: UInt8, _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ source: IPAddress, _ destination: IPAddress,
        _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        switch next {
        case 17: datagram(frame, at, wireEnd, &context, &handler)
        case 4:
            guard descend(&context) else { return }
            ipv4(frame, at, &context, &handler)
        case 41:
            guard descend(&context) else { return }
            ipv6(frame, at, &context, &handler)
        case 47: genericRouting(frame, at, &context, &handler)
        case 51:
            // The authentication header (RFC 4302 section 2), which IPv6 has among its extension headers.
            guard frame.byteCount >= at + 8, descend(&context) else { return }
            let start = at + (Int(frame.u8(at + 1)) + 2) * 4
            transport(frame.u8(at), frame, start, wireEnd, source, destination, &context, &handler)
        default: break
        }
    }

    /// Generic Routing Encapsulation (RFC 2784, 2890), ERSPAN inside it.
    private mutating func genericRouting(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 4, descend(&context) else { return }
        let flags = frame.u16(at)
        let type = frame.u16(at + 2)
        var inner = at + 4
        if flags & 0x8000 != 0 { inner += 4 }
        if flags & 0x2000 != 0 { inner += 4 }
        if flags & 0x1000 != 0 { inner += 4 }
        if flags & 7 == 1, flags & 0x80 != 0 { inner += 4 }
        switch type {
        // ERSPAN type II puts eight octets before the mirrored frame; they are there with a sequence number only.
        case 0x88BE: ethernet(frame, flags & 0x1000 != 0 ? inner + 8 : inner, &context, &handler)
        case 0x22EB:
            guard let (start, isInternet) = MirroredFrame.inside(frame, inner) else { return }
            if isInternet {
                internet(frame, start, &context, &handler)
            } else {
                ethernet(frame, start, &context, &handler)
            }
        // WCCP puts four octets before the redirected packet, in its second version.
        case 0x883E where frame.byteCount > inner:
            internet(frame, frame.u8(inner) >> 4 == 4 ? inner : inner + 4, &context, &handler)
        default: network(type, frame, inner, &context, &handler)
        }
    }

    /// UDP, of which only what carries other packets or names matters.
    private mutating func datagram(
        _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8 else { return }
        let end = min(wireEnd, frame.byteCount)
        guard end >= at + 8 else { return }
        if frame.u16(at) == 53 {
            handler.dnsResponse(frame.extracting(at + 8..<end), at: context.time)
            return
        }
        switch frame.u16(at + 2) {
        case 4789, 8472:
            // VXLAN (RFC 7348): eight octets, of which the first says that a network identifier is there.
            guard end >= at + 16, frame.u8(at + 8) & 0x08 != 0, descend(&context) else { return }
            ethernet(frame, at + 16, &context, &handler)
        case 4790:
            // VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe section 3): the fourth octet says what is inside.
            guard end >= at + 16, frame.u8(at + 8) & 0x04 != 0, descend(&context) else { return }
            switch frame.u8(at + 11) {
            case 1, 2: internet(frame, at + 16, &context, &handler)
            case 3: ethernet(frame, at + 16, &context, &handler)
            default: return
            }
        case 2152: tunnelled(frame, at + 8, &context, &handler)
        case Geneve.port:
            guard let (type, start) = Geneve.inside(frame, at + 8), descend(&context) else { return }
            network(type, frame, start, &context, &handler)
        default:
            guard frame.u16(at) == Teredo.port || frame.u16(at + 2) == Teredo.port,
                let start = Teredo.inside(frame, at + 8), descend(&context)
            else { return }
            ipv6(frame, start, &context, &handler)
        }
    }

    /// GTP-U (3GPP TS 29.281): a user packet behind a header with optional fields and extension headers.
    private mutating func tunnelled(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 12, frame.u8(at) >> 4 == 3, frame.u8(at + 1) == 255, descend(&context)
        else { return }
        var inner = at + 8
        if frame.u8(at) & 7 != 0 {
            var next = frame.u8(at + 11)
            inner += 4
            while next != 0 {
                guard frame.byteCount > inner else { return }
                let length = Int(frame.u8(inner)) * 4
                guard length > 0, frame.byteCount > inner + length else { return }
                next = frame.u8(inner + length - 1)
                inner += length
            }
        }
        internet(frame, inner, &context, &handler)
    }

    /// Goes one header deeper; false where a packet nests deeper than any real one.
    private func descend(_ context: inout Context) -> Bool {
        context.depth += 1
        return context.depth <= Self.deepest
    }
}
