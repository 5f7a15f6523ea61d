/// What a ServerHello decides (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3).
struct ServerHello: Sendable, Equatable {
    /// SHA-256 of "HelloRetryRequest": the random that makes a ServerHello one (RFC 8446 section 4.1.3).
    static let retryRandom: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ]

    var random: [UInt8]
    var version: TLSVersion
    var suite: CipherSuite
    /// Whether MACs cover the ciphertext (RFC 7366).
    var encryptsThenMACs = false
    /// The application protocol, which TLS 1.3 says later, in EncryptedExtensions.
    var applicationProtocol: String?

    /// Whether another ClientHello is asked for.
    var isRetry: Bool { random == Self.retryRandom }

    /// Reads the message's body; nil where it is no ServerHello.
    init?(_ body: [UInt8]) {
        var reader = WireReader(body)
        guard let legacy = reader.number(2), legacy >= 0x0300, let random = reader.octets(32),
            reader.vector(1) != nil, let suite = reader.number(2), reader.number(1) != nil
        else { return nil }
        self.random = Array(random)
        version = TLSVersion(number: UInt16(truncatingIfNeeded: legacy))
        self.suite = CipherSuite(number: UInt16(truncatingIfNeeded: suite))
        guard var extensions = reader.vector(2) else { return }
        while let type = extensions.number(2), var value = extensions.vector(2) {
            switch type {
            case HelloExtension.supportedVersions:
                if let selected = value.number(2) { version = TLSVersion(number: UInt16(truncatingIfNeeded: selected)) }
            case HelloExtension.encryptThenMAC: encryptsThenMACs = true
            case HelloExtension.applicationProtocols:
                applicationProtocol = HelloExtension.applicationProtocols(&value).first
            default: break
            }
        }
    }
}
