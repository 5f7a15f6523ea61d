import MailTapCore

/// The members of a JSON object (RFC 8259) that are text, numbers, true or false, as a peer's few lines of JSON hold them.
///
/// Bounded: longer texts, deeper values and what is no JSON are none. Arrays and objects inside are passed over.
struct JSONObject {
    private var members: [(name: String, value: String)] = []

    private static let lengthLimit = 16_384
    private static let depthLimit = 32

    /// Nil for what is no JSON object.
    init?(_ octets: [UInt8]) {
        guard octets.count <= Self.lengthLimit else { return nil }
        var parser = Parser(octets: octets)
        parser.skipBlanks()
        guard let members = parser.takeObject(depth: 0) else { return nil }
        parser.skipBlanks()
        guard parser.isAtEnd else { return nil }
        self.members = members
    }

    /// The value of the first member of that name; nil where there is none that is text, a number, true or false.
    subscript(_ name: String) -> String? { members.first { $0.name == name }?.value }

    private struct Parser {
        let octets: [UInt8]
        var index = 0

        var isAtEnd: Bool { index >= octets.count }
        private var next: UInt8? { index < octets.count ? octets[index] : nil }

        mutating func skipBlanks() {
            while let octet = next, SMTPBlank.contains(octet) || octet == 10 || octet == 13 { index += 1 }
        }

        /// Takes a mark and the blanks behind it, where it stands next.
        private mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard let octet = next, UInt32(octet) == mark.value else { return false }
            index += 1
            skipBlanks()
            return true
        }

        mutating func takeObject(depth: Int) -> [(name: String, value: String)]? {
            guard take("{") else { return nil }
            var members: [(name: String, value: String)] = []
            if take("}") { return members }
            repeat {
                guard let name = takeText(), take(":"), let value = takeValue(depth: depth + 1) else { return nil }
                if case .scalar(let text) = value { members.append((name, text)) }
            } while take(",")
            return take("}") ? members : nil
        }

        private enum Value {
            case scalar(String)
            /// Null, an array, an object.
            case other
        }

        private mutating func takeValue(depth: Int) -> Value? {
            guard depth < JSONObject.depthLimit else { return nil }
            switch next {
            case UInt8(ascii: "\""): return takeText().map { .scalar($0) }
            case UInt8(ascii: "{"): return takeObject(depth: depth).map { _ in .other }
            case UInt8(ascii: "["): return takeArray(depth: depth)
            default: return takeWord()
            }
        }

        private mutating func takeArray(depth: Int) -> Value? {
            guard take("[") else { return nil }
            if take("]") { return .other }
            repeat {
                guard takeValue(depth: depth + 1) != nil else { return nil }
            } while take(",")
            return take("]") ? .other : nil
        }

        /// A number, true, false or null.
        private mutating func takeWord() -> Value? {
            let start = index
            while let octet = next, (octet | 0x20) &- 97 < 26 || octet &- 48 < 10 || [43, 45, 46].contains(octet) {
                index += 1
            }
            let word = String(decoding: octets[start..<index], as: UTF8.self)
            skipBlanks()
            switch word {
            case "true", "false": return .scalar(word)
            case "null": return .other
            default: return word.utf8.first.map { $0 &- 48 < 10 || $0 == 45 } == true ? .scalar(word) : nil
            }
        }

        /// A text between quotes, its escapes undone (RFC 8259 section 7), and the blanks behind it.
        private mutating func takeText() -> String? {
            guard next == UInt8(ascii: "\"") else { return nil }
            index += 1
            var text: [UInt8] = []
            while let octet = next {
                index += 1
                switch octet {
                case UInt8(ascii: "\""):
                    skipBlanks()
                    return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard takeEscape(into: &text) else { return nil }
                case 0..<32: return nil
                default: text.append(octet)
                }
            }
            return nil
        }

        private mutating func takeEscape(into text: inout [UInt8]) -> Bool {
            guard let octet = next else { return false }
            index += 1
            switch octet {
            case UInt8(ascii: "u"):
                guard let unit = takeUnit() else { return false }
                var units = [unit]
                // The second half of a pair of surrogates.
                if unit & 0xFC00 == 0xD800, octets[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
                    index += 2
                    guard let second = takeUnit() else { return false }
                    units.append(second)
                }
                text += Array(String(decoding: units, as: UTF16.self).utf8)
            default:
                guard let plain = TextEscapes.octet(octet) else { return false }
                text.append(plain)
            }
            return true
        }

        /// Four hexadecimal digits.
        private mutating func takeUnit() -> UInt16? {
            guard let unit = TextEscapes.number(octets[index...].prefix(4), digits: 4) else { return nil }
            index += 4
            return unit
        }
    }
}
