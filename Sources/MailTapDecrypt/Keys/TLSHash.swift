import Crypto

/// The hashes that cipher suites name, with what is made of them.
enum TLSHash: Sendable, Equatable {
    case sha1, sha256, sha384

    /// Octets of a digest.
    var length: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        }
    }

    /// HMAC (RFC 2104) of several pieces, one after another.
    func hmac(_ key: [UInt8], _ pieces: [UInt8]...) -> [UInt8] {
        let key = SymmetricKey(data: key)
        switch self {
        case .sha1: return Self.hmac(Insecure.SHA1.self, key, pieces)
        case .sha256: return Self.hmac(SHA256.self, key, pieces)
        case .sha384: return Self.hmac(SHA384.self, key, pieces)
        }
    }

    private static func hmac<H: HashFunction>(_: H.Type, _ key: SymmetricKey, _ pieces: [[UInt8]]) -> [UInt8] {
        var code = HMAC<H>(key: key)
        for piece in pieces { code.update(data: piece) }
        return Array(code.finalize())
    }
}
