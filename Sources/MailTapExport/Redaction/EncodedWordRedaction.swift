import MailTapCore

/// A header field's text with encoded-words in it (RFC 2047): what they stand for is replaced, and encoded again.
enum EncodedWordRedaction {
    private struct Word {
        /// All of it, from `=?` to `?=`.
        var range: Range<Int>
        /// What is encoded.
        var text: Range<Int>
        var charset: [UInt8]
        var isBase64: Bool
    }

    /// As many octets, with the same charsets, encodings and folding.
    static func redacted(_ octets: some Collection<UInt8>, by pseudonyms: inout Pseudonyms) -> [UInt8] {
        let body = Array(octets)
        var out: [UInt8] = []
        var index = 0
        var run: [Word] = []
        while let start = body[index...].firstIndex(of: UInt8(ascii: "=")) {
            guard let word = word(in: body, from: start) else {
                // No encoded-word: plain text up to behind the sign, words not cut.
                let end = body[(start + 1)...].firstIndex(of: UInt8(ascii: "=")) ?? body.count
                flush(&run, body, &out, &pseudonyms)
                out += pseudonyms.words(body[index..<end])
                index = end
                continue
            }
            let between = body[index..<start]
            let joins =
                run.last.map { $0.charset == word.charset && between.allSatisfy { [32, 9, 13, 10].contains($0) } }
                ?? false
            if !joins {
                flush(&run, body, &out, &pseudonyms)
                out += pseudonyms.words(between)
            }
            run.append(word)
            index = word.range.upperBound
        }
        flush(&run, body, &out, &pseudonyms)
        return out + pseudonyms.words(body[index...])
    }

    /// Writes words that belong together: a character may be cut between them.
    private static func flush(
        _ run: inout [Word], _ body: [UInt8], _ out: inout [UInt8], _ pseudonyms: inout Pseudonyms
    ) {
        guard let first = run.first else { return }
        var forms = run.map { word in
            let text = Array(body[word.text])
            return word.isBase64
                ? TransferForm.base64(text) : TransferForm.hexadecimal(text, mark: UInt8(ascii: "="))
        }
        var rest = pseudonyms.words(forms.flatMap(\.decoded))[...]
        var index = first.range.lowerBound
        for (place, word) in run.enumerated() {
            let count = forms[place].decoded.count
            forms[place].decoded = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            out += body[index..<word.text.lowerBound] + forms[place].encoded
            out += body[word.text.upperBound..<word.range.upperBound]
            index = word.range.upperBound
        }
        run = []
    }

    private static func word(in body: [UInt8], from start: Int) -> Word? {
        guard body[start...].starts(with: "=?".utf8) else { return nil }
        let rest = body[(start + 2)...].prefix(512)
        guard let charsetEnd = rest.firstIndex(of: UInt8(ascii: "?")), charsetEnd + 2 < body.count,
            body[charsetEnd + 2] == UInt8(ascii: "?")
        else { return nil }
        let charset = rest[..<charsetEnd]
        let encoding = body[charsetEnd + 1] | 32
        let isToken = charset.allSatisfy { WordClass.isAlphanumeric($0) || [45, 95, 42, 46].contains($0) }
        guard isToken, encoding == UInt8(ascii: "b") || encoding == UInt8(ascii: "q") else { return nil }
        let textStart = charsetEnd + 3
        guard let textEnd = body[textStart...].firstIndex(of: UInt8(ascii: "?")), textEnd + 1 < body.count,
            body[textEnd + 1] == UInt8(ascii: "="), body[textStart..<textEnd].allSatisfy({ $0 > 32 })
        else { return nil }
        return Word(
            range: start..<textEnd + 2, text: textStart..<textEnd, charset: charset.map(WordClass.lowercased),
            isBase64: encoding == UInt8(ascii: "b"))
    }
}
