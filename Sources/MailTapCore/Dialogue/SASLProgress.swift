/// Where a SASL authentication stands: which of the client's responses hold a credential (RFC 4422).
struct SASLProgress: Sendable, Hashable {
    private enum Mechanism: Sendable, Hashable {
        case plain, login, cramMD5, digestMD5, scram, bearer, harmless, other
    }

    private let mechanism: Mechanism
    private var responses = 0
    private var asksForPassword = false
    private var asksForUser = false

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
        // "UGFzc" is base64 of "Pass", "cGFzc" of "pass"; "VXNlc" and "dXNlc" of "User" and "user".
        func begins(_ prefix: StaticString) -> Bool {
            guard text.byteCount >= prefix.utf8CodeUnitCount else { return false }
            return prefix.withUTF8Buffer { expected in
                (0..<expected.count).allSatisfy { text[octet: $0] == expected[$0] }
            }
        }
        asksForPassword = begins("UGFzc") || begins("cGFzc") || begins("UEFTU")
        asksForUser = begins("VXNlc") || begins("dXNlc") || begins("VVNFU")
    }

    /// Counts a client response (initial or not) and tells what credential it holds; nil for none.
    mutating func response(_ text: RawSpan) -> SecretKind? {
        defer { responses += 1 }
        let isCancel = text.byteCount == 1 && text[octet: 0] == UInt8(ascii: "*")
        let isEmpty = text.byteCount == 0 || (text.byteCount == 1 && text[octet: 0] == UInt8(ascii: "="))
        guard !isCancel, !isEmpty else { return nil }
        switch mechanism {
        case .plain: return .plain
        case .login: return asksForPassword || (responses > 0 && !asksForUser) ? .login : nil
        case .cramMD5: return .cramMD5
        case .digestMD5: return .digestMD5
        case .scram: return responses == 0 ? nil : .scram
        case .bearer: return responses == 0 ? .bearerToken : .opaque
        case .harmless: return nil
        case .other: return .opaque
        }
    }
}
