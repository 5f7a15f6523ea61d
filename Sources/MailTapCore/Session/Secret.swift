/// The kind of a credential on the wire; decides how it is masked and what views say of it.
public enum SecretKind: UInt8, Sendable, Hashable, CaseIterable {
    /// POP3 PASS argument.
    case password
    /// POP3 APOP digest (RFC 1939 section 7).
    case apopDigest
    /// SASL PLAIN: base64 of authzid NUL authcid NUL password (RFC 4616); the password is masked inside.
    case plain
    /// SASL LOGIN's second response.
    case login
    /// SASL CRAM-MD5: base64 of user SP digest (RFC 2195); the digest is masked inside.
    case cramMD5
    /// SASL DIGEST-MD5 response (RFC 2831).
    case digestMD5
    /// SASL SCRAM client-final message (RFC 5802); the proof is masked inside.
    case scram
    /// SASL XOAUTH2 or OAUTHBEARER (RFC 7628); the token is masked inside.
    case bearerToken
    /// SASL NTLM, GSSAPI and any mechanism MailTap does not know: masked whole.
    case opaque

    /// The word used in recordings, dialogue files and JSON.
    public var name: String {
        switch self {
        case .password: "password"
        case .apopDigest: "apop"
        case .plain: "plain"
        case .login: "login"
        case .cramMD5: "cram-md5"
        case .digestMD5: "digest-md5"
        case .scram: "scram"
        case .bearerToken: "bearer"
        case .opaque: "sasl"
        }
    }

    /// The kind that `name` stands for.
    public init?(name: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// Octets of a stream that were replaced, one for one, before they were written.
public struct Mask: Sendable, Hashable {
    /// Where the secret stands: the whole token (a base64 response, a PASS argument).
    public var range: StreamRange
    /// What it was.
    public var kind: SecretKind

    /// A masked range of the given kind.
    public init(range: StreamRange, kind: SecretKind) {
        self.range = range
        self.kind = kind
    }
}
