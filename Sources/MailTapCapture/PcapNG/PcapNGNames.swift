import MailTapCore

/// The records of a name resolution block.
enum PcapNGNames {
    /// Calls `body` with each address and its first name.
    static func each(_ span: RawSpan, _ range: Range<Int>, _ order: FileByteOrder, _ body: (IPAddress, String) -> Void)
    {
        // Records have the form of options: type, length, value, padding; type 0 ends them.
        PcapNGOptions.each(span, range, order) { type, value in
            switch type {
            case 1 where value.count > 4:
                let address = IPAddress(v4: span.u32(value.lowerBound))
                if let name = name(span, value.lowerBound + 4..<value.upperBound) { body(address, name) }
            case 2 where value.count > 16:
                let address = IPAddress(high: span.u64(value.lowerBound), low: span.u64(value.lowerBound + 8))
                if let name = name(span, value.lowerBound + 16..<value.upperBound) { body(address, name) }
            default: break
            }
        }
    }

    /// Names end with NUL; the first counts.
    ///
    /// Control characters make it no host name.
    private static func name(_ span: RawSpan, _ range: Range<Int>) -> String? {
        var end = range.lowerBound
        while end < range.upperBound, span.u8(end) != 0 {
            guard span.u8(end) > 32, span.u8(end) != 127 else { return nil }
            end += 1
        }
        guard end > range.lowerBound, end - range.lowerBound <= 255 else { return nil }
        return span.extracting(range.lowerBound..<end).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
