/// Replaces the secret part of a credential, octet for octet, before it is written or shown.
///
/// Where user name and secret share a base64 token, the token still decodes afterwards and the user name stays; a token
/// that is not what its mechanism asks for is replaced whole.
public enum SecretMasking {
    /// What stands for a secret octet.
    public static let mask = UInt8(ascii: "*")

    /// The token with its secret replaced; as long as the token.
    ///
    /// - Parameters:
    ///   - token: a whole credential as on the wire: a base64 response, a PASS argument, an APOP digest.
    ///   - kind: what it is.
    public static func masked(_ token: [UInt8], kind: SecretKind) -> [UInt8] {
        let whole = [UInt8](repeating: mask, count: token.count)
        guard let cover = cover(kind), var decoded = Base64.decode(token) else { return whole }
        let secrets = cover(decoded)
        guard !secrets.isEmpty else { return whole }
        for index in secrets.joined() where decoded.indices.contains(index) { decoded[index] = mask }
        let encoded = Base64.encode(decoded)
        // Padding that the peer left out is left out again; no other difference in length is possible.
        guard encoded.count >= token.count, encoded[token.count...].allSatisfy({ $0 == UInt8(ascii: "=") }) else {
            return whole
        }
        return [UInt8](encoded[..<token.count])
    }

    /// The secret parts of what a token stands for, which a peer may repeat decoded; none where it is no base64.
    static func decodedSecrets(of token: [UInt8], kind: SecretKind) -> [[UInt8]] {
        guard kind != .password, kind != .apopDigest, let decoded = Base64.decode(token) else { return [] }
        let secrets = (cover(kind) ?? plain)(decoded).filter { !$0.isEmpty }
        return secrets.isEmpty ? [decoded] : secrets.map { [UInt8](decoded[$0]) }
    }

    /// What finds the secrets in a decoded token; nil where all of it is one.
    private static func cover(_ kind: SecretKind) -> (([UInt8]) -> [Range<Int>])? {
        switch kind {
        case .password, .apopDigest, .login, .opaque: nil
        case .plain: plain
        case .cramMD5: cramMD5
        case .digestMD5: digestMD5
        case .scram: scram
        case .bearerToken: bearerToken
        }
    }

    /// RFC 4616: authzid NUL authcid NUL password; everything behind the second NUL.
    private static func plain(_ octets: [UInt8]) -> [Range<Int>] {
        guard let first = octets.firstIndex(of: 0), let second = octets[(first + 1)...].firstIndex(of: 0) else {
            return []
        }
        return [second + 1..<octets.count]
    }

    /// RFC 2195: user SP digest; everything behind the last space, where a digest's 32 digits stand there.
    private static func cramMD5(_ octets: [UInt8]) -> [Range<Int>] {
        guard let space = octets.lastIndex(of: UInt8(ascii: " ")), octets.count - space == 33 else { return [] }
        return [space + 1..<octets.count]
    }

    /// RFC 2831 section 2.1.2: the value of `response`, up to the next comma, wherever the word stands.
    private static func digestMD5(_ octets: [UInt8]) -> [Range<Int>] {
        ranges(of: "response=", in: octets).map { start in
            start..<(octets[start...].firstIndex(of: UInt8(ascii: ",")) ?? octets.count)
        }
    }

    /// RFC 5802 section 7: everything behind the first `,p=` of the client's final message.
    private static func scram(_ octets: [UInt8]) -> [Range<Int>] {
        guard let start = ranges(of: ",p=", in: octets).first else { return [] }
        return [start..<octets.count]
    }

    /// RFC 7628 section 3.1 and XOAUTH2: fields between ^A; all values but those known to be harmless.
    private static func bearerToken(_ octets: [UInt8]) -> [Range<Int>] {
        var secrets: [Range<Int>] = []
        var hasToken = false
        for (number, field) in octets.split(separator: 1, omittingEmptySubsequences: false).enumerated() {
            let equals = field.firstIndex(of: UInt8(ascii: "="))
            let key = equals.map { String(decoding: field[..<$0], as: UTF8.self).lowercased() }
            switch key {
            case "user", "host", "port": continue
            case "auth":
                hasToken = true
                let value = field[((equals ?? field.startIndex) + 1)...]
                secrets.append(
                    (value.firstIndex(of: UInt8(ascii: " ")).map { $0 + 1 } ?? value.startIndex)..<field.endIndex)
            default:
                // The GS2 header (`n,a=user,`) names the user; other fields are not known, so they are covered.
                let isHeader =
                    number == 0 && field.starts(with: "n,".utf8) || number == 0 && field.starts(with: "y,".utf8)
                if !isHeader { secrets.append(field.startIndex..<field.endIndex) }
            }
        }
        return hasToken ? secrets : []
    }

    /// Where each occurrence of an ASCII word ends, whatever its case.
    private static func ranges(of word: StaticString, in octets: [UInt8]) -> [Int] {
        let word = [UInt8](String(describing: word).utf8)
        guard octets.count >= word.count else { return [] }
        func lower(_ octet: UInt8) -> UInt8 { octet >= 65 && octet <= 90 ? octet | 32 : octet }
        return (0...octets.count - word.count).compactMap { start in
            octets[start..<start + word.count].elementsEqual(word) { lower($0) == $1 } ? start + word.count : nil
        }
    }
}
