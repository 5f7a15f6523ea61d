/// The Internet checksum (RFC 1071), summed up piece by piece.
///
/// Every piece but the last must have an even number of octets.
struct OnesComplementSum {
    private var sum: UInt64 = 0

    /// Adds octets; an odd last one counts as if a zero followed.
    mutating func add(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { buffer in
            // Sums in the host's own order: RFC 1071 section 2 (B), byte order independence. Four lanes of 32-bit
            // words cannot overflow 64 bits below 16 GiB, and pieces are packets.
            var lanes = SIMD4<UInt64>()
            var offset = 0
            let count = buffer.count
            while count - offset >= 16 {
                let words = buffer.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt32>.self)
                lanes &+= SIMD4<UInt64>(truncatingIfNeeded: words)
                offset += 16
            }
            var total = lanes.wrappedSum()
            while count - offset >= 2 {
                total &+= UInt64(buffer.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
                offset += 2
            }
            if offset < count { total &+= UInt64(UInt16(littleEndian: UInt16(buffer[offset]))) }
            fold(total)
        }
    }

    /// Adds a 16-bit word of a header, given as a number.
    mutating func add(_ word: UInt16) { fold(UInt64(word.bigEndian)) }

    /// Adds the two words of a 32-bit number.
    mutating func add(_ number: UInt32) {
        add(UInt16(truncatingIfNeeded: number >> 16))
        add(UInt16(truncatingIfNeeded: number))
    }

    /// Adds an address as a pseudo-header holds it (RFC 9293 section 3.1, RFC 8200 section 8.1).
    mutating func add(high: UInt64, low: UInt64) {
        for half in [high, low] {
            add(UInt32(truncatingIfNeeded: half >> 32))
            add(UInt32(truncatingIfNeeded: half))
        }
    }

    /// The checksum: the complement of the sum, as a number to be written in network order.
    var checksum: UInt16 { ~UInt16(bigEndian: UInt16(truncatingIfNeeded: sum)) }

    private mutating func fold(_ more: UInt64) {
        var total = sum &+ (more & 0xFFFF_FFFF) &+ (more >> 32)
        while total >> 16 != 0 { total = (total & 0xFFFF) &+ (total >> 16) }
        sum = total
    }
}
