/// Octets of a client that wait for their meaning.
struct ClientLines: Sendable {
    private static let limit = 65_536
    private var octets: [UInt8] = []
    private var position = 0

    /// The octets not taken yet.
    var remaining: ArraySlice<UInt8> { octets[position...] }

    mutating func append(_ bytes: RawSpan) {
        if position > 0 {
            octets.removeFirst(position)
            position = 0
        }
        bytes.withUnsafeBytes { octets.append(contentsOf: $0) }
    }

    mutating func consume(_ count: Int) { position = min(octets.count, position + max(0, count)) }

    /// The next line without its end; nil until one is whole.
    ///
    /// What is longer than any command is cut.
    mutating func next() -> [UInt8]? {
        guard let lf = remaining.firstIndex(of: 0x0A) else {
            guard remaining.count > Self.limit else { return nil }
            let line = [UInt8](remaining.prefix(Self.limit))
            consume(remaining.count)
            return line
        }
        let line = octets[position..<lf]
        position = lf + 1
        return [UInt8](line.last == 0x0D ? line.dropLast() : line)
    }
}

/// Finds the end of mail data: CRLF.CRLF (RFC 5321 section 4.1.1.4), the first CRLF being the line before.
struct ContentEnd: Sendable {
    /// How many octets of the end mark were seen; 2 stands for the start of a line.
    private var matched = 2
    private static let mark: [UInt8] = [0x0D, 0x0A, 0x2E, 0x0D, 0x0A]

    /// Takes octets up to the end mark; returns how many, and whether the mark was the last of them.
    mutating func take(_ octets: ArraySlice<UInt8>) -> (count: Int, isOver: Bool) {
        for (count, octet) in octets.enumerated() {
            if octet == Self.mark[matched] {
                matched += 1
                if matched == Self.mark.count { return (count + 1, true) }
            } else {
                // CR may begin the mark anew; after "CRLF." CR LF would have matched.
                matched = octet == 0x0D ? 1 : 0
            }
        }
        return (octets.count, false)
    }
}
