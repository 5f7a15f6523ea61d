import Testing

@testable import MailTapCore

/// What one side sent and nobody decided yet, in however many pieces.
@Suite struct SideStreamTests {
    private func time(_ number: Int) -> Timestamp { Timestamp(nanoseconds: Int64(number)) }

    /// A stream in which octet `n` came at time `n`, `gap` octets being lost before each but the first.
    private func stream(of count: Int, gap: UInt64 = 0) -> SideStream {
        var stream = SideStream(.client)
        for number in 0..<count {
            if gap > 0, number > 0 { stream.append(.gap(gap, time(number)), at: time(number)) }
            stream.append([UInt8(truncatingIfNeeded: number)].span.bytes, at: time(number))
        }
        return stream
    }

    @Test func theTimeOfEachOctetStaysKnown() {
        var stream = stream(of: 1_000)
        for number in 0..<999 {
            stream.consume(1)
            #expect(stream.offer.arrivals.time(at: UInt64(number) + 2) == time(number + 1))
            #expect(stream.offer.arrivals.time(at: 1_000) == time(999))
        }
    }

    @Test func whatIsDecidedIsLetGoNowAndThen() {
        var stream = stream(of: 4_000)
        var copied = 0
        for _ in 0..<3_999 {
            let before = stream.offer.arrivals.earlier.count
            stream.consume(1)
            let after = stream.offer.arrivals.earlier.count
            // What is left is moved when something is let go.
            if after < before { copied += after }
        }
        #expect(copied <= 4_000)
        #expect(stream.offer.arrivals.earlier.count <= 64)
    }

    @Test func whatIsHeldBehindGapsIsCounted() {
        var stream = stream(of: 500, gap: 3)
        var offset: UInt64 = 0
        for number in 0..<500 {
            #expect(stream.heldCount == 500 - number)
            #expect(stream.storage == [UInt8(truncatingIfNeeded: number)])
            #expect(stream.offer.arrivals.time(at: stream.offset + 1) == time(number))
            stream.consume(1)
            offset += 1
            #expect(stream.hasBreak == (number < 499) && stream.nextBreakIsGap == (number < 499))
            guard case .gap(let length, _) = stream.takeBreak() else { continue }
            stream.offset += length
            offset += 3
        }
        #expect(stream.isEmpty && stream.heldCount == 0)
        #expect(stream.offset == offset && offset == 500 + 3 * 499)
    }
}
