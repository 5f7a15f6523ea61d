/// Credentials in the arguments of commands.
extension RawSpan {
    /// Where a URL holds credentials: a password behind the user's name, and the token that authorises whoever has it
    /// (RFC 4467 section 7), as BURL's does (RFC 4468).
    ///
    /// - Returns: their places, in order, not overlapping.
    func urlSecrets(in url: Range<Int>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = url.lowerBound
        if let scheme = firstPlace(of: "://", in: url) {
            start = scheme + 3
            var end = start
            while end < url.upperBound, self[octet: end] != UInt8(ascii: "/") { end += 1 }
            if let host = (start..<end).last(where: { self[octet: $0] == UInt8(ascii: "@") }),
                let colon = (start..<host).first(where: { self[octet: $0] == UInt8(ascii: ":") }), colon + 1 < host
            {
                found.append(colon + 1..<host)
            }
            start = end
        }
        if let access = firstPlace(of: ";URLAUTH=", in: start..<url.upperBound),
            let colon = (access + 9..<url.upperBound).first(where: { self[octet: $0] == UInt8(ascii: ":") }),
            colon + 1 < url.upperBound
        {
            found.append(colon + 1..<url.upperBound)
        }
        return found
    }

    /// Where the value of an attribute stands among words such as `KEY=value`; nil where it has none.
    func value(of key: StaticString, from start: Int, to end: Int) -> Range<Int>? {
        var word = word(from: start, to: end)
        while !word.isEmpty {
            let value = word.lowerBound + key.utf8CodeUnitCount
            if value < word.upperBound, hasPrefix(key, from: word.lowerBound) { return value..<word.upperBound }
            word = self.word(from: word.upperBound, to: end)
        }
        return nil
    }

    private func firstPlace(of text: StaticString, in range: Range<Int>) -> Int? {
        guard range.count >= text.utf8CodeUnitCount else { return nil }
        return (range.lowerBound...range.upperBound - text.utf8CodeUnitCount).first { hasPrefix(text, from: $0) }
    }
}
