import Testing

@testable import MailTapAnalysis

@Suite struct FindingListTests {
    @Test func aFloodIsCounted() {
        var found = FindingList()
        for exchange in 0..<3_000 {
            found.add("smtp.bare-lf", exchange: exchange, "A line")
            found.add("smtp.bare-cr", exchange: exchange / 4, "A line")
        }
        let list = found.inOrder
        let lines = list.filter { $0.rule == "smtp.bare-lf" }
        #expect(lines.count == 1_000)
        #expect(lines.reduce(0) { $0 + $1.occurrences } == 3_000)
        #expect(lines.last?.unlisted == 2_000)
        #expect(lines.last?.text == "A line, and 2000 more at later exchanges, which are not listed")
        #expect(lines.dropLast().allSatisfy { $0.unlisted == 0 && $0.text == "A line" })
        // Several at one exchange are one finding.
        #expect(list.count { $0.rule == "smtp.bare-cr" } == 750)
        #expect(list.first { $0.rule == "smtp.bare-cr" }?.text == "A line, and 3 more like it")
    }
}
