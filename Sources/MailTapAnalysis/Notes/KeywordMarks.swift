import MailTapCore

/// Looks at the lines of an EHLO answer for whether each is plainly in form and none can repeat another's keyword, so
/// that nothing more need be asked of nearly all of them.
struct KeywordMarks {
    /// One bit for each of 256 sums of a keyword's letters.
    private var seen = SIMD4<UInt64>.zero

    /// Whether a line is a keyword of letters, digits and hyphens that is new here, alone or with one space and more behind
    /// it (RFC 5321 section 4.1.1.1), and none of those whose argument has a form.
    mutating func take(_ line: RawSpan) -> Bool {
        var end = 0
        var sum: UInt64 = 0
        while end < line.byteCount, line[octet: end] != 32 {
            let octet = line[octet: end]
            guard (octet | 0x20) &- 97 < 26 || octet &- 48 < 10 || octet == UInt8(ascii: "-") && end > 0 else {
                return false
            }
            sum = sum &* 31 &+ UInt64(octet >= 97 ? octet - 32 : octet)
            end += 1
        }
        sum = (sum &* 0x9E37_79B9_7F4A_7C15) >> 56
        let bit: UInt64 = 1 << (sum & 63)
        let isNew = seen[Int(sum >> 6)] & bit == 0
        seen[Int(sum >> 6)] |= bit
        guard isNew, end > 0 else { return false }
        guard end < line.byteCount else { return !line.begins(with: "AUTH") }
        // An argument: not behind these, and of a form of its own behind those.
        return line[octet: line.byteCount - 1] != 32 && line[octet: end + 1] != 32 && !line.begins(with: "LIMITS ")
            && (line.begins(with: "SIZE ") ? line.number(from: 5) != nil : !Self.standsAlone(line.extracting(0..<end)))
    }

    /// Whether it is a keyword without arguments (RFC 2920, 6152, 3030, 3207, 2034, 6531).
    static func standsAlone(_ keyword: RawSpan) -> Bool {
        keyword.spells("PIPELINING") || keyword.spells("8BITMIME") || keyword.spells("CHUNKING")
            || keyword.spells("STARTTLS") || keyword.spells("SMTPUTF8") || keyword.spells("ENHANCEDSTATUSCODES")
            || keyword.spells("BINARYMIME")
    }
}
