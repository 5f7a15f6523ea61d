/// A cipher suite; what it does is read from its registered name.
struct CipherSuite: Sendable, Equatable {
    /// How records are protected.
    enum Cipher: Sendable, Equatable {
        /// AES in Galois/counter mode (RFC 5288, RFC 8446), with a key of so many octets.
        case aesGCM(keyLength: Int)
        /// ChaCha20 with Poly1305 (RFC 7905, RFC 8446).
        case chaCha20Poly1305
        /// AES in CBC mode with an HMAC (RFC 5246 section 6.2.3.2).
        case aesCBC(keyLength: Int, mac: TLSHash)
    }

    /// The number on the wire.
    let number: UInt16

    /// IANA's name; the number in hexadecimal where it is not in the table.
    var name: String {
        let digits = String(number, radix: 16, uppercase: true)
        return Self.names[number] ?? "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// How its records are protected; nil for what MailTap does not decrypt.
    var cipher: Cipher? {
        let name = name
        if name.contains("CHACHA20_POLY1305") { return .chaCha20Poly1305 }
        for (part, length) in [("AES_128_", 16), ("AES_256_", 32)] where name.contains(part) {
            if name.contains(part + "GCM") { return .aesGCM(keyLength: length) }
            if name.contains(part + "CBC") { return .aesCBC(keyLength: length, mac: macHash) }
        }
        return nil
    }

    /// The hash of the key schedule: SHA-256 where the name names no stronger one (RFC 5246 section 5).
    var hash: TLSHash { name.hasSuffix("SHA384") ? .sha384 : .sha256 }

    private var macHash: TLSHash {
        name.hasSuffix("SHA384") ? .sha384 : name.hasSuffix("SHA256") ? .sha256 : .sha1
    }
}
