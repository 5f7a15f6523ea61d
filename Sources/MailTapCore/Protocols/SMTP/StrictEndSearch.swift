/// Looks for the strict end of content, CRLF.CRLF (RFC 5321 section 4.1.1.4), in octets that wait, at each of them once
/// however often they are offered.
struct StrictEndSearch: Sendable {
    /// Offset in the stream up to which was looked.
    private var searched: UInt64 = 0
    /// Offset in the stream of the newest one's dot.
    private var found: UInt64 = 0

    /// Whether one stands in `bytes`.
    ///
    /// - Parameters:
    ///   - base: offset of the first octet in the stream.
    ///   - skipped: octets at the front that it does not stand in.
    mutating func stands(in bytes: RawSpan, at base: UInt64, behind skipped: Int) -> Bool {
        if found > base { return true }
        let known = searched > base ? Int(min(searched &- base, UInt64(bytes.byteCount))) : 0
        var from = max(skipped, known)
        while let dot = bytes.firstIndex(of: 46, from: from) {
            guard dot + 2 < bytes.byteCount else {
                searched = base &+ UInt64(dot)
                return false
            }
            from = dot + 1
            if dot >= 2, bytes[octet: dot - 2] == 13, bytes[octet: dot - 1] == 10, bytes[octet: dot + 1] == 13,
                bytes[octet: dot + 2] == 10
            {
                found = base &+ UInt64(dot)
                return true
            }
        }
        searched = base &+ UInt64(bytes.byteCount)
        return false
    }
}
