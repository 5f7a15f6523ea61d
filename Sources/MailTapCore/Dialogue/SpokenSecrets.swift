/// The credentials that a client said last, to find them again where either side repeats them.
///
/// In every later line of the session, whatever that answers: as they are, in either case of letters, behind escapes, in
/// base64 and in hexadecimal digits. Where the line is drawn: under four octets, and the names of commands, are none, as
/// they stand everywhere by chance; and where numbers and names belong, as in a listing or a command's argument, under six
/// octets and bare numbers are none either, as they are sizes and message numbers there. A password of letters alone is
/// looked for in these very letters, since in others it may be a usual word.
struct SpokenSecrets: Sendable {
    private static let count = 16
    private static let lengths = 4...1_024
    /// Digits of base64 that are few enough to stand somewhere by chance.
    private static let leastDigits = 6

    private var tokens: [Token] = []
    /// Digits that the shortest base64 of a token has.
    private var leastEncoded = Int.max
    /// What base64 makes of the tokens inside a longer text; made when a line first may hold it.
    private var encoded: [[UInt8]]?

    private struct Token {
        var octets: [UInt8]
        /// Of letters alone, so that it may be a usual word in other letters: case counts.
        var isExact: Bool
        /// Whether it hardly stands by chance where numbers and names belong.
        var isUnusual: Bool
    }

    /// What a line is, and so how much of it may be a repeated secret.
    enum Place {
        /// Free text: a greeting, a positive reply, a command that takes any text.
        case text
        /// A challenge or a refusal, in which a peer says again what it was told, and in whatever form.
        case refusal
        /// Numbers and names: a listing, or the argument of a command that takes one.
        case data
    }

    /// Whether the client said none.
    var isEmpty: Bool { tokens.isEmpty }

    /// The client said this: looked for as it stands, word by word, and as what its words stand for.
    mutating func note(_ token: RawSpan, _ kind: SecretKind) {
        guard token.byteCount <= Self.lengths.upperBound else { return }
        let octets = [UInt8](copying: token)
        keep(octets)
        for word in octets.split(whereSeparator: Self.isBetweenWords) {
            if word.count < octets.count, !Self.isVerb(word) { keep(Array(word)) }
            for secret in SecretMasking.decodedSecrets(of: Array(word), kind: kind) { keep(secret) }
        }
    }

    private mutating func keep(_ token: [UInt8]) {
        guard Self.lengths.contains(token.count), !tokens.contains(where: { $0.octets == token }) else { return }
        if tokens.count == Self.count { tokens.removeFirst() }
        tokens.append(
            Token(
                octets: token, isExact: token.allSatisfy(Self.isLetter),
                isUnusual: token.count >= 6 && !token.allSatisfy(Self.isDigit)))
        encoded = nil
        leastEncoded = min(leastEncoded, max(Self.leastDigits, (token.count - 1) * 4 / 3))
    }

    /// Blanks, quotes, brackets, colons and semicolons; all that base64 has belongs to a word.
    private static func isBetweenWords(_ octet: UInt8) -> Bool {
        octet <= 32 || [34, 39, 40, 41, 58, 59, 60, 62].contains(octet)
    }

    private static func isVerb(_ word: ArraySlice<UInt8>) -> Bool {
        let octets = Array(word)
        let (code, length) = octets.span.bytes.verbCode(from: 0, to: octets.count)
        return length == octets.count && (SMTPVerb(code: code) != .unknown || POP3Verb(code: code) != .unknown)
    }

    /// Where the line repeats some of them, in order, not overlapping.
    mutating func places(in line: RawSpan, _ place: Place = .text) -> [Range<Int>] {
        guard !tokens.isEmpty else { return [] }
        var found: [Range<Int>] = []
        for token in tokens where token.isUnusual || place != .data { Self.find(token, in: line, &found) }
        if place == .refusal {
            findEncoded(in: line, &found)
            findHexadecimal(in: line, &found)
        }
        if line.hasBase64(ofAtLeast: leastEncoded) { findInsideBase64(in: line, &found) }
        if line.firstIndex(of: UInt8(ascii: "\\")) != nil || line.firstIndex(of: UInt8(ascii: "%")) != nil {
            findEscaped(in: line, place, &found)
        }
        return Self.joined(found)
    }

    /// Where a line that was cut off ends with the beginning of one; nil where it does not.
    func cutOff(atEndOf line: RawSpan) -> Range<Int>? {
        let end = line.byteCount
        var start = end
        for token in tokens {
            for count in stride(from: min(token.octets.count - 1, end), through: 3, by: -1) {
                guard (0..<count).allSatisfy({ line[octet: end - count + $0] == token.octets[$0] }) else { continue }
                start = min(start, end - count)
                break
            }
        }
        return start < end ? start..<end : nil
    }

    /// Ranges in order, those that overlap made one.
    static func joined(_ found: [Range<Int>]) -> [Range<Int>] {
        guard found.count > 1 else { return found }
        let found = found.sorted { $0.lowerBound < $1.lowerBound }
        var joined = [found[0]]
        for place in found.dropFirst() {
            let last = joined.count - 1
            if place.lowerBound < joined[last].upperBound {
                joined[last] = joined[last].lowerBound..<max(joined[last].upperBound, place.upperBound)
            } else {
                joined.append(place)
            }
        }
        return joined
    }

    private static func find(_ token: Token, in line: RawSpan, _ found: inout [Range<Int>]) {
        guard let first = token.octets.first, line.byteCount >= token.octets.count else { return }
        find(token.octets, isExact: token.isExact, beginning: first, in: line, &found)
        if !token.isExact, isLetter(first) {
            find(token.octets, isExact: false, beginning: first ^ 32, in: line, &found)
        }
    }

