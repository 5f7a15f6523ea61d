/// The base 64 encoding of RFC 4648 section 4, as SASL uses it.
public enum Base64 {
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The encoding of `octets`, padded, without line ends.
    public static func encode(_ octets: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((octets.count / 3 + 1) * 4)
        var index = 0
        while index < octets.count {
            let count = min(3, octets.count - index)
            var group = UInt32(octets[index]) << 16
            if count > 1 { group |= UInt32(octets[index + 1]) << 8 }
            if count > 2 { group |= UInt32(octets[index + 2]) }
            for place in 0..<4 {
                text.append(place <= count ? alphabet[Int(group >> (18 - 6 * UInt32(place)) & 63)] : 0x3D)
            }
            index += 3
        }
        return text
    }

    /// The octets that `text` encodes; nil where it is not exactly one padded encoding.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for character in text {
            if character == 0x3D {
                padding += 1
                guard padding <= 2 else { return nil }
                continue
            }
            guard padding == 0, let value = value(of: character) else { return nil }
            group = group << 6 | value
            digits += 1
            guard digits == 4 else { continue }
            octets += [
                UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8),
                UInt8(truncatingIfNeeded: group),
            ]
            group = 0
            digits = 0
        }
        switch (digits, padding) {
        case (0, 0): break
        case (2, 2): octets.append(UInt8(truncatingIfNeeded: group >> 4))
        case (3, 1): octets += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
        default: return nil
        }
        return octets
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5A: UInt32(character) - 0x41
        case 0x61...0x7A: UInt32(character) - 0x61 + 26
        case 0x30...0x39: UInt32(character) - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
