/// What stands behind `C: ` or `S: `: the octets that it means, and the masks and patterns in it.
struct DialogueLine {
    /// The octets, line end included where the line has one.
    var octets: [UInt8] = []
    /// Masked secrets, as ranges of `octets`.
    var masks: [(Range<Int>, SecretKind)] = []
    /// Patterns, as ranges of `octets`.
    var patterns: [(Range<Int>, ReplyPattern)] = []

    /// Reads a line; gives what is wrong with it, if anything.
    mutating func read(_ line: ArraySlice<UInt8>, of side: Side) -> String? {
        octets.reserveCapacity(line.count + 2)
        var rest = line
        while let octet = rest.first {
            switch octet {
            case UInt8(ascii: "\\"):
                rest = rest.dropFirst()
                // A backslash at the end: nothing follows, not even a line end.
                if rest.isEmpty { return nil }
                guard let unescaped = DialogueEscapes.unescape(&rest) else {
                    return
                        "unknown escape; there are \\r \\n \\t \\\\ \\{ \\} \\\" and \\xHH, and \\ at the end of a line"
                }
                octets.append(unescaped)
            case UInt8(ascii: "{"):
                if let problem = braces(&rest, of: side) { return problem }
            default:
                let plain = rest.prefix { $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "{") }
                octets += plain
                rest = rest[plain.endIndex...]
            }
        }
        octets += [13, 10]
        return nil
    }

    /// Reads `{masked KIND OCTETS}` or a pattern.
    private mutating func braces(_ rest: inout ArraySlice<UInt8>, of side: Side) -> String? {
        let advice = "'{' begins a mask, or a pattern in what the server says; for the character itself write '\\{'"
        if rest.starts(with: "{masked ".utf8) {
            rest = rest.dropFirst(8)
            let name = String(decoding: rest.prefix { $0 != 32 && $0 != UInt8(ascii: "}") }, as: UTF8.self)
            rest = rest.drop { $0 != 32 && $0 != UInt8(ascii: "}") }
            guard rest.popFirst() == 32 else { return "a mask should read {masked KIND OCTETS}" }
            guard let kind = SecretKind(name: name) else {
                return "unknown kind of secret; there are " + SecretKind.allCases.map(\.name).joined(separator: ", ")
            }
            let start = octets.count
            while let octet = rest.popFirst() {
                switch octet {
                case UInt8(ascii: "}"):
                    masks.append((start..<octets.count, kind))
                    return nil
                case UInt8(ascii: "\\"):
                    guard let unescaped = DialogueEscapes.unescape(&rest) else { return "unknown escape in a mask" }
                    octets.append(unescaped)
                default: octets.append(octet)
                }
            }
            return "a mask that begins with '{masked' does not end with '}'"
        }
        guard side == .server, let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return advice }
        let inner = rest[(rest.startIndex + 1)..<end]
        guard let name = String(validating: inner, as: UTF8.self), let pattern = ReplyPattern(name),
            !pattern.isStatus || octets.isEmpty
        else { return ReplyPattern.advice }
        let start = octets.count
        octets += pattern.octets
        patterns.append((start..<octets.count, pattern))
        rest = rest[(end + 1)...]
        return nil
    }
}
