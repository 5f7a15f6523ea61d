import MailTapCore

/// The directives of a DIGEST-MD5 challenge or response (RFC 2831 section 2.1): `realm="a",nonce="b"`.
struct DigestDirectives {
    private var directives: [(name: String, value: String)] = []

    private static let lengthLimit = 4_096

    /// Nil for what is no list of directives.
    init?(_ octets: [UInt8]) {
        // RFC 2831 section 2.1.2: a response is shorter than 4,096 octets; a challenge, than 2,048.
        guard octets.count <= Self.lengthLimit else { return nil }
        var rest = octets[...]
        func skipBlanks() { rest = rest.drop { SMTPBlank.contains($0) || $0 == 10 || $0 == 13 } }
        while true {
            // Empty elements of a list are allowed (section 7.1).
            skipBlanks()
            guard rest.first != UInt8(ascii: ",") else {
                rest = rest.dropFirst()
                continue
            }
            if rest.isEmpty { break }
            let name = rest.prefix { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ",") }
            rest = rest[name.endIndex...]
            skipBlanks()
            guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return nil }
            skipBlanks()
            guard let value = Self.takeValue(&rest) else { return nil }
            skipBlanks()
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            directives.append((SMTPGrammar.text(name).lowercased(), value))
        }
        if directives.isEmpty { return nil }
    }

    /// A token, or a text between quotes in which a backslash makes the next octet stand for itself (section 7.1).
    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            let token = rest.prefix { $0 > 32 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
            rest = rest[token.endIndex...]
            return SMTPGrammar.text(token)
        }
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "\""): return SMTPGrammar.text(text)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                text.append(escaped)
            default: text.append(octet)
            }
        }
        return nil
    }

    /// The first value of that name, in lower case.
    subscript(_ name: String) -> String? { directives.first { $0.name == name }?.value }

    /// Every value of that name.
    func all(_ name: String) -> [String] { directives.filter { $0.name == name }.map(\.value) }

    /// What a challenge asks for.
    static func challenge(_ octets: [UInt8]) -> String {
        guard let asked = DigestDirectives(octets), let nonce = asked["nonce"] else {
            return "The server sends no challenge of DIGEST-MD5: there is no nonce (RFC 2831 section 2.1.1)"
        }
        let realms = asked.all("realm").prefix(4).map { ShownText.of($0) }.joined(separator: " and ")
        let quality = ShownText.of(asked["qop"] ?? "auth")
        return "The server sends \(realms.isEmpty ? "no realm" : "realm \(realms)"), nonce \(ShownText.of(nonce)) and "
            + "quality of protection \(quality)"
            + (asked["stale"]?.lowercased() == "true" ? ": the nonce that the client used is too old" : "")
            + " (RFC 2831 section 2.1.1)"
    }

    /// Who logs in, and how; nil where nobody is named.
    ///
    /// The digest itself is left out.
    static func response(_ octets: [UInt8]) -> String? {
        guard let said = DigestDirectives(octets), let user = said["username"] else { return nil }
        var text = "user \(user.isEmpty ? SASLSteps.nobody : ShownText.of(user))"
        if let realm = said["realm"], !realm.isEmpty { text += " of realm \(ShownText.of(realm))" }
        if let other = said["authzid"], !other.isEmpty { text += " to act as \(ShownText.of(other))" }
        text += " with digests"
        if let service = said["digest-uri"] { text += " for \(ShownText.of(service))" }
        return text
    }
}
