import MailTapCore

/// Walks over a structured field body; comments (RFC 5322 section 3.2.2) are skipped.
struct MIMEFieldScanner {
    private var rest: ArraySlice<UInt8>

    init(_ body: ArraySlice<UInt8>) { rest = body }

    private mutating func skipBlanksAndComments() {
        var depth = 0
        while let octet = rest.first {
            if octet == UInt8(ascii: "(") {
                depth += 1
            } else if octet == UInt8(ascii: ")"), depth > 0 {
                depth -= 1
            } else if octet == UInt8(ascii: "\\"), depth > 0 {
                rest = rest.dropFirst()
            } else if depth == 0, !SMTPBlank.contains(octet) {
                return
            }
            rest = rest.dropFirst()
        }
    }

    /// Octets up to a semicolon, blank or comment.
    mutating func takeToken() -> ArraySlice<UInt8> {
        skipBlanksAndComments()
        let token = rest.prefix { $0 != UInt8(ascii: ";") && !SMTPBlank.contains($0) && $0 != UInt8(ascii: "(") }
        rest = rest[token.endIndex...]
        return token
    }

    /// The next `name=value`; nil at the end.
    mutating func takeParameter() -> (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
        while true {
            guard let semicolon = rest.firstIndex(of: UInt8(ascii: ";")) else { return nil }
            rest = rest[rest.index(after: semicolon)...]
            skipBlanksAndComments()
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ";") }
            guard rest[name.endIndex...].first == UInt8(ascii: "=") else { continue }
            rest = rest[name.endIndex...].dropFirst()
            skipBlanksAndComments()
            var trimmed = name
            while let last = trimmed.last, SMTPBlank.contains(last) { trimmed.removeLast() }
            return (trimmed, takeValue())
        }
    }

    private mutating func takeValue() -> ArraySlice<UInt8> {
        guard rest.first == UInt8(ascii: "\"") else {
            let value = rest.prefix { $0 != UInt8(ascii: ";") }
            rest = rest[value.endIndex...]
            var trimmed = value
            while let last = trimmed.last, SMTPBlank.contains(last) { trimmed.removeLast() }
            // A comment behind a token is none of its value.
            if let comment = trimmed.firstIndex(of: UInt8(ascii: "(")), comment > trimmed.startIndex,
                SMTPBlank.contains(trimmed[trimmed.index(before: comment)])
            {
                trimmed = trimmed[..<comment]
                while let last = trimmed.last, SMTPBlank.contains(last) { trimmed.removeLast() }
            }
            return trimmed
        }
        rest = rest.dropFirst()
        var out: [UInt8] = []
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "\"") { break }
            if octet == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                out.append(escaped)
            } else {
                out.append(octet)
            }
        }
        return out[...]
    }
}
