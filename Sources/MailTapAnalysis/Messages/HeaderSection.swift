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
        for line in octets.split(separator: 10, omittingEmptySubsequences: true) {
            var line = line
            if line.last == 13 { line.removeLast() }
            guard let first = line.first else { continue }
            if first == 32 || first == 9 {
                guard !fields.isEmpty else { continue }
                fields[fields.count - 1].body.append(contentsOf: line)
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var name = line[..<colon]
            while let last = name.last, SMTPBlank.contains(last) { name.removeLast() }
            let body = line[line.index(after: colon)...].drop(while: SMTPBlank.contains)
            fields.append(Field(name: SMTPGrammar.text(name).lowercased(), body: Array(body)))
        }
        // A body that begins with a fold starts with blanks that were not in its first line.
        for index in fields.indices where fields[index].body.first.map(SMTPBlank.contains) == true {
            fields[index].body = Array(fields[index].body.drop(while: SMTPBlank.contains))
        }
    }

    /// The body of the first field of that name (in lower case).
    func first(_ name: String) -> [UInt8]? { fields.first { $0.name == name }?.body }

    /// The first field of that name as text, encoded-words decoded.
    func text(_ name: String) -> String? { first(name).map(EncodedWords.decode) }

    /// How many fields of that name there are.
    func count(_ name: String) -> Int { fields.count { $0.name == name } }
}

/// Space and tab.
enum SMTPBlank {
    static func contains(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 }
}
