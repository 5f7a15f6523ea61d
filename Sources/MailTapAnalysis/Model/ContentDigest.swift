import Crypto

/// The SHA-256 (FIPS 180-4) of a message's or a part's octets.
public struct ContentDigest: Sendable, Hashable {
    private let first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

    /// A digest whose 32 octets are four big-endian numbers.
    public init(words: (UInt64, UInt64, UInt64, UInt64)) { (first, second, third, fourth) = words }

    init(_ digest: SHA256Digest) {
        self.init(
            words: digest.withUnsafeBytes { octets in
                func word(_ index: Int) -> UInt64 {
                    UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                }
                return (word(0), word(1), word(2), word(3))
            })
    }

    /// The digest of octets.
    public init(of octets: [UInt8]) { self.init(SHA256.hash(data: octets)) }

    /// The digest's 32 octets as four big-endian numbers.
    public var words: (UInt64, UInt64, UInt64, UInt64) { (first, second, third, fourth) }

    /// The digest in 64 lower-case hexadecimal digits.
    public var text: String {
        [first, second, third, fourth].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
