/// The argument of MAIL or RCPT: a path in angle brackets and parameters (RFC 5321 section 4.1.2).
struct SMTPPath {
    /// What stands between the angle brackets, without a source route.
    let address: String
    /// The parameters behind it.
    let parameters: [String]

    /// Parses `FROM:<path> [parameters]`; nil where the form is another.
    init?(_ argument: String, keyword: String) {
        guard argument.prefix(keyword.count).uppercased() == keyword else { return nil }
        // Spaces behind the colon break the grammar, yet nearly every server takes them.
        let rest = argument.dropFirst(keyword.count).drop { $0 == " " }
        guard rest.first == "<" else { return nil }
        var isQuoted = false
        var isEscaped = false
        var end: String.Index?
        for index in rest.indices.dropFirst() {
            let character = rest[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character == ">" {
                end = index
                break
            } else if !isQuoted, character == " " || character == "<" {
                return nil
            }
        }
        guard let end else { return nil }
        var path = rest[rest.index(after: rest.startIndex)..<end]
        // RFC 5321 appendix C: a source route is accepted and ignored.
        if path.hasPrefix("@"), let colon = path.firstIndex(of: ":") { path = path[path.index(after: colon)...] }
        let behind = rest[rest.index(after: end)...]
        guard behind.isEmpty || behind.hasPrefix(" ") else { return nil }
        address = String(path)
        parameters = behind.split(separator: " ").map(String.init)
    }

    /// What stands before the last `@`, or all where there is none.
    var localPart: String {
        guard let at = address.lastIndex(of: "@") else { return address }
        return String(address[..<at])
    }

    /// Whether the address is plain ASCII.
    var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }
}
