import Crypto

/// TLS 1.3: keys from traffic secrets (RFC 8446 sections 7.1 to 7.3).
enum TLS13KeySchedule {
    /// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
    static func expandLabel(_ hash: TLSHash, secret: [UInt8], label: String, count: Int) -> [UInt8] {
        let label = Array("tls13 ".utf8) + Array(label.utf8)
        let info =
            [UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
            + [UInt8(truncatingIfNeeded: label.count)] + label + [0]
        let key = SymmetricKey(data: secret)
        let expanded =
            switch hash {
            case .sha384: HKDF<SHA384>.expand(pseudoRandomKey: key, info: info, outputByteCount: count)
            case .sha256, .sha1: HKDF<SHA256>.expand(pseudoRandomKey: key, info: info, outputByteCount: count)
            }
        return expanded.withUnsafeBytes { Array($0) }
    }

    /// How records under this traffic secret are opened; nil for a cipher that is none of TLS 1.3 here.
    static func protection(suite: CipherSuite, secret: [UInt8]) -> RecordProtection? {
        let (algorithm, keyLength): (AEADKey.Algorithm, Int)
        switch suite.cipher {
        case .aesGCM(let length): (algorithm, keyLength) = (.aesGCM, length)
        case .chaCha20Poly1305: (algorithm, keyLength) = (.chaCha20Poly1305, 32)
        case .aesCBC, nil: return nil
        }
        guard secret.count == suite.hash.length else { return nil }
        let key = expandLabel(suite.hash, secret: secret, label: "key", count: keyLength)
        let iv = expandLabel(suite.hash, secret: secret, label: "iv", count: AEADKey.nonceLength)
        return RecordProtection(.tls13(AEADKey(algorithm, key), iv: iv))
    }

    /// The traffic secret that follows a KeyUpdate (RFC 8446 section 7.2).
    static func updated(_ secret: [UInt8], suite: CipherSuite) -> [UInt8] {
        expandLabel(suite.hash, secret: secret, label: "traffic upd", count: suite.hash.length)
    }
}
