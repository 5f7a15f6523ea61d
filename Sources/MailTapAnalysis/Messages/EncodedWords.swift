import MailTapCore

/// Encoded-words in header fields (RFC 2047): `=?charset?Q?text?=` and `=?charset?B?text?=`.
///
/// Text outside of them is UTF-8 where valid (RFC 6532), else Latin-1. A word whose charset or form is not known stays
/// as it is. Blanks between two adjacent words fall away (section 6.2), and their octets are joined before decoding
/// where the charset is the same, since senders cut characters in two.
enum EncodedWords {
    private struct Word {
        var charset: String
        var octets: [UInt8]
        /// As it stood, for the case that the charset is not known.
        var source: [UInt8]
    }

    static func decode(_ body: ArraySlice<UInt8>) -> String {
        guard body.span.bytes.firstIndex(of: UInt8(ascii: "=")) != nil else { return SMTPGrammar.text(body) }
        var out = ""
        var plain: [UInt8] = []
        var pending: Word?
        var rest = body
        while let octet = rest.first {
            guard octet == UInt8(ascii: "="), let (word, next) = takeWord(rest) else {
                plain.append(octet)
                rest = rest.dropFirst()
                continue
            }
            rest = next
            if var last = pending, plain.allSatisfy(SMTPBlank.contains) {
                if last.charset == word.charset {
                    last.octets += word.octets
                    last.source += plain + word.source
                    pending = last
                } else {
                    out += text(last)
                    pending = word
                }
            } else {
                if let last = pending { out += text(last) }
                out += SMTPGrammar.text(plain)
                pending = word
            }
            plain.removeAll(keepingCapacity: true)
        }
        if let last = pending { out += text(last) }
        return out + SMTPGrammar.text(plain)
    }

    private static func text(_ word: Word) -> String {
        Charsets.decode(word.octets, word.charset) ?? SMTPGrammar.text(word.source)
    }

    /// The encoded-word that `octets` begin with, and what stands behind it.
    private static func takeWord(_ octets: ArraySlice<UInt8>) -> (word: Word, rest: ArraySlice<UInt8>)? {
        let question = UInt8(ascii: "?")
        guard octets.count >= 8, octets.dropFirst().first == question else { return nil }
        let inside = octets.dropFirst(2)
        // A charset name is short; looking further would make hostile fields quadratic.
        guard let charsetEnd = inside.prefix(80).firstIndex(of: question) else { return nil }
        let encoding = inside[charsetEnd...].dropFirst()
        guard let letter = encoding.first, encoding.dropFirst().first == question else { return nil }
        let text = encoding.dropFirst(2)
        // Words end at 75 octets (section 2); some senders write a whole field as one.
        guard let textEnd = text.prefix(4096).firstIndex(of: question), text[textEnd...].dropFirst().first == 61 else {
            return nil
        }
        let name = inside[..<charsetEnd].prefix { $0 != UInt8(ascii: "*") }
        guard !name.isEmpty, name.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        var decoded: [UInt8] = []
        switch letter {
        case UInt8(ascii: "B"), UInt8(ascii: "b"):
            var base64 = Base64Decoder()
            let source = Array(text[..<textEnd])
            base64.decode(source.span.bytes, into: &decoded)
            // What is no base64 is shown as it stands (section 6.3); padding is often left out.
            if base64.sawJunk { return nil }
        case UInt8(ascii: "Q"), UInt8(ascii: "q"):
            var quoted = QuotedPrintableDecoder()
            let source = text[..<textEnd].map { $0 == UInt8(ascii: "_") ? 32 : $0 }
            quoted.decode(source.span.bytes, into: &decoded)
            quoted.finish(into: &decoded)
        default: return nil
        }
        let end = text.index(textEnd, offsetBy: 2)
        let word = Word(
            charset: SMTPGrammar.text(name).lowercased(), octets: decoded, source: Array(octets[..<end]))
        return (word, octets[end...])
    }
}
