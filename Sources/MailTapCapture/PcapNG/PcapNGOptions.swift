/// The options at the end of a pcapng block: code, length, value, padding to four octets.
enum PcapNGOptions {
    /// Calls `body` with the code and the range of the value of each option that lies wholly in `range`.
    static func each(_ span: RawSpan, _ range: Range<Int>, _ order: FileByteOrder, _ body: (UInt16, Range<Int>) -> Void)
    {
        var at = range.lowerBound
        let end = min(range.upperBound, span.byteCount)
        while end - at >= 4 {
            let code = order.u16(span, at)
            let length = Int(order.u16(span, at + 2))
            guard code != 0, length <= end - at - 4 else { return }
            body(code, at + 4..<at + 4 + length)
            at += 4 + (length + 3) & ~3
        }
    }
}
