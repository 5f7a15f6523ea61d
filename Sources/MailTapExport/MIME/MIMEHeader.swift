import MailTapCore

/// A header section with the places of its fields, and what it says of the body that follows.
struct MIMEHeader {
    struct Field {
        var name: Range<Int>
        /// The name in lower case.
        var key: String
        /// Everything behind the colon, folded lines and the last line end included.
        var body: Range<Int>
    }

    /// The media type in lower case.
    private(set) var media: String
    /// How the body that follows is written.
    private(set) var form: PartForm
    /// The boundary that its multipart declares.
    private(set) var boundary: [UInt8]?
    /// Whether a message with a header section of its own follows.
    private(set) var opensMessage = false

    let text: [UInt8]
    private(set) var fields: [Field] = []

    /// What parts of this one are that declare no type (RFC 2046 section 5.1.5).
    var innerType: String { media == "multipart/digest" ? "message/rfc822" : "text/plain" }

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
        media = ""
        findFields()
        let type = fields.first { $0.key == "content-type" }.map { FieldParameters(text[$0.body]) }
        let encoding =
            fields.first { $0.key == "content-transfer-encoding" }
            .map { FieldParameters(text[$0.body]).value } ?? ""
        media = type?.value ?? defaultType
        if !media.contains("/") { media = "text/plain" }
        form = PartForm(type: media, encoding: encoding)
        let isIdentity = !["base64", "quoted-printable"].contains(encoding)
        opensMessage = (media == "message/rfc822" || media == "message/global") && isIdentity
        if media.hasPrefix("multipart/") {
            boundary = type?.parameters.first { $0.name == "boundary" }?.plain
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
}
