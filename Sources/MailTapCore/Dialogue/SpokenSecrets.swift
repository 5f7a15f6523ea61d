/// The credentials that a client said last, to find them again where a server repeats them in a reply.
struct SpokenSecrets: Sendable {
    private static let count = 8
    private static let lengths = 4...1_024
    private var tokens: [[UInt8]] = []

    /// Whether the client said none.
    var isEmpty: Bool { tokens.isEmpty }

    /// The client said this: looked for as it stands, and as what it stands for.
    mutating func note(_ token: RawSpan, _ kind: SecretKind) {
        guard token.byteCount <= Self.lengths.upperBound else { return }
        let octets = [UInt8](copying: token)
        keep(octets)
        for word in octets.split(separator: 32) {
            for secret in SecretMasking.decodedSecrets(of: Array(word), kind: kind) { keep(secret) }
        }
    }

    private mutating func keep(_ token: [UInt8]) {
        guard Self.lengths.contains(token.count), !tokens.contains(token) else { return }
        if tokens.count == Self.count { tokens.removeFirst() }
        tokens.append(token)
    }

    /// Where the line repeats one of them; each token's first place.
    func places(in line: RawSpan) -> [Range<Int>] {
        guard !tokens.isEmpty else { return [] }
        var found: [Range<Int>] = []
        for token in tokens {
            guard let first = token.first, line.byteCount >= token.count else { continue }
            var from = 0
            while let start = line.firstIndex(of: first, from: from), start + token.count <= line.byteCount {
                if token.indices.allSatisfy({ line[octet: start + $0] == token[$0] }) {
                    let place = start..<start + token.count
                    if !found.contains(where: { $0.overlaps(place) }) { found.append(place) }
                    break
                }
                from = start + 1
            }
        }
        return found.sorted { $0.lowerBound < $1.lowerBound }
    }
}
