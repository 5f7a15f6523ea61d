import MailTapCore

/// A MIME field with parameters (RFC 2045 section 5.1), with the places of its parts.
struct FieldParameters {
    struct Parameter {
        /// In lower case, without the number of a piece (RFC 2231 section 3).
        var name: String
        /// Where the whole name stands.
        var place: Range<Int>
        /// Where its value stands, quotes included.
        var value: Range<Int>
        /// Whether the value has percent escapes (RFC 2231 section 4).
        var isExtended: Bool
        /// The value without quotes and escapes.
        var plain: [UInt8]
    }

    /// What stands before the first semicolon, in lower case, without blanks and comments.
    private(set) var value = ""
    private(set) var parameters: [Parameter] = []

    let text: [UInt8]
    /// Where what stands before the first parameter ends.
    private(set) var valueEnd = 0

    init(_ body: ArraySlice<UInt8>) {
        text = Array(body)
        valueEnd = skip(to: [UInt8(ascii: ";")], from: 0)
        value = String(decoding: Self.withoutComments(text[..<valueEnd]), as: UTF8.self).lowercased()
        var index = valueEnd
        while index < text.count {
            let start = skip(while: { [59, 32, 9, 13, 10].contains($0) }, from: index)
            let end = skip(to: [UInt8(ascii: ";")], from: start)
            if let parameter = parameter(start..<end) { parameters.append(parameter) }
            index = max(end, index + 1)
        }
    }

    private func parameter(_ range: Range<Int>) -> Parameter? {
        guard let equals = text[range].firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let place = range.lowerBound..<equals
        let words = String(decoding: text[place].filter { ![32, 9, 13, 10].contains($0) }, as: UTF8.self).lowercased()
            .split(separator: "*", omittingEmptySubsequences: false)
        let value = skip(while: { [32, 9, 13, 10].contains($0) }, from: equals + 1)..<range.upperBound
        guard value.lowerBound <= value.upperBound else { return nil }
        return Parameter(
            name: words.first.map(String.init) ?? "", place: place, value: value,
            isExtended: words.count > 1 && words.last?.isEmpty == true, plain: Self.unquoted(text[value]))
    }

    /// The next of `stops` outside quotes and comments, or the end.
    private func skip(to stops: [UInt8], from start: Int) -> Int {
        var index = start
        var isQuoted = false
        var comments = 0
        while index < text.count {
            let octet = text[index]
            if octet == UInt8(ascii: "\\"), isQuoted || comments > 0 {
                index += 1
            } else if octet == UInt8(ascii: "\""), comments == 0 {
                isQuoted.toggle()
            } else if !isQuoted, octet == UInt8(ascii: "(") {
                comments += 1
            } else if !isQuoted, octet == UInt8(ascii: ")"), comments > 0 {
                comments -= 1
            } else if !isQuoted, comments == 0, stops.contains(octet) {
                return index
            }
            index += 1
        }
        return text.count
    }

    private func skip(while condition: (UInt8) -> Bool, from start: Int) -> Int {
        text[min(start, text.count)...].firstIndex { !condition($0) } ?? text.count
    }

    private static func withoutComments(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var depth = 0
        return octets.filter { octet in
            if octet == UInt8(ascii: "(") { depth += 1 }
            defer { if octet == UInt8(ascii: ")"), depth > 0 { depth -= 1 } }
            return depth == 0 && ![32, 9, 13, 10].contains(octet)
        }
    }

    private static func unquoted(_ value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.first == UInt8(ascii: "\"") else {
            return Array(value.prefix { ![32, 9, 13, 10].contains($0) })
        }
        var out: [UInt8] = []
        var rest = value.dropFirst()
        while let octet = rest.popFirst(), octet != UInt8(ascii: "\"") {
            if octet == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                out.append(escaped)
            } else {
                out.append(octet)
            }
        }
        return out
    }
}
