/// Content of mail as it travels: in SMTP (RFC 5321 section 4.5.2) and in the multi-line responses of POP3 (RFC 1939 section 3).
public enum WireContent {
    /// The octets as they travel, with the end mark; content without a last CRLF gets one.
    public static func stuffed(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count + content.count / 64 + 5)
        var start = 0
        while start < content.count {
            if content[start] == 0x2E { result.append(0x2E) }
            let end = endOfLine(content, from: start)
            result += content[start..<end]
            start = end
        }
        if !content.isEmpty, !hasLineEnd(content, before: content.count) { result += [0x0D, 0x0A] }
        result += [0x2E, 0x0D, 0x0A]
        return result
    }

    /// The header section, the empty line and that many lines of the body (RFC 1939 section 7).
    public static func top(of content: [UInt8], lines: UInt32) -> [UInt8] {
        var start = 0
        var left: UInt32?
        while start < content.count {
            if left == 0 { break }
            let end = endOfLine(content, from: start)
            if let count = left {
                left = count - 1
            } else if end - start == 2, hasLineEnd(content, before: end) {
                left = lines
            }
            start = end
        }
        return [UInt8](content[..<start])
    }

    /// Offset behind the CRLF of the line at `start`, or the end.
    private static func endOfLine(_ content: [UInt8], from start: Int) -> Int {
        var search = start
        while let lf = content[search...].firstIndex(of: 0x0A) {
            if lf > start, content[lf - 1] == 0x0D { return lf + 1 }
            search = lf + 1
        }
        return content.count
    }

    private static func hasLineEnd(_ content: [UInt8], before end: Int) -> Bool {
        end >= 2 && content[end - 1] == 0x0A && content[end - 2] == 0x0D
    }
}
