/// Opens the protected records of one side, in their order: each one's number is part of its protection.
struct RecordProtection: Sendable {
    /// How records are protected.
    enum Scheme: Sendable {
        /// TLS 1.2 AES-GCM: eight octets of nonce stand before the ciphertext (RFC 5288 section 3).
        case explicitNonceGCM(AEADKey, salt: [UInt8])
        /// TLS 1.2 ChaCha20-Poly1305 (RFC 7905 section 2).
        case chaCha12(AEADKey, iv: [UInt8])
        /// TLS 1.2 AES-CBC with HMAC.
        case cbc(CBCKey)
        /// TLS 1.3: the content's type stands encrypted behind it (RFC 8446 section 5.2).
        case tls13(AEADKey, iv: [UInt8])
    }

    /// What was in a record.
    struct Content: Sendable, Equatable {
        var type: TLSRecord.ContentType
        var octets: [UInt8]
    }

    private let scheme: Scheme
    /// The number of the next record.
    private var sequence: UInt64 = 0

    init(_ scheme: Scheme) { self.scheme = scheme }

    /// Opens the next record; nil where its authentication fails, and then its number is not used up.
    mutating func open(_ record: TLSRecord) -> Content? {
        guard let content = opened(record) else { return nil }
        sequence &+= 1
        return content
    }

    private func opened(_ record: TLSRecord) -> Content? {
        let fragment = record.fragment
        switch scheme {
        case .explicitNonceGCM(let key, let salt):
            guard fragment.count >= 8 + AEADKey.tagLength else { return nil }
            return plain(record, key, fragment.dropFirst(8), nonce: salt + fragment.prefix(8))
        case .chaCha12(let key, let iv):
            return plain(record, key, fragment[...], nonce: AEADKey.nonce(iv, sequence: sequence))
        case .cbc(let key):
            return key.open(record, sequence: sequence).map { Content(type: record.type, octets: $0) }
        case .tls13(let key, let iv):
            guard record.type == .applicationData,
                let inner = key.open(
                    fragment[...], nonce: AEADKey.nonce(iv, sequence: sequence), additional: record.header),
                let end = inner.lastIndex(where: { $0 != 0 }),
                let type = TLSRecord.ContentType(rawValue: inner[end])
            else { return nil }
            return Content(type: type, octets: Array(inner[..<end]))
        }
    }

    /// TLS 1.2: number, type, version and length of the plaintext are authenticated (RFC 5246 section 6.2.3.3).
    private func plain(_ record: TLSRecord, _ key: AEADKey, _ sealed: ArraySlice<UInt8>, nonce: [UInt8]) -> Content? {
        let header = TLSRecord.header(record.type, record.version, length: sealed.count - AEADKey.tagLength)
        return key.open(sealed, nonce: nonce, additional: sequence.octets + header)
            .map { Content(type: record.type, octets: $0) }
    }
}
