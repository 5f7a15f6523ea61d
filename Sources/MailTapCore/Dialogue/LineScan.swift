/// A line found at the front of undecided octets.
enum LineScan {
    /// A whole line of `length` octets, its end included; `text` octets come before its end.
    case line(length: Int, text: Int, isBareLF: Bool)
    /// No line end yet.
    case incomplete
    /// No line end within the limit: this many octets stand for the line, the rest is skipped.
    case tooLong(Int)

    /// Looks for a line's end in `bytes` from offset `start` on.
    static func next(in bytes: RawSpan, from start: Int, limit: Int) -> LineScan {
        guard let end = bytes.firstIndex(of: 10, from: start), end - start < limit else {
            guard bytes.byteCount - start >= limit else { return .incomplete }
            // A CR there may belong to the line's end.
            return .tooLong(limit > 1 && bytes[octet: start + limit - 1] == 13 ? limit - 1 : limit)
        }
        let hasCR = end > start && bytes[octet: end - 1] == 13
        return .line(length: end - start + 1, text: hasCR ? end - start - 1 : end - start, isBareLF: !hasCR)
    }
}

extension LineScan {
    /// The end of a line of which too much was seen: its octets up to and with the line end, and those of the line end.
    static func rest(in bytes: RawSpan) -> (length: Int, lineEnd: Int)? {
        guard let end = bytes.firstIndex(of: 10) else { return nil }
        return (end + 1, end > 0 && bytes[octet: end - 1] == 13 ? 2 : 1)
    }
}

extension RawSpan {
    /// Octets that surely are no line end: all but a CR at the end.
    var endOfSkipping: Int { byteCount > 0 && self[octet: byteCount - 1] == 13 ? byteCount - 1 : byteCount }

    /// The upper-cased letters and digits from `start` as one integer, first octet highest; 0 where there are none or
    /// more than eight.
    func verbCode(from start: Int, to end: Int) -> (code: UInt64, length: Int) {
        if let verb = fourLetters(from: start, to: end) { return (verb, 4) }
        var code: UInt64 = 0
        var index = start
        while index < end {
            var octet = self[octet: index]
            if octet >= 97, octet <= 122 { octet &-= 32 }
            guard (octet >= 65 && octet <= 90) || (octet >= 48 && octet <= 57) else { break }
            guard index - start < 8 else { return (0, index - start) }
            code = code << 8 | UInt64(octet)
            index += 1
        }
        return (code, index - start)
    }

    /// As `verbCode` where four letters stand there and a blank, the line's end or the like behind them, as nearly always;
    /// else nil.
    private func fourLetters(from start: Int, to end: Int) -> UInt64? {
        guard end - start >= 4, end - start == 4 || self[octet: start + 4] <= 32 else { return nil }
        let octets = UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self))
        // Four octets at once: with their high bits clear no sum carries into the next one.
        let capitals = octets & 0xDFDF_DFDF
        let reachA = capitals &+ 0x3F3F_3F3F, passZ = capitals &+ 0x2525_2525
        guard octets & 0x8080_8080 == 0, reachA & ~passZ & 0x8080_8080 == 0x8080_8080 else { return nil }
        return UInt64(capitals)
    }

    /// Whether the octets from `start` begin with `text` (ASCII, given in capitals), case aside.
    func hasPrefix(_ text: StaticString, from start: Int = 0) -> Bool {
        let count = text.utf8CodeUnitCount
        guard byteCount - start >= count else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<count {
                var octet = self[octet: start + index]
                if octet >= 97, octet <= 122 { octet &-= 32 }
                guard octet == expected[index] else { return false }
            }
            return true
        }
    }

    /// Whether the octets, of which more may come, begin with `text` (ASCII, given in capitals), case aside.
    func mayBegin(_ text: StaticString) -> Bool {
        guard byteCount < text.utf8CodeUnitCount else { return hasPrefix(text) }
        return (0..<byteCount).allSatisfy { index in
            let octet = self[octet: index]
            return text.withUTF8Buffer { $0[index] == (octet >= 97 && octet <= 122 ? octet & 0xDF : octet) }
        }
    }

    /// The octets behind one of these verbs, where something hides it; nil where none of them stands there, empty where
    /// nothing is behind it.
    ///
    /// What hides it is octets before it that are no letters, an X for a private name, or letters glued to it.
    func hiddenArguments(of verbs: [StaticString], to end: Int) -> Range<Int>? {
        var start = firstLetter(from: 0, to: end)
        if start < end, self[octet: start] | 32 == UInt8(ascii: "x") { start = firstLetter(from: start + 1, to: end) }
        guard let verb = verbs.first(where: { hasPrefix($0, from: start) }) else { return nil }
        start += verb.utf8CodeUnitCount
        while start < end, self[octet: start] == 32 || self[octet: start] == 9 { start += 1 }
        return min(start, end)..<end
    }

    private func firstLetter(from start: Int, to end: Int) -> Int {
        var start = start
        while start < end, !(97...122).contains(self[octet: start] | 32) { start += 1 }
        return start
    }

    /// What stands behind the name of a SASL mechanism that is the first argument; nil where none is, empty where nothing
    /// follows it.
    ///
    /// For lines whose verb is not known: AUTH misspelled, or a name of its own for it.
    func misspelledLogin(to end: Int) -> Range<Int>? {
        let verb = word(from: 0, to: end)
        let name = word(from: verb.upperBound, to: end)
        guard extracting(name).isKnownMechanism else { return nil }
        let response = word(from: name.upperBound, to: end)
        return response.isEmpty ? end..<end : response.lowerBound..<end
    }

    /// Whether the octets, which a gap or the end cuts off, may be the beginning of a login.
    var mayBeginLogin: Bool {
        hiddenArguments(of: ["AUTH", "PASS", "APOP", "LOGIN"], to: byteCount) != nil || isSASLName(in: secondWord)
    }

    private var secondWord: Range<Int> { word(from: word(from: 0, to: byteCount).upperBound, to: byteCount) }

    private func isSASLName(in range: Range<Int>) -> Bool { extracting(range).isKnownMechanism }

    /// Whether a line of which the beginning was lost may hold a credential: a word alone is like a SASL response, and so is
    /// what stands behind a mechanism's name or the end of one.
    func mayBeEndOfLogin(to end: Int) -> Bool {
        let first = word(from: 0, to: end)
        let second = word(from: first.upperBound, to: end)
        if second.isEmpty || isSASLName(in: first) || isSASLName(in: second) { return !first.isEmpty }
        return word(from: second.upperBound, to: end).isEmpty && extracting(first).isEndOfMechanism
    }

    /// Whether what stands here begins a TLS record: nil while too few octets are there to say.
    func looksLikeTLS(from start: Int = 0) -> Bool? {
        let available = byteCount - start
        guard available > 0 else { return nil }
        guard self[octet: start] >= 20, self[octet: start] <= 23 else { return false }
        guard available > 1 else { return nil }
        guard self[octet: start + 1] == 3 else { return false }
        guard available > 2 else { return nil }
        return self[octet: start + 2] <= 4
    }
}

/// The integer that `RawSpan.verbCode` gives for a keyword of at most eight capitals.
func verbCode(_ keyword: String) -> UInt64 {
    keyword.utf8.reduce(0) { $0 << 8 | UInt64($1) }
}
