import MailTapCore

extension Pseudonyms {
    /// A SASL response or challenge in base64: names in it are replaced, keys and masks stay, and it still decodes.
    ///
    /// What is not base64 (a mask, a single `*` or `=`) loses its words.
    mutating func saslToken(_ token: some Collection<UInt8>) -> [UInt8] {
        let token = Array(token)
        guard let decoded = Base64.decode(token), !decoded.isEmpty else { return words(token) }
        let text = WordSplit.pieces(decoded)
        var new: [UInt8] = []
        for (index, piece) in text.enumerated() {
            let isKey = text.indices.contains(index + 1) && text[index + 1].first == UInt8(ascii: "=")
            let plain = piece.map(WordClass.lowercased)
            if isKey && Vocabulary.saslKeys.contains(plain) || Vocabulary.prompts.contains(plain)
                || plain == Array("bearer".utf8)
            {
                new += piece
            } else if piece.contains(where: WordClass.isWord) {
                new += name(piece, .user)
            } else {
                new += piece
            }
        }
        let encoded = Base64.encode(new)
        // Padding that was left out is left out again.
        guard encoded.count >= token.count else { return words(token) }
        return Array(encoded.prefix(token.count))
    }
}

/// A SASL message in pieces: fields and what separates them.
private enum WordSplit {
    static func pieces(_ octets: [UInt8]) -> [[UInt8]] {
        octets.splitKeeping { [0, 1, 32, 34, 44, 61].contains($0) }
    }
}
