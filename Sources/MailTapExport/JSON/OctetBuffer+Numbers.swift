import MailTapAnalysis
import MailTapCore

/// Numbers and times, as `TimeText` writes them, straight into the buffer.
extension OctetBuffer {
    /// Appends a number in decimal.
    mutating func append(decimal number: UInt64) {
        if number < 10 { return append(48 + UInt8(truncatingIfNeeded: number)) }
        append(upTo: 20) { room in
            let digits = Self.digits(of: number)
            Self.write(number, digits: digits, to: room)
            return digits
        }
    }

    /// Appends an interval in seconds, with as many decimals as its nanoseconds need, at least six.
    mutating func append(seconds nanoseconds: Int64) {
        if nanoseconds >= 0, nanoseconds < 1_000_000_000 {
            let (microseconds, smaller) = UInt32(truncatingIfNeeded: nanoseconds)
                .quotientAndRemainder(dividingBy: 1_000)
            // Nearly all are short and of whole microseconds.
            if smaller == 0 { return append(microseconds: microseconds) }
        }
        if nanoseconds < 0 { append(UInt8(ascii: "-")) }
        let (seconds, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        append(decimal: seconds)
        append(upTo: 10) { room in
            room.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
            let (microseconds, smaller) = rest.quotientAndRemainder(dividingBy: 1_000)
            Self.write(microseconds, digits: 6, to: room + 1)
            guard smaller > 0 else { return 7 }
            Self.write(smaller, digits: 3, to: room + 7)
            return smaller % 100 == 0 ? 8 : smaller % 10 == 0 ? 9 : 10
        }
    }

    /// Appends less than a million microseconds, in seconds.
    private mutating func append(microseconds: UInt32) {
        let (high, rest) = microseconds.quotientAndRemainder(dividingBy: 10_000)
        let (middle, low) = rest.quotientAndRemainder(dividingBy: 100)
        append(upTo: 8) { room in
            let digits = Self.pair(high) << 16 | Self.pair(middle) << 32 | Self.pair(low) << 48
            room.storeBytes(of: (digits | 0x2E30).littleEndian, as: UInt64.self)
            return 8
        }
    }

    /// The two digits of a number below a hundred, the first of them lowest.
    private static func pair(_ number: UInt32) -> UInt64 {
        let tens = number / 10
        return UInt64(0x3030 | tens | (number - tens * 10) << 8)
    }

    /// Appends a moment in RFC 3339's form in UTC, with six decimals.
    ///
    /// - Parameter second: what was written of the second of the last moment; the next is often of the same.
    mutating func append(moment: Timestamp, _ second: inout SecondText) {
        let (seconds, rest) = moment.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest >= 0, let known = second.octets(of: seconds) {
            known.withUnsafeBytes { append(octets: $0) }
            append(upTo: 8) { room in
                room.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
                Self.write(rest.magnitude / 1_000, digits: 6, to: room + 1)
                room.storeBytes(of: UInt8(ascii: "Z"), toByteOffset: 7, as: UInt8.self)
                return 8
            }
            return
        }
        var text: [UInt8] = []
        text.reserveCapacity(32)
        TimeText.append(moment: moment, to: &text)
        text.withUnsafeBytes { append(octets: $0) }
        if rest >= 0 { second.keep(text.dropLast(8), of: seconds) }
    }

    /// Appends an address as its description has it.
    mutating func append(address: IPAddress) {
        guard address.isIPv4 else {
            var text: [UInt8] = []
            text.reserveCapacity(40)
            address.append(to: &text)
            return text.withUnsafeBytes { append(octets: $0) }
        }
        append(decimal: address.low >> 24 & 255)
        append(UInt8(ascii: "."))
        append(decimal: address.low >> 16 & 255)
        append(UInt8(ascii: "."))
        append(decimal: address.low >> 8 & 255)
        append(UInt8(ascii: "."))
        append(decimal: address.low & 255)
    }

    /// Appends an enhanced status code as a JSON string, or null.
    mutating func append(json code: EnhancedCode?) {
        guard let code else { return append("null") }
        guard code.isShort else { return append(json: code.description) }
        // Three digits at even places of `"2.1.0"`.
        let digits = UInt64(code.kind) << 8 | UInt64(code.subject) << 24 | UInt64(code.detail) << 40
        append(upTo: 8) { room in
            room.storeBytes(of: (0x2230_2E30_2E30_22 &+ digits).littleEndian, as: UInt64.self)
            return 7
        }
    }

    /// Appends a command's keyword as a JSON string.
    ///
    /// - Parameter text: the keyword as text, for one that is no number.
    mutating func append(json verb: Verb, _ text: () -> String) {
        let code = verb.code
        let count = 8 - code.leadingZeroBitCount / 8
        // The octets from the lowest on, the first of them lowest; letters where there are none.
        let octets = count == 8 ? code.byteSwapped : (code << UInt64(64 - 8 * count)).byteSwapped
        guard code > 1, !(octets | 0x6161_6161_6161_6161 << UInt64(8 * count)).needsJSONEscape else {
            return append(json: text())
        }
        append(upTo: 10) { room in
            room.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            room.storeBytes(of: octets.littleEndian, toByteOffset: 1, as: UInt64.self)
            room.storeBytes(of: UInt8(ascii: "\""), toByteOffset: count + 1, as: UInt8.self)
            return count + 2
        }
    }

    /// Appends a digest in 64 lower-case hexadecimal digits.
    mutating func append(hexadecimal digest: ContentDigest) {
        let words = digest.words
        append(upTo: 64) { room in
            Self.write(hexadecimal: words.0, to: room)
            Self.write(hexadecimal: words.1, to: room + 16)
            Self.write(hexadecimal: words.2, to: room + 32)
            Self.write(hexadecimal: words.3, to: room + 48)
            return 64
        }
    }

    /// Writes a number in 16 hexadecimal digits, where there is room for them.
    private static func write(hexadecimal number: UInt64, to room: UnsafeMutableRawPointer) {
        room.storeBytes(of: digits(hexadecimal: number >> 32).bigEndian, as: UInt64.self)
        let low = digits(hexadecimal: number & 0xFFFF_FFFF)
        room.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }

    /// The eight digits of a number below 2³², the first of them highest: four bits are spread to each octet, and then
    /// made a digit in all of them at once.
    private static func digits(hexadecimal number: UInt64) -> UInt64 {
        var spread = (number | number << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    private static func digits(of number: UInt64) -> Int {
        var digits = 1
        var rest = number
        while rest >= 10_000 {
            rest /= 10_000
            digits += 4
        }
        return digits + (rest >= 1_000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    /// Writes the low `digits` decimal digits of a number, zeros in front, where there is room for them.
    private static func write(_ number: UInt64, digits: Int, to room: UnsafeMutableRawPointer) {
        var rest = number
        var place = digits
        while place >= 2 {
            let (hundreds, pair) = rest.quotientAndRemainder(dividingBy: 100)
            let tens = pair / 10
            // Two digits as one number, the first of them lowest.
            let octets = UInt16(truncatingIfNeeded: (48 + tens) | (48 + pair - tens * 10) << 8)
            place -= 2
            room.storeBytes(of: octets.littleEndian, toByteOffset: place, as: UInt16.self)
            rest = hundreds
        }
        if place == 1 { room.storeBytes(of: 48 + UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self) }
    }
}
