import MailTapCore
import Testing

@testable import MailTapAnalysis

struct FirstSightingsTests {
    private func identity(_ number: Int) -> DuplicateWatch.Identity {
        DuplicateWatch.Identity(id: "\(number)", receivedCount: 0, number & 3)
    }

    private func first(_ session: Int) -> DuplicateWatch.First {
        DuplicateWatch.First(
            ended: Timestamp(nanoseconds: Int64(session)), session: UInt32(clamping: session), accepted: true)
    }

    @Test func `what was put in is found, and nothing else`() {
        var seen = FirstSightings()
        for number in 0..<5_000 {
            let place = seen.place(of: identity(number))
            #expect(seen.first(at: place) == nil)
            seen.put(first(number), of: identity(number), at: place)
        }
        for number in 0..<5_000 {
            #expect(seen.first(at: seen.place(of: identity(number)))?.session == UInt32(number))
        }
        #expect(seen.first(at: seen.place(of: identity(5_000))) == nil)
    }

    @Test func `a later one takes the place of the same`() {
        var seen = FirstSightings()
        for session in [1, 2] { seen.put(first(session), of: identity(0), at: seen.place(of: identity(0))) }
        #expect(seen.first(at: seen.place(of: identity(0)))?.session == 2)
    }

    @Test func `what is full takes no more, and still finds and changes what it has`() {
        var seen = FirstSightings()
        for number in 0..<100_000 {
            let place = seen.place(of: identity(number))
            seen.put(first(number), of: identity(number), at: place)
        }
        #expect(seen.first(at: seen.place(of: identity(98_303))) != nil)
        #expect(seen.first(at: seen.place(of: identity(98_304))) == nil)
        seen.put(first(7), of: identity(98_303), at: seen.place(of: identity(98_303)))
        #expect(seen.first(at: seen.place(of: identity(98_303)))?.session == 7)
    }
}
