import MailTapCore

/// A header section, taken apart into fields (RFC 5322 section 2.2), bodies unfolded but not decoded.
struct HeaderSection {
    struct Field {
        /// In lower case.
        var name: String
        /// Without the line ends of its folding; blanks in front removed.
        var body: [UInt8]
    }

    private(set) var fields: [Field] = []

    init() {}

    /// The fields of `octets`, whole lines; lines that are no field (an mbox `From ` line) are left out.
    init(_ octets: [UInt8]) {
        let bytes = octets.span.bytes
        var start = 0
        while start < bytes.byteCount {
            let end = bytes.firstIndex(of: 10, from: start) ?? bytes.byteCount
            take(bytes.extracting(start..<end))
            start = end + 1
        }
        // A body that begins with a fold starts with blanks that were not in its first line.
        for index in fields.indices where fields[index].body.first.map(SMTPBlank.contains) == true {
            fields[index].body = Array(fields[index].body.drop(while: SMTPBlank.contains))
        }
    }

    private mutating func take(_ line: RawSpan) {
        var end = line.byteCount
        if end > 0, line[octet: end - 1] == 13 { end -= 1 }
        guard end > 0 else { return }
        if SMTPBlank.contains(line[octet: 0]) {
            guard !fields.isEmpty else { return }
            line.extracting(0..<end).withUnsafeBytes { fields[fields.count - 1].body.append(contentsOf: $0) }
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon < end else { return }
        var nameEnd = colon
        while nameEnd > 0, SMTPBlank.contains(line[octet: nameEnd - 1]) { nameEnd -= 1 }
        var body = colon + 1
        while body < end, SMTPBlank.contains(line[octet: body]) { body += 1 }
        let name = [UInt8](copying: line.extracting(0..<nameEnd))
        fields.append(
            Field(
                name: SMTPGrammar.text(name).lowercased(), body: [UInt8](copying: line.extracting(body..<end))))
    }

    /// The body of the first field of that name (in lower case).
    func first(_ name: String) -> [UInt8]? { fields.first { $0.name == name }?.body }

    /// The first field of that name as text, encoded-words decoded.
    func text(_ name: String) -> String? { first(name).map(EncodedWords.decode) }

    /// Whether a name stands more than once, or there are too many to tell in a moment.
    var hasRepeats: Bool {
        guard fields.count <= 16 else { return true }
        return fields.indices.contains { index in
            fields[..<index].contains { $0.name == fields[index].name }
        }
    }

    /// How many fields of that name there are.
    func count(_ name: String) -> Int { fields.count { $0.name == name } }
}

/// Space and tab.
enum SMTPBlank {
    static func contains(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 }
}
