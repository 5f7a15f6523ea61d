import MailTapCore
import Testing

@testable import MailTapCapture

@Suite struct SegmentHistoryTests {
    /// Octets that tell where in their stream they stand.
    private func octets(_ start: Int, _ count: Int) -> [UInt8] {
        (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    @Test("what differs from what is remembered is found", arguments: [1, 7, 60, 100, 333])
    func differences(length: Int) {
        var history = SegmentHistory(capacity: 1_000)
        var last: UInt64 = 0
        var at = 0
        // Three times round the ring, whose end no length divides evenly.
        while at < 3_000 {
            history.append(octets(at, length).span.bytes, at: UInt64(at), last: &last)
            let same = octets(at, length)
            #expect(history.conflict(same.span.bytes, at: UInt64(at), last: last) == nil)
            var other = same
            other[length - 1] ^= 1
            #expect(history.conflict(other.span.bytes, at: UInt64(at), last: last) == UInt64(at)..<UInt64(at + length))
            at += length
        }
    }

    @Test func whatIsForgottenContradictsNothing() {
        var history = SegmentHistory(capacity: 1_000)
        var last: UInt64 = 0
        for at in stride(from: 0, to: 2_000, by: 100) {
            history.append(octets(at, 100).span.bytes, at: UInt64(at), last: &last)
        }
        let wrong = [UInt8](repeating: 0, count: 100)
        #expect(history.conflict(wrong.span.bytes, at: 500, last: last) == nil)
        #expect(history.conflict(wrong.span.bytes, at: 1_000, last: last) == 1_000..<1_100)
    }

    @Test func directionsAreToldApart() {
        var history = SegmentHistory(capacity: 1_000)
        var (first, second): (UInt64, UInt64) = (0, 0)
        for at in stride(from: 0, to: 400, by: 50) {
            history.append(octets(at, 50).span.bytes, at: UInt64(at), last: &first)
            history.append([UInt8](repeating: 1, count: 50).span.bytes, at: UInt64(at), last: &second)
        }
        #expect(history.conflict(octets(100, 200).span.bytes, at: 100, last: first) == nil)
        #expect(history.conflict(octets(100, 200).span.bytes, at: 100, last: second) == 100..<300)
    }

    @Test func withoutRoomNothingIsRemembered() {
        var history = SegmentHistory(capacity: 0)
        var last: UInt64 = 0
        history.append([1, 2, 3].span.bytes, at: 0, last: &last)
        #expect(!history.isKept)
        #expect(history.conflict([9, 9, 9].span.bytes, at: 0, last: last) == nil)
    }
}
