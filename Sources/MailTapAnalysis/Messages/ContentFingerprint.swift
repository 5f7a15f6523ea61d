import MailTapCore

/// Tells a message's octets from those of any other, within one run of the program.
///
/// For who only wants to know whether a message came before, and shows no digest: it costs a tenth of SHA-256. Two
/// messages that differ have the same one by a chance of about 2 to the power of -64, and nobody can look for such a
/// pair, since the keys are drawn anew in each run.
struct ContentFingerprint: Sendable, Hashable {
    let high: UInt64, low: UInt64

    /// What stands for no octets yet, and takes them in pieces; the answer does not depend on where they are cut.
    struct Taker {
        /// Each takes every other pair of eight octets, so that neither waits for the other.
        private var one: UInt64, other: UInt64
        private var length: UInt64 = 0
        /// Octets that do not fill a block yet, and how many.
        private var held: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        private var heldCount = 0

        private typealias Keys = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

        private static let block = 32
        /// Seeded by the standard library, once for each run.
        private static let keys: Keys = {
            func key(_ number: Int) -> UInt64 {
                var hasher = Hasher()
                hasher.combine(number)
                hasher.combine("ContentFingerprint")
                return UInt64(bitPattern: Int64(hasher.finalize()))
            }
            return (key(0), key(1), key(2), key(3), key(4), key(5))
        }()

        init() { (one, other) = (Self.keys.4, Self.keys.5) }

        mutating func receive(_ bytes: RawSpan) {
            length &+= UInt64(bytes.byteCount)
            bytes.withUnsafeBytes { octets in
                var rest = octets[...]
                if heldCount > 0 {
                    rest = hold(rest)
                    guard heldCount == Self.block else { return }
                    (one, other) = Self.mixed(held, one, other, Self.keys)
                    heldCount = 0
                }
                let whole = rest.count / Self.block * Self.block
                mix(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
                _ = hold(rest.dropFirst(whole))
            }
        }

        /// Keeps as many as there is room for; returns the others.
        private mutating func hold(_ octets: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
            let taken = octets.prefix(Self.block - heldCount)
            withUnsafeMutableBytes(of: &held) { room in
                UnsafeMutableRawBufferPointer(rebasing: room[heldCount...]).copyBytes(from: taken)
            }
            heldCount += taken.count
            return octets.dropFirst(taken.count)
        }

        /// Takes whole blocks; each load lies inside the buffer, whose count is a multiple of the block's.
        private mutating func mix(_ octets: UnsafeRawBufferPointer) {
            var (one, other) = (one, other)
            let keys = Self.keys
            var place = 0
            while place < octets.count {
                func word(_ offset: Int) -> UInt64 {
                    octets.loadUnaligned(fromByteOffset: place &+ offset, as: UInt64.self)
                }
                (one, other) = Self.mixed((word(0), word(8), word(16), word(24)), one, other, keys)
                place &+= Self.block
            }
            (self.one, self.other) = (one, other)
        }

        @inline(__always)
        private static func mixed(
            _ words: (UInt64, UInt64, UInt64, UInt64), _ one: UInt64, _ other: UInt64, _ keys: Keys
        ) -> (UInt64, UInt64) {
            (
                folded(words.0 ^ keys.0 ^ one, words.1 ^ keys.1),
                folded(words.2 ^ keys.2 ^ other, words.3 ^ keys.3)
            )
        }

        /// Both halves of the product, one upon the other: each bit depends on all bits of both factors.
        @inline(__always)
        private static func folded(_ one: UInt64, _ other: UInt64) -> UInt64 {
            let product = one.multipliedFullWidth(by: other)
            return product.high ^ product.low
        }

        /// What came so far.
        func finish() -> ContentFingerprint {
            var last = held
            withUnsafeMutableBytes(of: &last) { octets in
                for index in heldCount..<Self.block { octets[index] = 0 }
            }
            let (one, other) = heldCount == 0 ? (one, other) : Self.mixed(last, one, other, Self.keys)
            return ContentFingerprint(
                high: Self.folded(one ^ length, other ^ Self.keys.4),
                low: Self.folded(other ^ length, one ^ Self.keys.5))
        }
    }
}
