/// TLS 1.2: keys from the master secret (RFC 5246 sections 5 and 6.3).
enum TLS12KeySchedule {
    /// The pseudorandom function: P_hash of the secret over label and seed, its first `count` octets.
    static func prf(_ hash: TLSHash, secret: [UInt8], label: String, seed: [UInt8], count: Int) -> [UInt8] {
        let seed = Array(label.utf8) + seed
        var output: [UInt8] = []
        var chain = seed
        while output.count < count {
            chain = hash.hmac(secret, chain)
            output += hash.hmac(secret, chain, seed)
        }
        return Array(output.prefix(count))
    }

    /// How records of both sides are opened; nil for a cipher that MailTap does not know.
    ///
    /// - Parameters:
    ///   - master: the master secret. How it was agreed on (RSA, Diffie-Hellman, extended master secret) is past.
    ///   - encryptsThenMACs: whether RFC 7366 was negotiated; matters to CBC only.
    static func protections(
        suite: CipherSuite, master: [UInt8], clientRandom: [UInt8], serverRandom: [UInt8], encryptsThenMACs: Bool
    ) -> (client: RecordProtection, server: RecordProtection)? {
        guard let cipher = suite.cipher else { return nil }
        let (macLength, keyLength, ivLength): (Int, Int, Int) =
            switch cipher {
            case .aesGCM(let keyLength): (0, keyLength, 4)
            case .chaCha20Poly1305: (0, 32, 12)
            case .aesCBC(let keyLength, let mac): (mac.length, keyLength, 0)
            }
        let block = prf(
            suite.hash, secret: master, label: "key expansion", seed: serverRandom + clientRandom,
            count: 2 * (macLength + keyLength + ivLength))
        var reader = WireReader(block)
        guard let clientMAC = reader.octets(macLength), let serverMAC = reader.octets(macLength),
            let clientKey = reader.octets(keyLength), let serverKey = reader.octets(keyLength),
            let clientIV = reader.octets(ivLength), let serverIV = reader.octets(ivLength)
        else { return nil }
        func protection(_ mac: ArraySlice<UInt8>, _ key: ArraySlice<UInt8>, _ iv: ArraySlice<UInt8>) -> RecordProtection
        {
            switch cipher {
            case .aesGCM: RecordProtection(.explicitNonceGCM(AEADKey(.aesGCM, Array(key)), salt: Array(iv)))
            case .chaCha20Poly1305: RecordProtection(.chaCha12(AEADKey(.chaCha20Poly1305, Array(key)), iv: Array(iv)))
            case .aesCBC(_, let hash):
                RecordProtection(
                    .cbc(
                        CBCKey(
                            key: Array(key), macKey: Array(mac), hash: hash, encryptsThenMACs: encryptsThenMACs)))
            }
        }
        return (protection(clientMAC, clientKey, clientIV), protection(serverMAC, serverKey, serverIV))
    }
}
