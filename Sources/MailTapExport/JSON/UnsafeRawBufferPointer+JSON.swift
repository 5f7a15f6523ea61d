/// Finds what JSON has to escape, many octets at a time; an octet above 127 may begin something that has to be.
extension UnsafeRawBufferPointer {
    /// Copies all octets, for which there is room, and says whether none of them is to be escaped or above 127.
    func copyIfPlainJSON(to room: UnsafeMutableRawPointer) -> Bool {
        if count >= 16 {
            var found = SIMD16<UInt8>()
            var offset = 0
            while offset < count {
                // The last sixteen octets overlap those before.
                let place = Swift.min(offset, count - 16)
                let octets = loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
                found |= octets.needJSONEscape
                room.storeBytes(of: octets, toByteOffset: place, as: SIMD16<UInt8>.self)
                offset += 16
            }
            return found.isZero
        }
        if count >= 8 {
            let first = loadUnaligned(as: UInt64.self)
            let last = loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            room.storeBytes(of: first, as: UInt64.self)
            room.storeBytes(of: last, toByteOffset: count - 8, as: UInt64.self)
            return !first.needsJSONEscape && !last.needsJSONEscape
        }
        if count >= 4 {
            let first = loadUnaligned(as: UInt32.self)
            let last = loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            room.storeBytes(of: first, as: UInt32.self)
            room.storeBytes(of: last, toByteOffset: count - 4, as: UInt32.self)
            return !(UInt64(first) << 32 | UInt64(last)).needsJSONEscape
        }
        for (offset, octet) in self.enumerated() {
            guard octet.isPlainJSON else { return false }
            room.storeBytes(of: octet, toByteOffset: offset, as: UInt8.self)
        }
        return true
    }

    /// The offset of the first octet at or after `start` that is to be escaped or above 127; `count` where there is none.
    func plainJSONEnd(from start: Int) -> Int {
        var offset = start
        while offset + 16 <= count {
            guard loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self).needJSONEscape.isZero else { break }
            offset += 16
        }
        while offset < count, self[offset].isPlainJSON { offset += 1 }
        return offset
    }

    /// The character at an offset and its length in octets, if it has to be escaped; the octets are valid UTF-8.
    func escapedScalar(at index: Int) -> (scalar: UInt32, length: Int)? {
        let octet = self[index]
        if octet < 0x80 { return octet.isPlainJSON ? nil : (UInt32(octet), 1) }
        if octet == 0xC2, index + 1 < count, self[index + 1] < 0xA0 { return (UInt32(self[index + 1]), 2) }
        guard octet == 0xE2, index + 2 < count, self[index + 1] == 0x80 || self[index + 1] == 0x81 else { return nil }
        let scalar = 0x2000 | UInt32(self[index + 1] & 0x3F) << 6 | UInt32(self[index + 2] & 0x3F)
        return (0x2028...0x202E).contains(scalar) || (0x2066...0x2069).contains(scalar) ? (scalar, 3) : nil
    }
}

extension UInt8 {
    fileprivate var isPlainJSON: Bool { self >= 0x20 && self < 0x7F && self != 0x22 && self != 0x5C }
}

extension UInt64 {
    /// Whether any of the eight octets is to be escaped or above 127.
    ///
    /// Of a sum of eight lanes the high bit of a lane tells, and a borrow out of a lane can only come from one that is
    /// told of already.
    var needsJSONEscape: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = self ^ (ones &* 0x22), backslash = self ^ (ones &* 0x5C), delete = self ^ (ones &* 0x7F)
        let control = (self &- ones &* 0x20) & ~self
        let special =
            (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete | control | self
        return special & 0x8080_8080_8080_8080 != 0
    }
}

/// Vectors are compared with vectors: compared with a single number they would be taken apart lane by lane.
extension SIMD16<UInt8> {
    /// All bits in the lanes that are to be escaped or above 127; a mask and its lanes are the same sixteen octets.
    @inline(__always)
    fileprivate var needJSONEscape: Self {
        // As signed numbers those above 127 are less than a blank too.
        let signed = unsafeBitCast(self, to: SIMD16<Int8>.self)
        return Self(signed .< SIMD16<Int8>(repeating: 0x20)) | Self(self .== Self(repeating: 0x22))
            | Self(self .== Self(repeating: 0x5C)) | Self(self .== Self(repeating: 0x7F))
    }

    @inline(__always)
    private init(_ mask: SIMDMask<SIMD16<Int8>>) { self = unsafeBitCast(mask, to: Self.self) }

    /// Whether every lane is 0.
    @inline(__always)
    fileprivate var isZero: Bool {
        let words = unsafeBitCast(self, to: SIMD2<UInt64>.self)
        return words[0] | words[1] == 0
    }
}
