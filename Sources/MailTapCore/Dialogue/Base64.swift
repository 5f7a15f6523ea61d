/// Base64 (RFC 4648 section 4), as SASL responses and MIME parts use it.
public enum Base64 {
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// The octets in base64, padded.
    public static func encode(_ octets: some Sequence<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(octets.underestimatedCount / 3 * 4 + 4)
        var bits: UInt32 = 0
        var held = 0
        func digit(_ shift: UInt32) -> UInt8 { alphabet[Int(bits >> shift & 63)] }
        for octet in octets {
            bits = bits << 8 | UInt32(octet)
            held += 1
            guard held == 3 else { continue }
            text += [digit(18), digit(12), digit(6), digit(0)]
            (bits, held) = (0, 0)
        }
        if held == 1 {
            bits <<= 16
            text += [digit(18), digit(12), padding, padding]
        } else if held == 2 {
            bits <<= 8
            text += [digit(18), digit(12), digit(6), padding]
        }
        return text
    }

    /// What a base64 text stands for; nil where it has other characters than base64's, or padding where none belongs.
    ///
    /// Missing padding and bits that stand for nothing are let pass.
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var decoder = Decoder()
        for character in text {
            if character == padding {
                decoder.paddings += 1
            } else if let value = value(of: character), decoder.paddings == 0 {
                decoder.take(value)
            } else {
                return nil
            }
        }
        // A single digit holds no octet; padding fills up a group of four, or is left out.
        guard decoder.held != 1, decoder.paddings == 0 || (decoder.held >= 2 && decoder.held + decoder.paddings == 4)
        else { return nil }
        return decoder.octets
    }

    /// What can be made of a text that should be base64: other characters are skipped, the first padding ends it.
    public static func decodeTolerantly(_ text: some Sequence<UInt8>) -> [UInt8] {
        var decoder = Decoder()
        for character in text {
            if character == padding { break }
            if let value = value(of: character) { decoder.take(value) }
        }
        return decoder.octets
    }

    /// Whether it is a digit of base64; padding is none.
    static func isDigit(_ character: UInt8) -> Bool { value(of: character) != nil }

    private struct Decoder {
        var octets: [UInt8] = []
        /// Digits of the group of four that is not complete.
        var held = 0
        var paddings = 0
        private var bits: UInt32 = 0

        mutating func take(_ value: UInt8) {
            bits = bits << 6 | UInt32(value)
            held = (held + 1) & 3
            // Digits 2, 3 and 4 of a group each complete an octet.
            let spare: UInt32 = held == 2 ? 4 : held == 3 ? 2 : 0
            if held != 1 { octets.append(UInt8(truncatingIfNeeded: bits >> spare)) }
        }
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
