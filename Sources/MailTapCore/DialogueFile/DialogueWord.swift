/// A word of a header or mark line: `value`, `"quoted value"` or `key=value`.
struct DialogueWord: Equatable {
    /// What stands before `=`; nil where there is none.
    var key: String?
    /// The value, escapes undone.
    var value: [UInt8]
    /// Whether the value stood in quotes.
    var isQuoted: Bool

    /// The value as text, nil where it is not UTF-8.
    var text: String? { String(validating: value, as: UTF8.self) }
    /// The value of a word without key and quotes.
    var plain: String? { key == nil && !isQuoted ? text : nil }

    /// The words of a line; nil where a quote does not end, or an escape is none.
    static func words(_ line: ArraySlice<UInt8>) -> [DialogueWord]? {
        var words: [DialogueWord] = []
        var rest = line
        while true {
            rest = rest.drop { $0 == 32 || $0 == 9 }
            guard !rest.isEmpty else { return words }
            var word = DialogueWord(key: nil, value: [], isQuoted: false)
            while let octet = rest.first, octet != 32, octet != 9 {
                rest = rest.dropFirst()
                switch octet {
                case UInt8(ascii: "=") where word.key == nil && !word.value.isEmpty && !word.isQuoted:
                    word.key = String(decoding: word.value, as: UTF8.self)
                    word.value = []
                case UInt8(ascii: "\"") where word.value.isEmpty && !word.isQuoted:
                    word.isQuoted = true
                    guard let value = quoted(&rest) else { return nil }
                    word.value = value
                default:
                    guard !word.isQuoted else { return nil }
                    word.value.append(octet)
                }
            }
            words.append(word)
        }
    }

    /// What stands up to the closing quote, which is consumed.
    private static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var value: [UInt8] = []
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "\"") { return value }
            if octet == UInt8(ascii: "\\") {
                guard let unescaped = DialogueEscapes.unescape(&rest) else { return nil }
                value.append(unescaped)
            } else {
                value.append(octet)
            }
        }
        return nil
    }
}
