import Crypto

/// A hash function that SCRAM is used with in mail, and what SCRAM makes of it (RFC 5802 section 2.2).
public enum ScramHash: Sendable {
    /// RFC 5802.
    case sha1
    /// RFC 7677.
    case sha256

    /// The one of a mechanism, its name in capitals; nil for one without, or with channel binding.
    public init?(mechanism: String) {
        switch mechanism {
        case "SCRAM-SHA-1": self = .sha1
        case "SCRAM-SHA-256": self = .sha256
        default: return nil
        }
    }

    /// HMAC() of RFC 5802.
    public func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: key)
        return switch self {
        case .sha1: [UInt8](HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
        case .sha256: [UInt8](HMAC<SHA256>.authenticationCode(for: message, using: key))
        }
    }

    /// H() of RFC 5802.
    public func digest(_ octets: [UInt8]) -> [UInt8] {
        switch self {
        case .sha1: [UInt8](Insecure.SHA1.hash(data: octets))
        case .sha256: [UInt8](SHA256.hash(data: octets))
        }
    }

    /// Hi() of RFC 5802; at least one iteration.
    public func stretch(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        var block = code(of: salt + [0, 0, 0, 1], key: password)
        var result = block
        for _ in 1..<max(1, iterations) {
            block = code(of: block, key: password)
            for index in result.indices { result[index] ^= block[index] }
        }
        return result
    }
}
