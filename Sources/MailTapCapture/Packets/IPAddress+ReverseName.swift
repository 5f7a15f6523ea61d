import MailTapCore

extension IPAddress {
    /// The address that a reverse lookup asks for: its octets under `in-addr.arpa` (RFC 1035 section 3.5), or its half
    /// octets under `ip6.arpa` (RFC 3596 section 2.5), the last one first; nil for any other name.
    ///
    /// - Parameter name: in lower case.
    init?(reverseName name: String) {
        let labels = name.utf8.split(separator: UInt8(ascii: "."))
        guard let root = labels.last, root.elementsEqual("arpa".utf8), labels.count > 2 else { return nil }
        let zone = labels[labels.count - 2]
        let digits = labels.dropLast(2).reversed()
        if zone.elementsEqual("in-addr".utf8), digits.count == 4 {
            let octets = digits.compactMap { UInt8(String(decoding: $0, as: UTF8.self)) }
            guard octets.count == 4 else { return nil }
            self.init(v4: octets.reduce(0) { $0 << 8 | UInt32($1) })
        } else if zone.elementsEqual("ip6".utf8), digits.count == 32 {
            let halves = digits.compactMap { label in
                label.count == 1 ? label.first.flatMap { UInt64(String(UnicodeScalar($0)), radix: 16) } : nil
            }
            guard halves.count == 32 else { return nil }
            self.init(
                high: halves[..<16].reduce(0) { $0 << 4 | $1 }, low: halves[16...].reduce(0) { $0 << 4 | $1 })
        } else {
            return nil
        }
    }
}
