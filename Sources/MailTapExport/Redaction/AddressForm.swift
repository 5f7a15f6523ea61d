import MailTapCore

/// Addresses whose text is as long as that of another.
enum AddressForm {
    /// An address of the same family, whose parts have as many digits.
    static func imitate(_ address: IPAddress, _ random: [UInt8]) -> IPAddress {
        var random = random.makeIterator()
        func next() -> UInt64 { UInt64(random.next() ?? 0) << 8 | UInt64(random.next() ?? 0) }
        if address.isIPv4 { return IPAddress(v4: v4(UInt32(truncatingIfNeeded: address.low), next)) }
        if address.high == 0, address.low >> 32 == 0xFFFF {
            return IPAddress(high: 0, low: 0xFFFF << 32 | UInt64(v4(UInt32(truncatingIfNeeded: address.low), next)))
        }
        func half(_ bits: UInt64) -> UInt64 {
            (0..<4).reduce(0) { sum, place in
                let group = bits >> (48 - 16 * UInt64(place)) & 0xFFFF
                return sum << 16 | self.group(group, next())
            }
        }
        return IPAddress(high: half(address.high), low: half(address.low))
    }

    private static func v4(_ bits: UInt32, _ next: () -> UInt64) -> UInt32 {
        let isLoopback = bits >> 24 == 127
        return (0..<4).reduce(0) { sum, place in
            let octet = UInt64(bits >> (24 - 8 * UInt32(place)) & 255)
            let drawn = next()
            let new: UInt64
            if place == 0, isLoopback {
                new = octet
            } else if octet >= 100 {
                // Neither loopback nor multicast.
                new = place > 0 ? 100 + drawn % 156 : 128 + drawn % 96
            } else if octet >= 10 {
                new = 10 + drawn % 90
            } else {
                new = place > 0 ? drawn % 10 : 1 + drawn % 9
            }
            return sum << 8 | UInt32(truncatingIfNeeded: new)
        }
    }

    /// A group of as many hexadecimal digits; none stays none, so that the text is shortened in the same place.
    private static func group(_ group: UInt64, _ drawn: UInt64) -> UInt64 {
        var low: UInt64 = 1
        while low << 4 <= group { low <<= 4 }
        return group == 0 ? 0 : low + drawn % (low * 15)
    }
}
