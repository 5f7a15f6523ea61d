/// The escapes behind which a peer's text may hide octets: those of JSON (RFC 8259 section 7), and `\xHH`.
enum TextEscapes {
    private static let backslash = UInt8(ascii: "\\")

    /// The text without its escapes, so never longer; what is no whole escape stays as it is.
    static func undone(in text: [UInt8]) -> [UInt8] {
        guard text.contains(backslash) else { return text }
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == backslash, index + 1 < text.count else {
                plain.append(text[index])
                index += 1
                continue
            }
            let mark = text[index + 1]
            let digits = mark == UInt8(ascii: "u") ? 4 : mark == UInt8(ascii: "x") ? 2 : 0
            if digits > 0, let number = number(text[(index + 2)...].prefix(digits), digits: digits) {
                append(number, to: &plain)
                index += 2 + digits
            } else if let octet = octet(mark) {
                plain.append(octet)
                index += 2
            } else {
                plain.append(backslash)
                index += 1
            }
        }
        return plain
    }

    /// In UTF-8; halves of surrogate pairs become replacement characters, which are looked for nowhere.
    private static func append(_ number: UInt16, to plain: inout [UInt8]) {
        plain += String(decoding: [number], as: UTF16.self).utf8
    }

    private static func number(_ text: ArraySlice<UInt8>, digits: Int) -> UInt16? {
        guard text.count == digits else { return nil }
        var number: UInt16 = 0
        for octet in text {
            guard let digit = SMTPGrammar.hexDigit(octet) else { return nil }
            number = number << 4 | UInt16(digit)
        }
        return number
    }

    private static func octet(_ mark: UInt8) -> UInt8? {
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
