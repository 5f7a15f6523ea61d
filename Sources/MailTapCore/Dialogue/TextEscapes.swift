/// The escapes behind which a peer's text may hide octets: those of JSON (RFC 8259 section 7), `\xHH`, and those of URLs
/// (RFC 3986 section 2.1).
public enum TextEscapes {
    private static let backslash = UInt8(ascii: "\\")

    /// A text without its escapes, and where each of its octets began in the text with them; one more for the end.
    struct Plain {
        var octets: [UInt8] = []
        var starts: [Int] = []
    }

    /// The text without its escapes, so never longer; what is no whole escape stays as it is.
    static func undone(in text: [UInt8]) -> [UInt8] { text.contains(backslash) ? traced(in: text).octets : text }

    /// As `undone`, with the places.
    static func traced(in text: [UInt8]) -> Plain {
        var plain = Plain()
        var index = 0
        while index < text.count {
            let start = index
            index += 1
            let before = plain.octets.count
            if text[start] == backslash, index < text.count {
                let mark = text[index]
                let digits = mark == UInt8(ascii: "u") ? 4 : mark == UInt8(ascii: "x") ? 2 : 0
                if digits > 0, let number = number(text[(index + 1)...].prefix(digits), digits: digits) {
                    append(number, to: &plain.octets)
                    index += 1 + digits
                } else if let octet = octet(mark) {
                    plain.octets.append(octet)
                    index += 1
                } else {
                    plain.octets.append(backslash)
                }
            } else {
                plain.octets.append(text[start])
            }
            for _ in before..<plain.octets.count { plain.starts.append(start) }
        }
        plain.starts.append(text.count)
        return plain
    }

    /// The text with the octets for which `%HH` stands in a URL.
    static func percentTraced(in text: [UInt8]) -> Plain {
        var plain = Plain()
        var index = 0
        while index < text.count {
            plain.starts.append(index)
            if text[index] == UInt8(ascii: "%"), let number = number(text[(index + 1)...].prefix(2), digits: 2) {
                plain.octets.append(UInt8(truncatingIfNeeded: number))
                index += 3
            } else {
                plain.octets.append(text[index])
                index += 1
            }
        }
        plain.starts.append(text.count)
        return plain
    }

    /// In UTF-8; halves of surrogate pairs become replacement characters, which are looked for nowhere.
    private static func append(_ number: UInt16, to plain: inout [UInt8]) {
        plain += String(decoding: [number], as: UTF16.self).utf8
    }

    /// The number that hexadecimal digits give; nil where there are fewer than `digits`, at most 4, or anything else.
    public static func number(_ text: ArraySlice<UInt8>, digits: Int) -> UInt16? {
        guard text.count == digits else { return nil }
        var number: UInt16 = 0
        for octet in text {
            guard let digit = SMTPGrammar.hexDigit(octet) else { return nil }
            number = number << 4 | UInt16(digit)
        }
        return number
    }

    /// The octet for which a backslash and this mark stand in JSON; nil for `u` and what is none.
    public static func octet(_ mark: UInt8) -> UInt8? {
        switch mark {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): mark
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "r"): 13
        default: nil
        }
    }
}
