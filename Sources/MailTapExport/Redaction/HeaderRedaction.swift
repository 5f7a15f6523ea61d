import MailTapCore

/// A header section, field by field: names that everybody uses stay, and what says how to read the body.
struct HeaderRedaction {
    private struct Field {
        var name: Range<Int>
        /// The name in lower case.
        var key: String
        /// Everything behind the colon, folded lines and the last line end included.
        var body: Range<Int>
    }

    /// How the body that follows is written.
    private(set) var form: PartForm
    /// The boundary that its multipart declares.
    private(set) var boundary: [UInt8]?
    private(set) var isDigest = false
    /// Whether a message with a header section of its own follows.
    private(set) var opensMessage = false

    private let text: [UInt8]
    private var fields: [Field] = []

    /// Whether a line belongs to a header section (RFC 5322 section 2.2).
    static func isField(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first else { return false }
        if first == 32 || first == 9 || line.starts(with: "From ".utf8) { return true }
        let name = line.prefix { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
        let rest = line[name.endIndex...].drop { $0 == 32 || $0 == 9 }
        return !name.isEmpty && rest.first == UInt8(ascii: ":")
    }

    init(_ section: ArraySlice<UInt8>, defaultType: String) {
        text = Array(section)
        form = PartForm()
        findFields()
        let type = fields.first { $0.key == "content-type" }.map { FieldParameters(text[$0.body]) }
        let encoding = fields.first { $0.key == "content-transfer-encoding" }
            .map { FieldParameters(text[$0.body]).value } ?? ""
        var media = type?.value ?? defaultType
        if !media.contains("/") { media = "text/plain" }
        form = PartForm(type: media, encoding: encoding)
        let isIdentity = !["base64", "quoted-printable"].contains(encoding)
        opensMessage = (media == "message/rfc822" || media == "message/global") && isIdentity
        if media.hasPrefix("multipart/") {
            boundary = type?.parameters.first { $0.name == "boundary" }?.plain
            isDigest = media == "multipart/digest"
        }
    }

    private mutating func findFields() {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 10).map { $0 + 1 } ?? text.count
            let line = start..<end
            start = end
            guard let first = text[line].first else { continue }
            if first == 32 || first == 9, !fields.isEmpty {
                fields[fields.count - 1].body = fields[fields.count - 1].body.lowerBound..<end
                continue
            }
            let colon = text[line].firstIndex(of: UInt8(ascii: ":"))
            let name = colon.map { line.lowerBound..<$0 } ?? line.lowerBound..<line.lowerBound
            let key = String(decoding: text[name].filter { $0 != 32 && $0 != 9 }, as: UTF8.self).lowercased()
            fields.append(Field(name: name, key: key, body: (colon.map { $0 + 1 } ?? line.lowerBound)..<end))
        }
    }

    /// The section with other words, as many octets.
    func redacted(by pseudonyms: inout Pseudonyms) -> [UInt8] {
        var out: [UInt8] = []
        for field in fields {
            let name = text[field.name]
            out += Vocabulary.fields.contains(Array(field.key.utf8))
                ? Array(name)
                : pseudonyms.words(name) { word, _ in word.elementsEqual("X".utf8) || word.elementsEqual("x".utf8) }
            if field.body.lowerBound > field.name.upperBound { out.append(UInt8(ascii: ":")) }
            out += body(field, &pseudonyms)
        }
        return out
    }

    private func body(_ field: Field, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        let body = text[field.body]
        switch field.key {
        case "content-type", "content-disposition":
            return FieldParameters(body).redacted(by: &pseudonyms)
        case "content-transfer-encoding", "mime-version":
            return pseudonyms.words(body) { word, _ in
                word.allSatisfy(WordClass.isDigit) || Vocabulary.encodings.contains(word.map(WordClass.lowercased))
            }
        case "date", "resent-date": return date(body, &pseudonyms)
        case "received":
            guard let semicolon = body.lastIndex(of: UInt8(ascii: ";")) else { return trace(body, &pseudonyms) }
            return trace(body[...semicolon], &pseudonyms) + date(body[(semicolon + 1)...], &pseudonyms)
        case "from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "delivered-to", "x-original-to",
            "resent-from", "resent-to", "envelope-to":
            return listed(body, .mailbox, &pseudonyms)
        case "message-id", "in-reply-to", "references", "content-id", "resent-message-id":
            return listed(body, .identifier, &pseudonyms)
        default: return listed(body, .field, &pseudonyms)
        }
    }

    private func listed(
        _ body: ArraySlice<UInt8>, _ kind: RedactionLog.Kind, _ pseudonyms: inout Pseudonyms
    ) -> [UInt8] {
        if kind == .mailbox { pseudonyms.learn(body) }
        let new = EncodedWordRedaction.redacted(body, by: &pseudonyms)
        pseudonyms.log.note(kind, Self.trimmed(body), Self.trimmed(new[...]))
        return new
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        guard let last = octets.lastIndex(where: { !isBlank($0) }) else { return [] }
        return octets[...last].drop(while: isBlank)
    }

    /// Dates stay: the packets bear the same.
    private func date(_ body: ArraySlice<UInt8>, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        pseudonyms.words(body) { word, _ in
            word.count <= 4 && word.allSatisfy(WordClass.isDigit)
                || Vocabulary.date.contains(word.map(WordClass.lowercased))
        }
    }

    private func trace(_ body: ArraySlice<UInt8>, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        pseudonyms.words(body) { word, text in
            func isBlank(_ index: Int) -> Bool {
                !text.indices.contains(index) || [32, 9, 13, 10, 40, 41, 59].contains(text[index])
            }
            return isBlank(word.startIndex - 1) && isBlank(word.endIndex)
                && Vocabulary.trace.contains(word.map(WordClass.lowercased))
        }
    }
}
