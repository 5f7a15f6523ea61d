extension RawSpan {
    /// Whether this can name a SASL mechanism (RFC 4422 section 3.1).
    ///
    /// At most 20 letters, digits, hyphens and underscores, in one case. Base64 hardly ever looks so.
    var isMechanismName: Bool {
        guard byteCount <= 20 else { return false }
        var hasUpper = false
        var hasLower = false
        for index in 0..<byteCount {
            switch self[octet: index] {
            case 65...90: hasUpper = true
            case 97...122: hasLower = true
            case 45, 48...57, 95: break
            default: return false
            }
        }
        return !(hasUpper && hasLower)
    }

    /// Whether this stands for a mechanism, and not for a credential in the place of one.
    ///
    /// That is one of those known, case aside, or a name of capitals as RFC 4422 section 3.1 has them, digits only behind
    /// a hyphen or underscore. A password that somebody put there hardly ever looks so.
    var namesMechanism: Bool {
        guard isMechanismName else { return false }
        if isKnownMechanism { return true }
        var hasHyphen = false
        for index in 0..<byteCount {
            switch self[octet: index] {
            case 65...90: break
            case 45, 95: hasHyphen = true
            case 48...57 where hasHyphen: break
            default: return false
            }
        }
        return true
    }

    /// Whether this names a SASL mechanism that mail servers have, case aside.
    var isKnownMechanism: Bool {
        guard isMechanismName else { return false }
        return hasPrefix("SCRAM-") || hasPrefix("GS2-") || hasPrefix("9798-")
            || SASLProgress.names.contains { byteCount == $0.utf8CodeUnitCount && hasPrefix($0) }
    }

    /// Whether this is the end of such a name, case aside.
    var isEndOfMechanism: Bool {
        guard byteCount > 0, isMechanismName else { return false }
        let octets = [UInt8](copying: self).map { $0 >= 97 && $0 <= 122 ? $0 & 0xDF : $0 }
        return SASLProgress.names.contains { $0.description.utf8.suffix(octets.count).elementsEqual(octets) }
    }
}

/// Where a SASL authentication stands: which of the client's responses hold a credential (RFC 4422).
struct SASLProgress: Sendable, Hashable {
    /// The mechanisms that mail servers have.
    static let names: [StaticString] = [
        "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
        "SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "XOAUTH2", "OAUTHBEARER", "NTLM", "GSSAPI", "GSS-SPNEGO", "EXTERNAL",
        "KERBEROS_V4", "SKEY", "OTP", "ANONYMOUS", "XOAUTH", "OAUTH10A", "OPENID20", "SAML20",
    ]

    private enum Mechanism: Sendable, Hashable {
        case plain, login, cramMD5, digestMD5, scram, bearer, harmless, other
    }

    private let mechanism: Mechanism
    private var responses = 0
    /// Whether the newest challenge asked for a password; a challenge counts for one response.
    private var asksForPassword = false

    /// An authentication with the mechanism named in `line[range]`.
    init(mechanism name: RawSpan) {
        mechanism =
            if name.hasPrefix("PLAIN"), name.byteCount == 5 {
                .plain
            } else if name.hasPrefix("LOGIN"), name.byteCount == 5 { .login } else if name.hasPrefix("CRAM-MD5") {
                .cramMD5
            } else if name.hasPrefix("DIGEST-MD5") { .digestMD5 } else if name.hasPrefix("SCRAM-") {
                .scram
            } else if name.hasPrefix("XOAUTH2") || name.hasPrefix("OAUTHBEARER") {
                .bearer
            } else if name.hasPrefix("EXTERNAL") || name.hasPrefix("ANONYMOUS") { .harmless } else { .other }
    }

    /// The server's challenge, base64 as on the wire: LOGIN's prompts say what they want.
    mutating func challenge(_ text: RawSpan) {
        // "UGFzc" is base64 of "Pass", "cGFzc" of "pass", "UEFTU" of "PASS".
        func begins(_ prefix: StaticString) -> Bool {
            guard text.byteCount >= prefix.utf8CodeUnitCount else { return false }
            return prefix.withUTF8Buffer { expected in
                (0..<expected.count).allSatisfy { text[octet: $0] == expected[$0] }
            }
        }
        asksForPassword = begins("UGFzc") || begins("cGFzc") || begins("UEFTU")
    }

    /// Counts a client response (initial or not) and tells what credential it holds; nil for none.
    mutating func response(_ text: RawSpan) -> SecretKind? {
        defer {
            responses += 1
            asksForPassword = false
        }
        let isCancel = text.byteCount == 1 && text[octet: 0] == UInt8(ascii: "*")
        let isEmpty = text.byteCount == 0 || (text.byteCount == 1 && text[octet: 0] == UInt8(ascii: "="))
        guard !isCancel, !isEmpty else { return nil }
        switch mechanism {
        case .plain: return .plain
        case .login:
            if asksForPassword || responses > 0 { return .login }
            return Self.isPlain(text) ? .opaque : nil
        case .cramMD5: return .cramMD5
        case .digestMD5: return .digestMD5
        case .scram: return responses > 0 ? .scram : Self.opensSCRAM(text) ? nil : .opaque
        case .bearer: return responses == 0 ? .bearerToken : .opaque
        case .harmless: return Self.isPlain(text) ? .opaque : nil
        case .other: return .opaque
        }
    }

    /// Whether a response that should hold no credential is one of PLAIN all the same (RFC 4616 section 2).
    private static func isPlain(_ text: RawSpan) -> Bool {
        Base64.decode([UInt8](copying: text))?.contains(0) == true
    }

    /// Whether a response is what SCRAM begins with: user and nonce (RFC 5802 section 7).
    private static func opensSCRAM(_ text: RawSpan) -> Bool {
        guard let octets = Base64.decode([UInt8](copying: text)), !octets.contains(0) else { return false }
        return ["n,", "y,", "p="].contains { octets.starts(with: $0.utf8) }
    }
}
