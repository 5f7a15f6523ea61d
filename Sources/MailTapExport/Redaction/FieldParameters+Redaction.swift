import MailTapCore

extension FieldParameters {
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
        let first = Array(value.prefix { $0 != "/" }.utf8)
        guard Vocabulary.mediaTypes.contains(first) else { return pseudonyms.words(body) }
        guard let open = body.firstIndex(of: UInt8(ascii: "(")) else { return Array(body) }
        return Array(body[..<open]) + pseudonyms.words(body[open...])
    }

    private func redacted(_ parameter: Parameter, by pseudonyms: inout Pseudonyms) -> [UInt8] {
        let value = text[parameter.value]
        let isKept = Vocabulary.keptParameters.contains(Array(parameter.name.utf8))
        if isKept, parameter.name != "charset" || Vocabulary.isCharset(parameter.plain) { return Array(value) }
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
