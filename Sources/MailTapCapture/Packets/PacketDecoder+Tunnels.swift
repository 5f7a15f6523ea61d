import MailTapCore

// Packets inside packets, and UDP, which carries many of them.

extension PacketDecoder {
    mutating func encapsulated(
        _ next: UInt8, _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ source: IPAddress, _ destination: IPAddress,
        _ context: inout Context, _ handler: inout some SegmentHandler & ~Copyable
    ) {
        switch next {
        case 17: datagram(frame, at, wireEnd, destination, &context, &handler)
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
    mutating func genericRouting(
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
    mutating func datagram(
        _ frame: RawSpan, _ at: Int, _ wireEnd: Int, _ destination: IPAddress, _ context: inout Context,
        _ handler: inout some SegmentHandler & ~Copyable
    ) {
        guard frame.byteCount >= at + 8 else { return }
        let end = min(wireEnd, frame.byteCount)
        guard end >= at + 8 else { return }
        // DNS, and what hosts of the local network tell each other in its form (RFC 6762).
        if frame.u16(at) == 53 || frame.u16(at) == 5353 {
            handler.dnsResponse(frame.extracting(at + 8..<end), to: destination, at: context.time)
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
    mutating func tunnelled(
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
}
