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

    private let text: [UInt8]
    private var valueEnd = 0

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

    /// The field with other values, as many octets: types, charsets and parameters' names stay.
    func redacted(by pseudonyms: inout Pseudonyms) -> [UInt8] {
        var out = mediaType(&pseudonyms)
        var index = valueEnd
        for parameter in parameters {
            out += pseudonyms.words(text[index..<parameter.place.lowerBound])
            let name = text[parameter.place]
            let isKnown = Vocabulary.fieldParameters.contains(Array(parameter.name.utf8))
            out += isKnown ? Array(name) : pseudonyms.words(name)
            out += text[parameter.place.upperBound..<parameter.value.lowerBound]
            out += redacted(parameter, by: &pseudonyms)
            index = parameter.value.upperBound
        }
        return out + pseudonyms.words(text[min(index, text.count)...])
    }

    /// The type stays; a comment beside it does not.
    private func mediaType(_ pseudonyms: inout Pseudonyms) -> [UInt8] {
        let body = text[..<valueEnd]
        guard let open = body.firstIndex(of: UInt8(ascii: "(")) else { return Array(body) }
        return Array(body[..<open]) + pseudonyms.words(body[open...])
    }

    private func redacted(_ parameter: Parameter, by pseudonyms: inout Pseudonyms) -> [UInt8] {
        let value = text[parameter.value]
        if Vocabulary.keptParameters.contains(Array(parameter.name.utf8)) { return Array(value) }
        if parameter.name == "boundary" { return pseudonyms.plainWords(value) }
        guard parameter.isExtended else {
            let new = EncodedWordRedaction.redacted(value, by: &pseudonyms)
            let end = value.lastIndex { ![32, 9, 13, 10].contains($0) }.map { $0 - value.startIndex + 1 } ?? 0
            pseudonyms.log.note(
                parameter.name.hasSuffix("name") ? .file : .field, value.prefix(end), new.prefix(end))
            return new
        }
        // charset'language'text; later pieces have the text alone.
        let quotes = value.indices.filter { value[$0] == UInt8(ascii: "'") }
        let start = quotes.count >= 2 ? quotes[1] + 1 : value.startIndex
        var form = TransferForm.hexadecimal(Array(value[start...]), mark: UInt8(ascii: "%"))
        form.decoded = pseudonyms.words(form.decoded)
        let new = Array(value[..<start]) + form.encoded
        pseudonyms.log.note(.file, parameter.plain, new.prefix(parameter.plain.count))
        return new
    }
}
