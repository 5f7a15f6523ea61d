import MailTapCore

/// `192.0.2.0/24`: the addresses that share their first bits.
struct IPNetwork: Sendable {
    private let address: IPAddress
    private let bits: Int

    /// Nil for what is no address with a number of bits behind a slash.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), let bits = Int(parts[1]), bits >= 0,
            bits <= (address.isIPv4 ? 32 : 128)
        else { return nil }
        self.address = address
        self.bits = bits
    }

    /// Whether an address is in it, also as the IPv4 address that it maps.
    func contains(_ other: IPAddress) -> Bool { holds(other) || holds(other.unmapped) }

    private func holds(_ other: IPAddress) -> Bool {
        guard other.isIPv4 == address.isIPv4 else { return false }
        let (high, low) = (other.high ^ address.high, other.low ^ address.low)
        if address.isIPv4 { return low >> UInt64(32 - bits) == 0 }
        guard bits > 64 else { return bits == 0 || high >> UInt64(64 - bits) == 0 }
        return high == 0 && (bits == 64 || low >> UInt64(128 - bits) == 0)
    }
}
