import MailTapCore

/// Encoded text that can be written again with other octets in the places of its own.
///
/// `decoded` may be replaced by as many octets; `encoded` then has the length, the line ends and the escapes of the
/// original.
struct TransferForm {
    private enum Shape {
        /// As it stands.
        case identity
        /// Digits of base64 among other characters; those behind the first padding are not part of it.
        case base64(text: [UInt8], digits: [Int])
        /// Pieces: an octet of `decoded` as it is, as an escape, or text that stands for none.
        case escaped([Piece], mark: UInt8)
    }

    private enum Piece {
        case literal
        case escape(isLower: Bool)
        case filler(ArraySlice<UInt8>)
    }

    /// The octets that the text stands for.
    var decoded: [UInt8]
    private var shape: Shape

    /// Text without encoding.
    static func identity(_ text: [UInt8]) -> TransferForm { TransferForm(decoded: text, shape: .identity) }

    /// Base64 (RFC 2045 section 6.8), with whatever else stands between its digits.
    static func base64(_ text: [UInt8]) -> TransferForm {
        let end = text.firstIndex(of: UInt8(ascii: "=")) ?? text.count
        var digits = text.indices[..<end].filter { isDigit(text[$0]) }
        if digits.count % 4 == 1 { digits.removeLast() }
        let decoded = Base64.decodeTolerantly(digits.map { text[$0] })
        return TransferForm(decoded: decoded, shape: .base64(text: text, digits: digits))
    }

    /// Escapes of a mark and two hexadecimal digits: `=XX` (RFC 2045 section 6.7), `%XX` (RFC 2231), `+XX` (RFC 3461).
    ///
    /// With `softLineEnds`, a mark at a line's end stands for nothing, the line end included.
    static func hexadecimal(_ text: [UInt8], mark: UInt8, softLineEnds: Bool = false) -> TransferForm {
        var decoded: [UInt8] = []
        var pieces: [Piece] = []
        var index = 0
        while index < text.count {
            let octet = text[index]
            if octet == mark, index + 2 < text.count, let high = SMTPGrammar.hexDigit(text[index + 1]),
                let low = SMTPGrammar.hexDigit(text[index + 2])
            {
                decoded.append(high << 4 | low)
                pieces.append(.escape(isLower: text[(index + 1)...(index + 2)].contains { $0 >= 97 }))
                index += 3
            } else if octet == mark, softLineEnds, let end = softEnd(text, behind: index) {
                pieces.append(.filler(text[index..<end]))
                index = end
            } else {
                decoded.append(octet)
                pieces.append(.literal)
                index += 1
            }
        }
        return TransferForm(decoded: decoded, shape: .escaped(pieces, mark: mark))
    }

    /// The text that stands for `decoded`.
    var encoded: [UInt8] {
        switch shape {
        case .identity: return decoded
        case .base64(var text, let digits):
            for (place, digit) in zip(digits, Base64.encode(decoded)) { text[place] = digit }
            return text
        case .escaped(let pieces, let mark):
            var out: [UInt8] = []
            var rest = decoded[...]
            for piece in pieces {
                switch piece {
                case .filler(let text): out += text
                case .literal: if let octet = rest.popFirst() { out.append(octet) }
                case .escape(let isLower):
                    guard let octet = rest.popFirst() else { continue }
                    let digits = Array((isLower ? "0123456789abcdef" : "0123456789ABCDEF").utf8)
                    out += [mark, digits[Int(octet >> 4)], digits[Int(octet & 15)]]
                }
            }
            return out
        }
    }

    /// For base64: where its digits end, and other text may follow.
    var textBehind: Int? {
        guard case .base64(let text, _) = shape, let padding = text.firstIndex(of: UInt8(ascii: "=")) else {
            return nil
        }
        return text[padding...].firstIndex { $0 != UInt8(ascii: "=") }
    }

    private static func softEnd(_ text: [UInt8], behind mark: Int) -> Int? {
        var index = mark + 1
        while index < text.count, text[index] == 32 || text[index] == 9 { index += 1 }
        if index < text.count, text[index] == 13 { index += 1 }
        return index < text.count && text[index] == 10 ? index + 1 : nil
    }

    private static func isDigit(_ octet: UInt8) -> Bool {
        WordClass.isAlphanumeric(octet) || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "/")
    }
}
