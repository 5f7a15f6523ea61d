extension RawSpan {
    /// Where the next word (octets other than space and tab) at or after `start` stands; empty at the end.
    public func nextWord(from start: Int) -> Range<Int> { word(from: start, to: byteCount) }

    /// As `nextWord(from:)`, in the octets before `end`.
    func word(from start: Int, to end: Int) -> Range<Int> {
        var from = start
        while from < end, self[octet: from] == 32 || self[octet: from] == 9 { from += 1 }
        var to = from
        while to < end, self[octet: to] != 32, self[octet: to] != 9 { to += 1 }
        return from..<to
    }

    /// The decimal number in `range`; nil where it is none, or too large for 63 bits.
    func decimal(in range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count <= 20 else { return nil }
        var number: UInt64 = 0
        for index in range {
            let octet = self[octet: index]
            guard octet >= 48, octet <= 57 else { return nil }
            let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(UInt64(octet - 48))
            guard !tooLarge, !overflow else { return nil }
            number = sum
        }
        return number <= UInt64(Int64.max) ? number : nil
    }
}
