import Crypto

/// A key of an AEAD algorithm with 12 octets of nonce and 16 of tag.
struct AEADKey: Sendable {
    /// The algorithms of TLS 1.2 and 1.3 that MailTap decrypts.
    enum Algorithm: Sendable {
        case aesGCM, chaCha20Poly1305
    }

    /// Octets of a nonce.
    static let nonceLength = 12
    /// Octets of a tag.
    static let tagLength = 16

    private let algorithm: Algorithm
    private let key: SymmetricKey

    init(_ algorithm: Algorithm, _ key: [UInt8]) {
        self.algorithm = algorithm
        self.key = SymmetricKey(data: key)
    }

    /// The plaintext; nil where the tag does not fit.
    ///
    /// - Parameter sealed: ciphertext and tag.
    func open(_ sealed: ArraySlice<UInt8>, nonce: [UInt8], additional: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.tagLength, nonce.count == Self.nonceLength else { return nil }
        let ciphertext = sealed.dropLast(Self.tagLength)
        let tag = sealed.suffix(Self.tagLength)
        switch algorithm {
        case .aesGCM:
            guard let nonce = try? AES.GCM.Nonce(data: nonce),
                let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
                let plaintext = try? AES.GCM.open(box, using: key, authenticating: additional)
            else { return nil }
            return Array(plaintext)
        case .chaCha20Poly1305:
            guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
                let box = try? ChaChaPoly.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
                let plaintext = try? ChaChaPoly.open(box, using: key, authenticating: additional)
            else { return nil }
            return Array(plaintext)
        }
    }

    /// A nonce: the number of the record, laid over the end of the IV (RFC 8446 section 5.3, RFC 7905 section 2).
    static func nonce(_ iv: [UInt8], sequence: UInt64) -> [UInt8] {
        var nonce = iv
        for (place, octet) in zip(nonce.indices.suffix(8), sequence.octets) { nonce[place] ^= octet }
        return nonce
    }
}

extension UInt64 {
    /// The number's eight octets in network order.
    var octets: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * UInt64($0))) } }
}
