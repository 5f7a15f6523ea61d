/// The escapes of dialogue files: any octet as text that editors, terminals and git leave alone.
enum DialogueEscapes {
    /// What is special where the text stands.
    enum Place {
        /// Behind `C: ` or `S: `: braces begin a mask or a pattern.
        case line
        /// Inside `{masked KIND …}`.
        case mask
        /// Inside a quoted value.
        case quoted
    }

    /// Appends octets so that they stand on one line of a file.
    static func append(_ octets: ArraySlice<UInt8>, in place: Place, to out: inout [UInt8]) {
        var index = octets.startIndex
        while index < octets.endIndex {
            let octet = octets[index]
            switch octet {
            case UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), octet]
            case UInt8(ascii: "{") where place != .quoted: out += [UInt8(ascii: "\\"), octet]
            case UInt8(ascii: "}") where place == .mask: out += [UInt8(ascii: "\\"), octet]
            case UInt8(ascii: "\"") where place == .quoted: out += [UInt8(ascii: "\\"), octet]
            case 9: out += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 10: out += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 13: out += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x20 where place == .line && index == octets.endIndex - 1:
                // Editors drop spaces at the end of a line.
                hex(octet, to: &out)
            case 0x20..<0x7F: out.append(octet)
            case 0x80...:
                let length = visibleLength(octets[index...])
                if length == 0 { hex(octet, to: &out) } else { out += octets[index..<index + length] }
                index += max(1, length)
                continue
            default: hex(octet, to: &out)
            }
            index += 1
        }
    }

    /// Undoes the escape whose backslash stands before `rest`; nil where it is none.
    static func unescape(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard let letter = rest.popFirst() else { return nil }
        switch letter {
        case UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\""): return letter
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "x"):
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            return high << 4 | low
        default: return nil
        }
    }

    /// Length of the valid UTF-8 character at the front if it can be seen, else 0.
    private static func visibleLength(_ octets: ArraySlice<UInt8>) -> Int {
        guard let first = octets.first, first >= 0xC2 else { return 0 }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard let text = String(validating: octets.prefix(length), as: UTF8.self),
            let scalar = text.unicodeScalars.first
        else { return 0 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate,
            .spaceSeparator:
            return 0
        default: return length
        }
    }

    private static func hex(_ octet: UInt8, to out: inout [UInt8]) {
        out += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
        for digit in [octet >> 4, octet & 15] {
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
