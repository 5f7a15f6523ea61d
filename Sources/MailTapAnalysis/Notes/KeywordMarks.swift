import MailTapCore

/// Looks at the lines of an EHLO answer for whether each is plainly in form and none can repeat another's keyword, so
/// that nothing more need be asked of nearly all of them.
struct KeywordMarks {
    /// One bit for each of 256 sums of a keyword's letters.
    private var seen = SIMD4<UInt64>.zero

    /// The keyword with which a line begins, where the line is a keyword of letters, digits and hyphens that is new here,
    /// alone or with one space and more behind it (RFC 5321 section 4.1.1.1), and none of those whose argument has a form.
    ///
    /// Nil for all others.
    mutating func take(_ line: RawSpan) -> OfferedWord? {
        var word = OfferedWord()
        var sum: UInt64 = 0
        var end = 0
        while end < line.byteCount, line[octet: end] != 32 {
            let octet = line[octet: end]
            guard (octet | 0x20) &- 97 < 26 || octet &- 48 < 10 || octet == UInt8(ascii: "-") && end > 0 else {
                return nil
            }
            let capital = octet >= 97 ? octet - 32 : octet
            sum = sum &* 31 &+ UInt64(capital)
            word.append(capital)
            end += 1
        }
        sum = (sum &* 0x9E37_79B9_7F4A_7C15) >> 56
        let bit: UInt64 = 1 << (sum & 63)
        let isNew = seen[Int(sum >> 6)] & bit == 0
        seen[Int(sum >> 6)] |= bit
        guard isNew, end > 0 else { return nil }
        guard end < line.byteCount else { return line.begins(with: "AUTH") ? nil : word }
        // An argument: not behind these, and of a form of its own behind those.
        guard line[octet: line.byteCount - 1] != 32, line[octet: end + 1] != 32, !line.begins(with: "LIMITS ") else {
            return nil
        }
        let isInForm =
            line.begins(with: "SIZE ") ? line.number(from: 5) != nil : !Self.standsAlone(line.extracting(0..<end))
        return isInForm ? word : nil
    }

    /// Whether it is a keyword without arguments (RFC 2920, 6152, 3030, 3207, 2034, 6531).
    static func standsAlone(_ keyword: RawSpan) -> Bool {
        keyword.spells("PIPELINING") || keyword.spells("8BITMIME") || keyword.spells("CHUNKING")
            || keyword.spells("STARTTLS") || keyword.spells("SMTPUTF8") || keyword.spells("ENHANCEDSTATUSCODES")
            || keyword.spells("BINARYMIME")
    }
}

/// The first word of a line that offers something, in short.
struct OfferedWord {
    /// The first eight octets in capitals, the first one highest.
    private(set) var code: UInt64 = 0
    /// How many octets there are.
    private(set) var length = 0

    /// Adds an octet, which is no small letter.
    @inline(__always)
    mutating func append(_ octet: UInt8) {
        if length < 8 { code = code << 8 | UInt64(octet) }
        length += 1
    }
}
