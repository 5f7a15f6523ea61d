/// Looks at octets sixteen at a time.
///
/// Vectors are compared with vectors: compared with a single number they would be taken apart lane by lane.
extension RawSpan {
    /// Whether any octet is above 127.
    var containsHighBit: Bool { contains({ $0 & .all(0x80) }) { $0 > 127 } }

    /// Whether any octet is a control character (RFC 20): below 32, or DEL.
    var containsControl: Bool {
        contains({ ($0 .< SIMD16.all(32)).lanes | ($0 .== SIMD16.all(127)).lanes }) { $0 < 32 || $0 == 127 }
    }

    /// Whether every octet is one of printable ASCII, blanks included: 32 to 126.
    var isPrintable: Bool {
        // As signed numbers those above 127 are less than a blank too.
        !contains({ ($0.signed .< SIMD16<Int8>(repeating: 32)).lanes | ($0 .== SIMD16.all(127)).lanes }) {
            $0 < 32 || $0 > 126
        }
    }

    /// Looks at every octet once, sixteen at a time.
    func census() -> OctetCensus { withUnsafeBytes { $0.census() } }

    /// Looks at octets that should be base64, sixteen at a time: at whole groups of sixteen, and no more than 4,080.
    func base64Census(from start: Int) -> Base64Census { withUnsafeBytes { $0.base64Census(from: start) } }

    /// Whether `test` gives a bit for any sixteen octets, or `single` holds for one of the rest.
    @inline(__always)
    private func contains(_ test: (SIMD16<UInt8>) -> SIMD16<UInt8>, _ single: (UInt8) -> Bool) -> Bool {
        var offset = 0
        if byteCount >= 16 {
            var seen = SIMD16<UInt8>()
            while offset < byteCount {
                // The last sixteen overlap those before.
                let place = Swift.min(offset, byteCount - 16)
                seen |= test(unsafeLoadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self))
                offset += 16
            }
            return seen.words != 0
        }
        if byteCount >= 8 {
            let first = unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)
            let last = unsafeLoadUnaligned(fromByteOffset: byteCount - 8, as: UInt64.self)
            return test(SIMD16(halves: SIMD2(first, last))).words != 0
        }
        while offset < byteCount {
            if single(unsafeLoad(fromByteOffset: offset, as: UInt8.self)) { return true }
            offset += 1
        }
        return false
    }
}

extension UnsafeRawBufferPointer {
    /// Every load lies inside the buffer: `place + 16` is at most `count`.
    fileprivate func census() -> OctetCensus {
        var census = OctetCensus()
        guard let base = baseAddress else { return census }
        var seen = SIMD16<UInt8>()
        var place = 0
        while count &- place >= 16 {
            // A lane of the sums holds at most 255.
            let end = place &+ Swift.min((count &- place) >> 4, 255) << 4
            var carriageReturns = SIMD16<UInt8>()
            var nuls = SIMD16<UInt8>()
            while place < end {
                let octets = base.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
                seen |= octets
                // The lanes where a comparison holds have all bits set, so they count down by one.
                carriageReturns &-= (octets .== .all(13)).lanes
                nuls &-= (octets .== .all(0)).lanes
                place &+= 16
            }
            census.carriageReturns &+= carriageReturns.sum
            census.nuls &+= nuls.sum
        }
        var rest: UInt8 = 0
        while place < count {
            let octet = base.load(fromByteOffset: place, as: UInt8.self)
            rest |= octet
            if octet == 13 { census.carriageReturns &+= 1 }
            if octet == 0 { census.nuls &+= 1 }
            place &+= 1
        }
        census.hasHighBit = rest > 127 || seen.words & 0x8080_8080_8080_8080 != 0
        return census
    }
}

extension UnsafeRawBufferPointer {
    /// Every load lies inside the buffer: `end` is at most `count`.
    fileprivate func base64Census(from start: Int) -> Base64Census {
        var census = Base64Census()
        guard let base = baseAddress, start >= 0, start < count else { return census }
        // A lane of the sums holds at most 255.
        let end = start &+ Swift.min((count &- start) >> 4, 255) << 4
        var odd = SIMD16<UInt8>(), blanks = SIMD16<UInt8>()
        var place = start
        while place < end {
            let octets = base.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
            let letters = (((octets | .all(32)) &- .all(97)) .< .all(26)).lanes
            let digits = ((octets &- .all(48)) .< .all(10)).lanes
            let signs = (octets .== .all(43)).lanes | (octets .== .all(47)).lanes
            let lineEnds = (octets .== .all(13)).lanes | (octets .== .all(10)).lanes
            odd |= ~(letters | digits | signs | lineEnds)
            blanks &-= lineEnds
            place &+= 16
        }
        census.length = end &- start
        census.isClean = odd.words == 0
        census.lineEnds = Int(truncatingIfNeeded: blanks.sum)
        return census
    }
}

/// What a stretch of what should be base64 holds.
struct Base64Census {
    /// Octets that were looked at.
    var length = 0
    /// Whether all of them are digits of base64, CRs and LFs.
    var isClean = true
    /// How many of them are CRs and LFs.
    var lineEnds = 0
}

/// What a stretch of octets holds.
struct OctetCensus: Equatable {
    /// Whether any octet is above 127.
    var hasHighBit = false
    /// How many octets are CR, and NUL.
    var carriageReturns: UInt64 = 0, nuls: UInt64 = 0
}

extension SIMDMask<SIMD16<Int8>> {
    /// A lane of 255 where the mask is true, of 0 elsewhere; mask and lanes are the same sixteen octets.
    @inline(__always)
    fileprivate var lanes: SIMD16<UInt8> { unsafeBitCast(self, to: SIMD16<UInt8>.self) }
}

extension SIMD16<UInt8> {
    /// The same octet in every lane.
    @inline(__always)
    fileprivate static func all(_ octet: UInt8) -> Self { Self(repeating: octet) }

    /// Sixteen octets are two halves of eight, and the same as signed numbers.
    @inline(__always)
    fileprivate init(halves: SIMD2<UInt64>) { self = unsafeBitCast(halves, to: Self.self) }

    @inline(__always)
    fileprivate var signed: SIMD16<Int8> { unsafeBitCast(self, to: SIMD16<Int8>.self) }

    private var halves: SIMD2<UInt64> { unsafeBitCast(self, to: SIMD2<UInt64>.self) }

    /// Both halves together, bit by bit.
    fileprivate var words: UInt64 { halves[0] | halves[1] }

    /// The sum of all lanes.
    fileprivate var sum: UInt64 { Self.sum(halves[0]) &+ Self.sum(halves[1]) }

    private static func sum(_ lanes: UInt64) -> UInt64 {
        let pairs = (lanes & 0x00FF_00FF_00FF_00FF) &+ (lanes >> 8 & 0x00FF_00FF_00FF_00FF)
        return (pairs &* 0x0001_0001_0001_0001) >> 48
    }
}
