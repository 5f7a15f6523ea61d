import MailTapTesting
import Testing

@testable import MailTapCapture

/// Records of any length come out whole, in whatever pieces a source has them.
@Suite struct InputBufferTests {
    /// Lends or gives what it has in pieces of random lengths; what it lent is gone with the next call.
    private final class PieceSource: ByteSource {
        private var left: ArraySlice<UInt8>
        private let longest: Int
        private let lends: Bool
        private var random: SeededGenerator
        private var lent = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)

        init(_ octets: [UInt8], longest: Int, lends: Bool, seed: Int) {
            left = octets[...]
            self.longest = longest
            self.lends = lends
            random = SeededGenerator(seed: UInt64(seed))
        }

        deinit { lent.deallocate() }

        private func take(_ most: Int) -> ArraySlice<UInt8> {
            let piece = left.prefix(Int.random(in: 1...min(longest, most), using: &random))
            left = left.dropFirst(piece.count)
            return piece
        }

        func lend() throws(CaptureError) -> UnsafeRawBufferPointer? {
            guard lends else { return nil }
            lent.initializeMemory(as: UInt8.self, repeating: 0xEE)
            lent.deallocate()
            let piece = take(.max)
            lent = .allocate(byteCount: piece.count, alignment: 1)
            lent.copyBytes(from: piece)
            return UnsafeRawBufferPointer(lent)
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
            let piece = take(buffer.count)
            buffer.copyBytes(from: piece)
            return piece.count
        }
    }

    @Test(arguments: [1, 3, 100, 5_000, 300_000], [true, false]) func records(longest: Int, lends: Bool) throws {
        for seed in 0..<20 {
            var random = SeededGenerator(seed: UInt64(seed))
            let octets = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &random) }
            var input = InputBuffer(PieceSource(octets, longest: longest, lends: lends, seed: seed))
            var at = 0
            while true {
                let wanted = Int.random(in: 1...(seed.isMultiple(of: 2) ? 40 : 9_000), using: &random)
                guard try input.fill(wanted) else { break }
                #expect(input.count >= wanted && input.offset == UInt64(at))
                let taken = Int.random(in: 0...min(input.count, 2 * wanted), using: &random)
                #expect(input.bytes.prefix(taken).elementsEqual(octets[at..<at + taken]))
                input.consume(taken)
                at += taken
                if seed.isMultiple(of: 3), at + 500 < octets.count {
                    #expect(try input.skip(500))
                    at += 500
                }
            }
            // The rest stays at hand, and nothing comes after it.
            #expect(input.bytes.elementsEqual(octets[at...]))
            #expect(try !input.fill(input.count + 1))
            #expect(try !input.skip(UInt64(input.count) + 1))
        }
    }
}
