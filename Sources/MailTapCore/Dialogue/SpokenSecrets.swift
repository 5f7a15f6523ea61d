/// The credentials that a client said last, to find them again where either side repeats them.
struct SpokenSecrets: Sendable {
    private static let count = 16
    private static let lengths = 4...1_024
    private var tokens: [Token] = []

    private struct Token {
        var octets: [UInt8]
        /// Of letters alone, so that it may be a usual word in other letters: case counts.
        var isExact: Bool
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
        tokens.append(Token(octets: token, isExact: token.allSatisfy(Self.isLetter)))
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
    ///
    /// - Parameter decoding: whether they are looked for in what words of base64 stand for, too; such a word counts whole.
    func places(in line: RawSpan, decoding: Bool = false) -> [Range<Int>] {
        guard !tokens.isEmpty else { return [] }
        var found: [Range<Int>] = []
        for token in tokens { Self.find(token, in: line, &found) }
        if decoding { findEncoded(in: line, &found) }
        guard found.count > 1 else { return found }
        found.sort { $0.lowerBound < $1.lowerBound }
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
        find(token, beginning: first, in: line, &found)
        if !token.isExact, isLetter(first) { find(token, beginning: first ^ 32, in: line, &found) }
    }

    private static func find(
        _ token: Token, beginning first: UInt8, in line: RawSpan, _ found: inout [Range<Int>]
    ) {
        let octets = token.octets
        var from = 0
        while let place = line.firstIndex(of: first, from: from), place + octets.count <= line.byteCount {
            let isThere = octets.indices.allSatisfy { index in
                let octet = line[octet: place + index]
                return octet == octets[index] || (!token.isExact && isLetter(octet) && octet ^ 32 == octets[index])
            }
            if isThere { found.append(place..<place + octets.count) }
            from = isThere ? place + octets.count : place + 1
        }
    }

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

    private func isRepeated(in octets: [UInt8]) -> Bool {
        var found: [Range<Int>] = []
        for token in tokens where found.isEmpty { Self.find(token, in: octets.span.bytes, &found) }
        return !found.isEmpty
    }

    private static func isLetter(_ octet: UInt8) -> Bool { (97...122).contains(octet | 32) }
}
