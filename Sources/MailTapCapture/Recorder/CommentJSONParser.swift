/// Reads one JSON value (RFC 8259) of a packet comment.
///
/// Total: whatever the text, it returns nil or a value, in time linear in its length, at most `maximumDepth` deep.
struct CommentJSONParser {
    /// Arrays and objects inside one another that are read; deeper ones make the text no value.
    static let maximumDepth = 8
    /// Octets of text that are read; a pcapng option holds fewer.
    static let maximumLength = 65_536

    private let text: [UInt8]
    private var position = 0

    private init(_ text: [UInt8]) { self.text = text }

    /// The value that the text stands for; nil where it is none, or more than a comment of MailTap's ever holds.
    static func parse(_ text: some StringProtocol) -> CommentJSON? {
        guard text.utf8.count <= maximumLength else { return nil }
        var parser = Self([UInt8](text.utf8))
        guard let value = parser.value(depth: 0) else { return nil }
        parser.skipSpace()
        return parser.position == parser.text.count ? value : nil
    }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() {
        while let octet = next, octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D { position += 1 }
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard next == octet else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString, _ value: CommentJSON) -> CommentJSON? {
        for octet in String(describing: word).utf8 where !take(octet) { return nil }
        return value
    }

    private mutating func value(depth: Int) -> CommentJSON? {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth + 1)
        case UInt8(ascii: "["): return array(depth: depth + 1)
        case UInt8(ascii: "\""): return string().map(CommentJSON.string)
        case UInt8(ascii: "t"): return take(word: "true", .bool(true))
        case UInt8(ascii: "f"): return take(word: "false", .bool(false))
        case UInt8(ascii: "n"): return take(word: "null", .null)
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> CommentJSON? {
        guard depth <= Self.maximumDepth, take(UInt8(ascii: "{")) else { return nil }
        var members: [(key: String, value: CommentJSON)] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard let key = string() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")), let value = value(depth: depth) else { return nil }
            members.append((key, value))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func array(depth: Int) -> CommentJSON? {
        guard depth <= Self.maximumDepth, take(UInt8(ascii: "[")) else { return nil }
        var values: [CommentJSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            guard let value = value(depth: depth) else { return nil }
            values.append(value)
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    /// A number; one with a fraction, an exponent or more than 64 bits is let pass as null: no key of ours has such.
    private mutating func number() -> CommentJSON? {
        let start = position
        while let octet = next, (octet >= 0x30 && octet <= 0x39) || "+-.eE".utf8.contains(octet) { position += 1 }
        guard position > start else { return nil }
        return Int64(String(decoding: text[start..<position], as: UTF8.self)).map(CommentJSON.integer) ?? .null
    }

    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var octets: [UInt8] = []
        while let octet = next {
            position += 1
            switch octet {
            case UInt8(ascii: "\""): return String(decoding: octets, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                octets += [UInt8](String(Character(scalar)).utf8)
            default: octets.append(octet)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let octet = next else { return nil }
        position += 1
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(octet)
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "u"): return codePoint()
        default: return nil
        }
    }

    private mutating func codePoint() -> Unicode.Scalar? {
        guard let unit = hexadecimal() else { return nil }
        guard unit & 0xFC00 == 0xD800 else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        let behind = position
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hexadecimal(), low & 0xFC00 == 0xDC00 else {
            position = behind
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF)))
    }

    private mutating func hexadecimal() -> UInt32? {
        guard text.count - position >= 4 else { return nil }
        var number: UInt32 = 0
        for octet in text[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(octet)).hexDigitValue, octet < 0x80 else { return nil }
            number = number << 4 | UInt32(digit)
        }
        position += 4
        return number
    }
}
