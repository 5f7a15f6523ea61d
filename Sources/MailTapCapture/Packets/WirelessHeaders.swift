import MailTapCore

/// The radiotap header before an 802.11 frame; little-endian whatever the capture is.
enum Radiotap {
    /// Where the frame begins, and whether its own header is padded to four octets; nil where no header stands.
    static func inside(_ frame: RawSpan) -> (start: Int, isPadded: Bool)? {
        guard frame.byteCount >= 8 else { return nil }
        let length = Int(frame.u16(2).byteSwapped)
        let end = min(length, frame.byteCount)
        // Bit 31 of each word of flags says that another one follows.
        let present = frame.u32(4).byteSwapped
        var word = present
        var at = 8
        while word & 0x8000_0000 != 0, at + 4 <= end {
            word = frame.u32(at).byteSwapped
            at += 4
        }
        // The first field, a time of eight octets, is aligned so; the second is the frame's own flags.
        if present & 1 != 0 { at = (at + 7) & ~7 + 8 }
        let isPadded = present & 2 != 0 && at < end && frame.u8(at) & 0x20 != 0
        return (length, isPadded)
    }
}

/// The header of an 802.11 data frame that is not encrypted.
enum WirelessFrame {
    /// Where its content begins, and whether that is several frames (A-MSDU); nil for any other frame.
    static func inside(_ frame: RawSpan, _ at: Int, isPadded: Bool) -> (start: Int, isAggregate: Bool)? {
        guard frame.byteCount >= at + 24 else { return nil }
        let control = frame.u8(at)
        let flags = frame.u8(at + 1)
        let isData = control & 0x0C == 0x08 && control & 0x40 == 0
        let isProtected = flags & 0x40 != 0
        guard isData, !isProtected else { return nil }
        var length = flags & 3 == 3 ? 30 : 24
        var isAggregate = false
        if control & 0x80 != 0 {
            guard frame.byteCount >= at + length + 2 else { return nil }
            isAggregate = frame.u8(at + length) & 0x80 != 0
            length += flags & 0x80 != 0 ? 6 : 2
        }
        if isPadded { length = (length + 3) & ~3 }
        return (at + length, isAggregate)
    }
}
