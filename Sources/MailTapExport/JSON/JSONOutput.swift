import MailTapAnalysis
import MailTapCore

/// What JSON (RFC 8259) can be appended to.
///
/// Control characters, C1 and DEL among them, and those that change a line's direction are escaped: the result may end
/// up on a terminal.
protocol JSONOutput: ~Copyable {
    /// Appends an octet.
    mutating func append(_ octet: UInt8)
    /// Appends text as it stands.
    mutating func append(_ text: StaticString)
    /// Appends octets as they stand.
    mutating func append(octets: UnsafeRawBufferPointer)
    /// Appends a number in decimal.
    mutating func append(decimal number: UInt64)
    /// Appends octets as a JSON string if none of them is to be escaped or above 127; else nothing, and false.
    mutating func appendQuoted(ifPlain octets: UnsafeRawBufferPointer) -> Bool
}

extension JSONOutput where Self: ~Copyable {
    /// Appends a JSON string.
    mutating func append(json text: String) {
        // Where its octets lie already nothing of it is copied.
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { appendQuoted(UnsafeRawBufferPointer($0)) }
        guard isWritten == nil else { return }
        var text = text
        text.withUTF8 { appendQuoted(UnsafeRawBufferPointer($0)) }
    }

    /// Appends text that is valid UTF-8 as a JSON string.
    mutating func append(jsonUTF8 text: RawSpan) { text.withUnsafeBytes { appendQuoted($0) } }

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
        for index in texts.indices {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(json: texts[index])
        }
        append(UInt8(ascii: "]"))
    }

    /// Appends a number.
    mutating func append(json number: UInt64) { append(decimal: number) }

    /// Appends a number.
    mutating func append(json number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(number.magnitude))
    }

    /// Appends a number, or null.
    mutating func append(json number: Int?) {
        if let number { append(json: number) } else { append("null") }
    }

    /// Appends a truth value; null for nil.
    mutating func append(json flag: Bool?) { append(flag == nil ? "null" : flag == true ? "true" : "false") }

    /// Appends a line as a JSON string; true where it had to be read as Latin-1.
    mutating func append(json line: borrowing WireText, reveal: Bool) -> Bool {
        if !line.hasSecrets, line.withBytes({ $0.withUnsafeBytes { append(jsonIfUTF8: $0) } }) { return false }
        let (text, isLatin1) = line.text(revealing: reveal)
        append(json: text)
        return isLatin1
    }

    /// Appends octets as a JSON string if they are UTF-8; else nothing, and false.
    private mutating func append(jsonIfUTF8 octets: UnsafeRawBufferPointer) -> Bool {
        if appendQuoted(ifPlain: octets) { return true }
        let text = octets.assumingMemoryBound(to: UInt8.self)
        guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else { return false }
        appendQuoted(octets)
        return true
    }

    /// Appends octets that are valid UTF-8 as a JSON string.
    private mutating func appendQuoted(_ octets: UnsafeRawBufferPointer) {
        // Nearly always nothing is to be escaped.
        if appendQuoted(ifPlain: octets) { return }
        append(UInt8(ascii: "\""))
        var clean = 0
        var index = octets.plainJSONEnd(from: 0)
        while index < octets.count {
            if let (scalar, length) = octets.escapedScalar(at: index) {
                append(octets: UnsafeRawBufferPointer(rebasing: octets[clean..<index]))
                append(escape: scalar)
                index += length
                clean = index
            } else {
                index += 1
            }
            index = octets.plainJSONEnd(from: index)
        }
        append(octets: UnsafeRawBufferPointer(rebasing: octets[clean...]))
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

extension [UInt8]: JSONOutput {
    mutating func append(octets: UnsafeRawBufferPointer) { append(contentsOf: octets) }

    mutating func append(decimal number: UInt64) { TimeText.append(number, to: &self) }

    mutating func appendQuoted(ifPlain octets: UnsafeRawBufferPointer) -> Bool {
        guard octets.plainJSONEnd(from: 0) == octets.count else { return false }
        append(UInt8(ascii: "\""))
        append(contentsOf: octets)
        append(UInt8(ascii: "\""))
        return true
    }
}

extension OctetBuffer: JSONOutput {
    mutating func appendQuoted(ifPlain octets: UnsafeRawBufferPointer) -> Bool {
        var isPlain = true
        append(upTo: octets.count + 2) { room in
            isPlain = octets.copyIfPlainJSON(to: room + 1)
            guard isPlain else { return 0 }
            room.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
            room.storeBytes(of: UInt8(ascii: "\""), toByteOffset: octets.count + 1, as: UInt8.self)
            return octets.count + 2
        }
        return isPlain
    }
}
