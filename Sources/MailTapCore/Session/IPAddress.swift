/// An IPv4 or IPv6 address, as 16 octets in network order.
public struct IPAddress: Sendable, Hashable {
    /// The first eight octets as a big-endian number; 0 for IPv4.
    public var high: UInt64
    /// The last eight octets as a big-endian number; for IPv4 the low 32 bits hold the address.
    public var low: UInt64
    /// Whether this is an IPv4 address.
    public var isIPv4: Bool

    /// An IPv4 address from its 32 bits.
    public init(v4 bits: UInt32) {
        high = 0
        low = UInt64(bits)
        isIPv4 = true
    }

    /// An IPv6 address from its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        isIPv4 = false
    }

    /// The IPv4 address that an address of `::ffff:0:0/96` stands for (RFC 4291 section 2.5.5.2); else the address itself.
    public var unmapped: IPAddress {
        guard !isIPv4, high == 0, low >> 32 == 0xFFFF else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low))
    }

    /// The address of 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        isIPv4 ? low >> 24 == 127 : high == 0 && low == 1
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or RFC 5952's form of IPv6.
    public var description: String {
        var out: [UInt8] = []
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends the address as `description` has it.
    public func append(to out: inout [UInt8]) {
        if isIPv4 { return Self.append(v4: low, to: &out) }
        if high == 0, low >> 32 == 0xFFFF {
            out.append(contentsOf: "::ffff:".utf8)
            return Self.append(v4: low, to: &out)
        }
        let zeros = longestRunOfZeros
        for index in 0..<8 {
            if zeros.contains(index) {
                if index == zeros.lowerBound { out.append(contentsOf: "::".utf8) }
                continue
            }
            if index > 0, index != zeros.upperBound { out.append(UInt8(ascii: ":")) }
            Self.append(hexadecimal: group(index), to: &out)
        }
    }

    /// The 16-bit group of an IPv6 address, 0...7.
    private func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> (48 - 16 * UInt64(index % 4)))
    }

    /// The first longest run of at least two groups of zero (RFC 5952 section 4.2); empty where there is none.
    private var longestRunOfZeros: Range<Int> {
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, group(end) == 0 { end += 1 }
            if end - index > max(1, best.count) { best = index..<end }
            index = max(end, index + 1)
        }
        return best
    }

    private static func append(v4 bits: UInt64, to out: inout [UInt8]) {
        for shift in [24, 16, 8, 0] as [UInt64] {
            if shift < 24 { out.append(UInt8(ascii: ".")) }
            TimeText.append(bits >> shift & 255, to: &out)
        }
    }

    private static func append(hexadecimal group: UInt16, to out: inout [UInt8]) {
        var shift = 12
        while shift > 0, group >> shift == 0 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: group >> shift & 15)
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            shift -= 4
        }
    }
}

extension IPAddress {
    /// Parses dotted decimal or any RFC 4291 form of IPv6 (without zone); nil for anything else.
    public init?(_ text: some StringProtocol) {
        if let v4 = Self.parseV4(text) {
            self.init(v4: v4)
            return
        }
        guard let halves = Self.parseV6(text) else { return nil }
        self.init(high: halves.0, low: halves.1)
    }

    private static func parseV4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let octet = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        return bits
    }

    private static func parseV6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        guard text.utf8.contains(UInt8(ascii: ":")) else { return nil }
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var compressed = false
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                let atEdge = index == 0 || index == parts.count - 1
                if atEdge {
                    let neighbour = index == 0 ? parts[1] : parts[parts.count - 2]
                    guard neighbour.isEmpty else { return nil }
                    if parts.count == 3 || index == 0 { compressed = true }
                    continue
                }
                guard
                    !compressed || (index == 1 && parts[0].isEmpty)
                        || (index == parts.count - 2 && parts.last?.isEmpty == true && tail.isEmpty)
                else { return nil }
                compressed = true
                continue
            }
            var words: [UInt16] = []
            if index == parts.count - 1, let v4 = parseV4(part) {
                words = [UInt16(truncatingIfNeeded: v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                guard part.utf8.count <= 4, let word = UInt16(part, radix: 16) else { return nil }
                words = [word]
            }
            if compressed { tail += words } else { head += words }
        }
        let count = head.count + tail.count
        guard compressed ? count < 8 : count == 8 else { return nil }
        let words = head + Array(repeating: 0, count: 8 - count) + tail
        var halves: (UInt64, UInt64) = (0, 0)
        for word in words[..<4] { halves.0 = halves.0 << 16 | UInt64(word) }
        for word in words[4...] { halves.1 = halves.1 << 16 | UInt64(word) }
        return halves
    }
}
