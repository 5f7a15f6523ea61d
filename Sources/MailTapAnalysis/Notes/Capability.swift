import MailTapCore

/// A line of an EHLO or CAPA answer: a keyword and its arguments.
struct Capability: Sendable, Equatable {
    /// In capitals.
    var keyword: String
    var arguments: [String]

    /// Nil for an empty line.
    init?(line: WireText) {
        guard line.secrets.isEmpty else {
            self.init(line: line.text().text)
            return
        }
        let words = line.octets.split { $0 == 32 || $0 == 9 }
        guard let first = words.first else { return nil }
        // Octets that are no UTF-8 are Latin-1, which is decided for the whole line.
        guard !line.octets.span.bytes.containsHighBit else {
            self.init(line: line.text().text)
            return
        }
        self.init(first: SMTPGrammar.text(first), words.dropFirst().map { SMTPGrammar.text($0) })
    }

    /// Nil for an empty line.
    init?(line: String) {
        let words = line.words
        guard let first = words.first else { return nil }
        self.init(first: first, Array(words.dropFirst()))
    }

    private init(first word: String, _ words: [String]) {
        let first = word.uppercased()
        // `AUTH=LOGIN PLAIN` is how servers spoke before RFC 2554; clients of that time still want it.
        if first.hasPrefix("AUTH=") {
            keyword = "AUTH"
            arguments = [String(first.dropFirst(5))].filter { !$0.isEmpty } + words
        } else {
            keyword = first
            arguments = words
        }
    }
}
