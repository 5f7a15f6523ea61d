import MailTapCore

// IPv4 and IPv6 with their extension headers and fragments, and TCP inside them.

extension PacketDecoder {
    @inline(__always)
    mutating func ipv4(
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

    mutating func ipv6(
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
    mutating func extensions(
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
    mutating func reassemble(
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
    mutating func transport(
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
}
