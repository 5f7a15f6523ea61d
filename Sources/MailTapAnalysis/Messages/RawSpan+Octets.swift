extension RawSpan {
    /// Whether any octet is above 127.
    var containsHighBit: Bool { contains(UInt64.highBits, { $0 }) { $0 > 127 } }

    /// Whether any octet is a control character (RFC 20): below 32, or DEL.
    var containsControl: Bool {
        contains(
            UInt64.highBits,
            { word in
                let delete = word ^ .lanes(of: 0x7F)
                return (word &- .lanes(of: 0x20)) & ~word | (delete &- .lanes(of: 1)) & ~delete
            }
        ) { $0 < 32 || $0 == 127 }
    }

    /// Whether every octet is one of printable ASCII, blanks included: 32 to 126.
    var isPrintable: Bool {
        !contains(
            UInt64.highBits,
            { word in
                let delete = word ^ .lanes(of: 0x7F)
                return word | (word &- .lanes(of: 0x20)) | (delete &- .lanes(of: 1)) & ~delete
            }
        ) { $0 < 32 || $0 > 126 }
    }

    /// How many octets are `octet`; eight at a time.
    func count(of octet: UInt8) -> UInt64 {
        let needle = UInt64.lanes(of: octet)
        let low = ~UInt64.highBits
        var total: UInt64 = 0
        var offset = 0
        while offset + 8 <= byteCount {
            // A lane of `sums` holds at most 255.
            let end = min(byteCount - 7, offset + 255 * 8)
            var sums: UInt64 = 0
            while offset < end {
                let word = unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ needle
                // The high bit of a lane stays clear in it just where the lane is 0.
                sums &+= ~((word & low) &+ low | word | low) >> 7
                offset += 8
            }
            let pairs = (sums & 0x00FF_00FF_00FF_00FF) &+ (sums >> 8 & 0x00FF_00FF_00FF_00FF)
            total &+= (pairs &* 0x0001_0001_0001_0001) >> 48
        }
        while offset < byteCount {
            if unsafeLoad(fromByteOffset: offset, as: UInt8.self) == octet { total &+= 1 }
            offset += 1
        }
        return total
    }

    /// Whether `test` gives a word with one of `bits` for any eight octets, or `single` holds for one of the rest.
    @inline(__always)
    private func contains(_ bits: UInt64, _ test: (UInt64) -> UInt64, _ single: (UInt8) -> Bool) -> Bool {
        var offset = 0
        var seen: UInt64 = 0
        while offset + 8 <= byteCount {
            seen |= test(unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if byteCount >= 8 {
            // What is left, and some octets before it once more.
            seen |= test(unsafeLoadUnaligned(fromByteOffset: byteCount - 8, as: UInt64.self))
            return seen & bits != 0
        }
        while offset < byteCount {
            if single(unsafeLoad(fromByteOffset: offset, as: UInt8.self)) { return true }
            offset += 1
        }
        return false
    }
}

extension UInt64 {
    /// The highest bit of each of eight lanes.
    fileprivate static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// Eight lanes of `octet`.
    fileprivate static func lanes(of octet: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(octet) }
}