    private static func find(
        _ octets: [UInt8], isExact: Bool, beginning first: UInt8, in line: RawSpan, _ found: inout [Range<Int>]
    ) {
        var from = 0
        while let place = line.firstIndex(of: first, from: from), place + octets.count <= line.byteCount {
            let isThere = octets.indices.allSatisfy { index in
                let octet = line[octet: place + index]
                return octet == octets[index] || (!isExact && isLetter(octet) && octet ^ 32 == octets[index])
            }
            if isThere { found.append(place..<place + octets.count) }
            from = isThere ? place + octets.count : place + 1
        }
    }

    private func isRepeated(in octets: [UInt8]) -> Bool {
        var found: [Range<Int>] = []
        for token in tokens where found.isEmpty { Self.find(token, in: octets.span.bytes, &found) }
        return !found.isEmpty
    }

    private static func isLetter(_ octet: UInt8) -> Bool { (97...122).contains(octet | 32) }

    private static func isDigit(_ octet: UInt8) -> Bool { (48...57).contains(octet) }
}

// MARK: Other forms

extension SpokenSecrets {
    private func findEncoded(in line: RawSpan, _ found: inout [Range<Int>]) {
        var word = line.word(from: 0, to: line.byteCount)
        while !word.isEmpty {
            // Four octets, the fewest of a token, are six in base64.
            if word.count >= 6, let octets = Base64.decode([UInt8](copying: line.extracting(word))) {
                if isRepeated(inDecoded: octets) { found.append(word) }
            }
            word = line.word(from: word.upperBound, to: line.byteCount)
        }
    }

    /// Whether what a word of base64 stands for holds some of them: as they are, behind the escapes of JSON, or in base64
    /// once more.
    private func isRepeated(inDecoded octets: [UInt8]) -> Bool {
        if isRepeated(in: octets) { return true }
        let plain = TextEscapes.undone(in: octets)
        if plain.count < octets.count, isRepeated(in: plain) { return true }
        return plain.split { !Base64.isDigit($0) }.contains { digits in
            digits.count >= 6 && Base64.decode(digits).map(isRepeated(in:)) == true
        }
    }

    /// Base64 of a text that holds one, anywhere in the text: all digits around it count.
    private mutating func findInsideBase64(in line: RawSpan, _ found: inout [Range<Int>]) {
        let needles = encoded ?? tokens.flatMap { Self.encodings(of: $0.octets) }
        encoded = needles
        var places: [Range<Int>] = []
        for needle in needles {
            guard let first = needle.first, needle.count <= line.byteCount else { continue }
            Self.find(needle, isExact: true, beginning: first, in: line, &places)
        }
        for place in places {
            var (start, end) = (place.lowerBound, place.upperBound)
            while start > 0, Base64.isDigit(line[octet: start - 1]) { start -= 1 }
            while end < line.byteCount, Base64.isDigit(line[octet: end]) || line[octet: end] == 61 { end += 1 }
            found.append(start..<end)
        }
    }

    /// The digits that stand for a token wherever it stands in a text: one form for each place in a group of three octets.
    private static func encodings(of token: [UInt8]) -> [[UInt8]] {
        (0..<3).compactMap { before in
            let digits = Base64.encode([UInt8](repeating: 0, count: before) + token)
            // The first digits hold bits of what stands before, the last ones of what follows.
            let sure = digits[(before == 0 ? 0 : before + 1)..<((before + token.count) * 8 / 6)]
            return sure.count >= leastDigits ? Array(sure) : nil
        }
    }

    private func findHexadecimal(in line: RawSpan, _ found: inout [Range<Int>]) {
        var start = 0
        while start < line.byteCount {
            var end = start
            while end < line.byteCount, SMTPGrammar.hexDigit(line[octet: end]) != nil { end += 1 }
            if end - start >= 2 * Self.lengths.lowerBound {
                let digits = (start..<end).compactMap { SMTPGrammar.hexDigit(line[octet: $0]) }
                let isThere = [0, 1].contains { shift in
                    isRepeated(
                        in: stride(from: shift, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
                }
                if isThere { found.append(start..<end) }
            }
            start = end + 1
        }
    }

    private func findEscaped(in line: RawSpan, _ place: Place, _ found: inout [Range<Int>]) {
        let text = [UInt8](copying: line)
        for plain in [TextEscapes.traced(in: text), TextEscapes.percentTraced(in: text)]
        where plain.octets.count < text.count {
            var places: [Range<Int>] = []
            for token in tokens where token.isUnusual || place != .data {
                Self.find(token, in: plain.octets.span.bytes, &places)
            }
            found += places.map { plain.starts[$0.lowerBound]..<plain.starts[$0.upperBound] }
        }
    }
}

extension RawSpan {
    /// Whether so many digits of base64 stand in a row.
    fileprivate func hasBase64(ofAtLeast count: Int) -> Bool {
        guard byteCount >= count else { return false }
        // Every run of that many covers one of these places.
        var place = count - 1
        while place < byteCount {
            guard Base64.isDigit(self[octet: place]) else {
                place += count
                continue
            }
            var start = place
            while start > 0, Base64.isDigit(self[octet: start - 1]) { start -= 1 }
            var end = place + 1
            while end < byteCount, Base64.isDigit(self[octet: end]) { end += 1 }
            if end - start >= count { return true }
            place = end + count
        }
        return false
    }
}
