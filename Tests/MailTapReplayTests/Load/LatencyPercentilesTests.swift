import MailTapReplay
import Testing

@Suite struct LatencyPercentilesTests {
    @Test func `percentiles are right to 4 percent`() throws {
        var histogram = LatencyPercentiles()
        for value in 1...10_000 { histogram.add(Int64(value) * 1_000) }
        for (share, exact) in [(0.5, 5_000_000), (0.9, 9_000_000), (0.99, 9_900_000), (0.001, 10_000)] {
            let found = Double(try #require(histogram.percentile(share)))
            #expect(abs(found - Double(exact)) <= Double(exact) * 0.04, "\(share): \(found)")
        }
        #expect(histogram.percentile(1) == 10_000_000)
        #expect(histogram.longest == 10_000_000)
        #expect(histogram.count == 10_000)
    }

    @Test func `small and extreme values have their place`() {
        var histogram = LatencyPercentiles()
        #expect(histogram.percentile(0.5) == nil)
        for value: Int64 in [-5, 0, 31, 32, .max] { histogram.add(value) }
        #expect(histogram.percentile(0) == 0)
        #expect(histogram.percentile(0.6) == 31)
        #expect(histogram.percentile(0.8) == 32)
        #expect(histogram.percentile(1) == .max)
    }
}
