/// Where the parts of a MAIL or RCPT line stand, for readers that need no text of them (RFC 5321 section 4.1.2).
public struct SMTPPathPlaces: Sendable, Equatable {
    /// Offsets of the address between the angle brackets; empty for the null reverse-path.
    public var address: Range<Int>
    /// Offsets of what stands behind the path: the parameters, with the blanks before them.
    public var rest: Range<Int>
    /// What is odd about the form.
    public var lapses: SMTPPath.Lapses
}

extension SMTPPathPlaces {
    /// `MAIL FROM:<…>` and `RCPT TO:<…>` as the RFC writes them, nothing quoted: nearly every line, and read in one go.
    ///
    /// Nil for any other line.
    init?(usual line: RawSpan) {
        let start: Int
        guard line.byteCount > 11 else { return nil }
        // The first eight octets as one number, the first octet highest: `MAIL FRO` and `RCPT TO:`.
        switch UInt64(bigEndian: line.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)) {
        case 0x4D41_494C_2046_524F:
            guard line[octet: 8] == UInt8(ascii: "M"), line[octet: 9] == UInt8(ascii: ":"),
                line[octet: 10] == UInt8(ascii: "<")
            else { return nil }
            start = 11
        case 0x5243_5054_2054_4F3A:
            guard line[octet: 8] == UInt8(ascii: "<") else { return nil }
            start = 9
        default: return nil
        }
        guard let end = line.firstIndex(of: UInt8(ascii: ">"), from: start),
            end + 1 == line.byteCount || SMTPGrammar.isBlank(line[octet: end + 1])
        else { return nil }
        let address = line.extracting(start..<end)
        guard address.firstIndex(of: UInt8(ascii: "\"")) == nil, address.firstIndex(of: UInt8(ascii: "\\")) == nil
        else {
            return nil
        }
        self.init(address: start..<end, rest: (end + 1)..<line.byteCount, lapses: [])
    }
}
