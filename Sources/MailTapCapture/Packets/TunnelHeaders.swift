import MailTapCore

/// Geneve (RFC 8926 section 3.4): eight octets and options, then what the protocol type says.
enum Geneve {
    static let port: UInt16 = 6081

    /// The EtherType of what is inside and where it begins; nil where no such header stands at `at`.
    static func inside(_ frame: RawSpan, _ at: Int) -> (type: UInt16, start: Int)? {
        guard frame.byteCount >= at + 8, frame.u8(at) >> 6 == 0, frame.u8(at + 1) & 0x80 == 0 else { return nil }
        return (frame.u16(at + 2), at + 8 + Int(frame.u8(at) & 0x3F) * 4)
    }
}

/// Teredo (RFC 4380 section 5.1.1): IPv6 in UDP, behind indications that may be left out.
enum Teredo {
    static let port: UInt16 = 3544

    /// Where the IPv6 packet begins; nil where there is none.
    static func inside(_ frame: RawSpan, _ at: Int) -> Int? {
        var at = at
        // Authentication: two lengths, the two values, a nonce and a confirmation.
        if frame.byteCount >= at + 4, frame.u16(at) == 1 {
            at += 13 + Int(frame.u8(at + 2)) + Int(frame.u8(at + 3))
        }
        if frame.byteCount >= at + 8, frame.u16(at) == 0 { at += 8 }
        return frame.byteCount >= at + 40 && frame.u8(at) >> 4 == 6 ? at : nil
    }
}

/// ERSPAN type III, a mirrored frame inside GRE: twelve octets, and eight more where the last bit of them says so.
enum MirroredFrame {
    /// Where what was mirrored begins, and whether it is an IP packet without a link layer; nil where no header stands.
    static func inside(_ frame: RawSpan, _ at: Int) -> (start: Int, isInternet: Bool)? {
        guard frame.byteCount >= at + 12 else { return nil }
        let flags = frame.u16(at + 10)
        return (at + (flags & 1 == 1 ? 20 : 12), flags >> 10 & 31 == 2)
    }
}
