/// Walks over octets from the front; never past their end.
struct OctetScanner {
    private(set) var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) { rest = octets }

    var peek: UInt8? { rest.first }

    mutating func takeOne(_ octet: UInt8) -> Bool {
        guard rest.first == octet else { return false }
        rest.removeFirst()
        return true
    }

    mutating func take(while condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: condition)
        rest = rest[taken.endIndex...]
        return taken
    }

    mutating func skip(while condition: (UInt8) -> Bool) { _ = take(while: condition) }

    @discardableResult
    mutating func skipBlanks() -> Int { take(while: SMTPGrammar.isBlank).count }

    /// Everything up to the next blank; a quoted string, where it is closed, may hold one (RFC 5321 section 4.1.2).
    mutating func takeWord() -> ArraySlice<UInt8> {
        if peek == UInt8(ascii: "\"") {
            var probe = self
            _ = probe.takeOne(UInt8(ascii: "\""))
            var isEscaped = false
            probe.skip { octet in
                defer { isEscaped = octet == UInt8(ascii: "\\") && !isEscaped }
                return isEscaped || octet != UInt8(ascii: "\"")
            }
            if probe.peek != nil {
                let start = rest.startIndex
                let whole = rest
                probe.skip { !SMTPGrammar.isBlank($0) }
                self = probe
                return whole[start..<probe.rest.startIndex]
            }
        }
        return take { !SMTPGrammar.isBlank($0) }
    }

    /// Everything up to the `>` that ends a path; quoted strings and quoted pairs may hold one (RFC 5321 section 4.1.2).
    mutating func takePath() -> ArraySlice<UInt8> {
        var quoted = false
        var escaped = false
        return take { octet in
            if escaped {
                escaped = false
                return true
            }
            switch octet {
            case UInt8(ascii: "\\"): escaped = quoted
            case UInt8(ascii: "\""): quoted.toggle()
            case UInt8(ascii: ">"): return quoted
            default: break
            }
            return true
        }
    }
}
