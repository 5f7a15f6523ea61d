import MailTapCore

/// A MIME field with parameters (RFC 2045 section 5.1): `text/plain; charset=utf-8`, `attachment; filename*=...`.
///
/// Parameters in pieces and with a charset (RFC 2231) are put together; encoded-words, which RFC 2047 section 5 forbids
/// here and many senders write, are decoded.
struct MIMEField {
    /// What stands before the first semicolon, in lower case, comments removed.
    private(set) var value: String
    /// Parameter values by name in lower case.
    private(set) var parameters: [String: String] = [:]

    /// Parameters that are read; a field may hold thousands.
    private static let parameterLimit = 256

    private struct Piece {
        var index: Int
        var isExtended: Bool
        var octets: [UInt8]
    }

    init(_ body: [UInt8]) {
        var scanner = MIMEFieldScanner(body)
        value = SMTPGrammar.text(scanner.takeToken()).lowercased()
        var plain: [String: [UInt8]] = [:]
        var pieces: [String: [Piece]] = [:]
        var count = 0
        while count < Self.parameterLimit, let parameter = scanner.takeParameter() {
            count += 1
            guard parameter.name.utf8.contains(UInt8(ascii: "*")) else {
                if plain[parameter.name] == nil { plain[parameter.name] = parameter.value }
                continue
            }
            let words = parameter.name.split(separator: "*", omittingEmptySubsequences: false)
            guard words.count > 1, let name = words.first.map(String.init) else {
                if plain[parameter.name] == nil { plain[parameter.name] = parameter.value }
                continue
            }
            let isExtended = words.last?.isEmpty == true
            let index = Int(words[1]) ?? 0
            pieces[name, default: []].append(Piece(index: index, isExtended: isExtended, octets: parameter.value))
        }
        for (name, octets) in plain { parameters[name] = EncodedWords.decode(octets) }
        for (name, list) in pieces { parameters[name] = Self.join(list) }
    }

    /// RFC 2231 sections 3 and 4: pieces in the order of their numbers; the first may name a charset.
    private static func join(_ pieces: [Piece]) -> String {
        var charset = ""
        var octets: [UInt8] = []
        for (position, piece) in pieces.sorted(by: { $0.index < $1.index }).enumerated() {
            var body = piece.octets[...]
            if position == 0, piece.isExtended {
                let fields = body.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 {
                    charset = SMTPGrammar.text(fields[0]).lowercased()
                    body = fields[2]
                }
            }
            octets += piece.isExtended ? percentDecoded(body) : Array(body)
        }
        return Charsets.decode(octets, charset) ?? SMTPGrammar.text(octets)
    }

    private static func percentDecoded(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = octets
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%"), let high = rest.first.flatMap(SMTPGrammar.hexDigit),
                let low = rest.dropFirst().first.flatMap(SMTPGrammar.hexDigit)
            {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(octet)
            }
        }
        return out
    }
}

/// Walks over a structured field body; comments (RFC 5322 section 3.2.2) are skipped.
private struct MIMEFieldScanner {
    private var rest: ArraySlice<UInt8>

    init(_ body: [UInt8]) { rest = body[...] }

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
    mutating func takeToken() -> [UInt8] {
        skipBlanksAndComments()
        let token = rest.prefix { $0 != UInt8(ascii: ";") && !SMTPBlank.contains($0) && $0 != UInt8(ascii: "(") }
        rest = rest[token.endIndex...]
        return Array(token)
    }

    /// The next `name=value`, the name in lower case; nil at the end.
    mutating func takeParameter() -> (name: String, value: [UInt8])? {
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
            return (SMTPGrammar.text(trimmed).lowercased(), takeValue())
        }
    }

    private mutating func takeValue() -> [UInt8] {
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
            return Array(trimmed)
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
        return out
    }
}
