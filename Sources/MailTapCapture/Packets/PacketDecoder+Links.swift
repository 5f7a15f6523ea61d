import MailTapCore

// Link layers, and what announces IP by a type: Ethernet and its tags, 802.2, MPLS, PPP, PPPoE, 802.11.

extension PacketDecoder {
    mutating func otherLink(
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
    mutating func ethernet(
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
    mutating func logicalLink(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8, frame.u16(at) == 0xAAAA, frame.u8(at + 2) == 3 else { return }
        network(frame.u16(at + 6), frame, at + 8, &context, &handler)
    }

    /// What an EtherType announces.
    mutating func network(
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
    mutating func internet(
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
    mutating func labelSwitched(
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
    mutating func pppoe(
        _ frame: RawSpan, _ at: Int, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8, frame.u8(at + 1) == 0 else { return }
        pointToPoint(frame, at + 6, &context, &handler)
    }

    /// PPP (RFC 1661), with or without HDLC framing.
    mutating func pointToPoint(
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
    mutating func perPacket(
        _ frame: RawSpan, _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= 8, descend(&context) else { return }
        let length = Int(frame.u16(2).byteSwapped)
        guard let link = LinkType(rawValue: frame.u16(4).byteSwapped), frame.byteCount >= length else { return }
        otherLink(link, frame.extracting(length...), &context, &handler)
    }

    /// IEEE 802.11 data frames that are not encrypted.
    mutating func wireless(
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
}
