import Crypto

/// Octets that look random, and are the same for the same question: HMAC-SHA256 under the export's key (RFC 2104).
///
/// Without the key nobody can try names to find out which pseudonym they got.
struct PseudonymSource {
    /// What is asked for, so that answers to different questions have nothing in common.
    enum Purpose: UInt8 { case word, address, octets }

    private let key: SymmetricKey

    init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// `count` octets for a question; another `attempt` gives others.
    func octets(_ purpose: Purpose, for question: some Collection<UInt8>, attempt: UInt8 = 0, count: Int) -> [UInt8] {
        var hash = HMAC<SHA256>(key: key)
        hash.update(data: [purpose.rawValue, attempt] + question)
        var out = Array(hash.finalize())
        guard out.count < count else { return out }
        let inner = SymmetricKey(data: out)
        var block: UInt64 = 0
        while out.count < count {
            withUnsafeBytes(of: block.littleEndian) { counter in
                out += HMAC<SHA256>.authenticationCode(for: Array(counter), using: inner)
            }
            block &+= 1
        }
        return out
    }
}
