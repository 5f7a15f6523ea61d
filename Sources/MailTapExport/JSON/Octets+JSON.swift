import MailTapAnalysis
import MailTapCore

/// JSON (RFC 8259) appended to octets.
///
/// Control characters, C1 and DEL among them, and those that change a line's direction are escaped: the result may end
/// up on a terminal.
extension [UInt8] {
    /// Appends a JSON string.
    mutating func append(json text: String) {
        var text = text
        text.withUTF8 { appendQuoted($0) }
    }

    /// Appends a JSON string, or null.
    mutating func append(json text: String?) {
        guard let text else {
            append("null")
            return
        }
        append(json: text)
    }

    /// Appends an array of JSON strings.
    mutating func append(json texts: [String]) {
        append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(json: text)
        }
        append(UInt8(ascii: "]"))
    }

    /// Appends a number.
    mutating func append(json number: UInt64) { TimeText.append(number, to: &self) }

    /// Appends a number.
    mutating func append(json number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        TimeText.append(UInt64(number.magnitude), to: &self)
    }

    /// Appends a truth value; null for nil.
    mutating func append(json flag: Bool?) { append(flag == nil ? "null" : flag == true ? "true" : "false") }

    /// Appends a line as a JSON string; true where it had to be read as Latin-1.
    mutating func append(json line: WireText, reveal: Bool) -> Bool {
        if line.secrets.isEmpty {
            let isUTF8 = line.octets.withUnsafeBufferPointer { buffer -> Bool in
                guard Self.isValid(buffer) else { return false }
                appendQuoted(buffer)
                return true
            }
            if isUTF8 { return false }
        }
        let (text, isLatin1) = line.text(revealing: reveal)
        append(json: text)
        return isLatin1
    }

    private static func isValid(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
        octets.isPlainJSON || octets.allSatisfy { $0 < 0x80 } || String(validating: octets, as: UTF8.self) != nil
    }

    /// Appends octets that are valid UTF-8 as a JSON string.
    private mutating func appendQuoted(_ octets: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        // Nearly always nothing is to be escaped.
        if octets.isPlainJSON {
            append(contentsOf: octets)
            append(UInt8(ascii: "\""))
            return
        }
        var clean = 0
        var index = 0
        while index < octets.count {
            let octet = octets[index]
            var escaped: UInt32?
            var length = 1
            if octet < 0x20 || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") || octet == 0x7F {
                escaped = UInt32(octet)
            } else if octet == 0xC2, index + 1 < octets.count, octets[index + 1] < 0xA0 {
                escaped = UInt32(octets[index + 1])
                length = 2
            } else if octet == 0xE2, index + 2 < octets.count, octets[index + 1] == 0x80 || octets[index + 1] == 0x81 {
                let scalar = 0x2000 | UInt32(octets[index + 1] & 0x3F) << 6 | UInt32(octets[index + 2] & 0x3F)
                if (0x2028...0x202E).contains(scalar) || (0x2066...0x2069).contains(scalar) {
                    escaped = scalar
                    length = 3
                }
            }
            guard let escaped else {
                index += 1
                continue
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: octets[clean..<index]))
            append(escape: escaped)
            index += length
            clean = index
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: octets[clean...]))
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escape scalar: UInt32) {
        switch scalar {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u")
            for shift in [12, 8, 4, 0] as [UInt32] {
                let digit = UInt8(truncatingIfNeeded: scalar >> shift & 15)
                append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether nothing is to be escaped: no control character, quote, backslash, DEL, nor octet above 127.
    ///
    /// Eight octets at a time: of a sum of eight lanes the high bit of a lane tells, and a borrow out of a lane can only
    /// come from one that is told of already.
    fileprivate var isPlainJSON: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let octets = UnsafeRawBufferPointer(self)
        var offset = 0
        while offset + 8 <= octets.count {
            let word = octets.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let quote = word ^ (ones &* 0x22), backslash = word ^ (ones &* 0x5C), delete = word ^ (ones &* 0x7F)
            let control = (word &- ones &* 0x20) & ~word
            let special =
                (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete | control
                | word
            guard special & high == 0 else { return false }
            offset += 8
        }
        while offset < octets.count {
            let octet = octets[offset]
            guard octet >= 0x20, octet < 0x7F, octet != 0x22, octet != 0x5C else { return false }
            offset += 1
        }
        return true
    }
}
