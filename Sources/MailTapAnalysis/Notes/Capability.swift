/// A line of an EHLO or CAPA answer: a keyword and its arguments.
struct Capability: Sendable, Equatable {
    /// In capitals.
    var keyword: String
    var arguments: [String]

    /// Nil for an empty line.
    init?(line: String) {
        var words = line.words
        guard !words.isEmpty else { return nil }
        let first = words.removeFirst().uppercased()
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
