import Crypto
import CryptoExtras

/// Keys of AES-CBC with HMAC in TLS 1.2 (RFC 5246 section 6.2.3.2), with or without encrypt-then-MAC (RFC 7366).
struct CBCKey: Sendable {
    private static let blockLength = 16

    var key: [UInt8]
    var macKey: [UInt8]
    var hash: TLSHash
    var encryptsThenMACs: Bool

    /// The plaintext of a record; nil where padding or MAC do not fit.
    func open(_ record: TLSRecord, sequence: UInt64) -> [UInt8]? {
        encryptsThenMACs ? openAuthenticated(record, sequence) : openThenAuthenticate(record, sequence)
    }

    /// Encrypt-then-MAC: the MAC covers IV and ciphertext and stands in clear behind them.
    private func openAuthenticated(_ record: TLSRecord, _ sequence: UInt64) -> [UInt8]? {
        let length = record.fragment.count - hash.length
        guard length >= 2 * Self.blockLength else { return nil }
        let encrypted = Array(record.fragment.prefix(length))
        let header = sequence.octets + TLSRecord.header(record.type, record.version, length: length)
        guard hash.hmac(macKey, header, encrypted) == Array(record.fragment.suffix(hash.length)) else { return nil }
        return decrypt(encrypted).flatMap(Self.withoutPadding)
    }

    /// MAC-then-encrypt: the MAC covers the plaintext and stands encrypted behind it.
    private func openThenAuthenticate(_ record: TLSRecord, _ sequence: UInt64) -> [UInt8]? {
        guard let padded = decrypt(record.fragment), let inner = Self.withoutPadding(padded),
            inner.count >= hash.length
        else { return nil }
        let content = Array(inner.dropLast(hash.length))
        let header = sequence.octets + TLSRecord.header(record.type, record.version, length: content.count)
        guard hash.hmac(macKey, header, content) == Array(inner.suffix(hash.length)) else { return nil }
        return content
    }

    private func decrypt(_ encrypted: [UInt8]) -> [UInt8]? {
        guard encrypted.count >= 2 * Self.blockLength, encrypted.count.isMultiple(of: Self.blockLength),
            let iv = try? AES._CBC.IV(ivBytes: encrypted.prefix(Self.blockLength)),
            let plaintext = try? AES._CBC.decrypt(
                encrypted.dropFirst(Self.blockLength), using: SymmetricKey(data: key), iv: iv, noPadding: true)
        else { return nil }
        return Array(plaintext)
    }

    /// Removes the padding: its last octet says how many others stand before it, all of that value.
    private static func withoutPadding(_ padded: [UInt8]) -> [UInt8]? {
        guard let last = padded.last, padded.count > Int(last),
            padded.suffix(Int(last) + 1).allSatisfy({ $0 == last })
        else { return nil }
        return Array(padded.dropLast(Int(last) + 1))
    }
}
