import MailTapCore
import Testing

@testable import MailTapAnalysis

/// Lines and odd octets of a message, however it is cut.
@Suite struct LineCensusTests {
    private func count(_ pieces: [String]) -> LineCensus {
        var census = LineCensus()
        for piece in pieces {
            let octets = Array(piece.utf8)
            _ = census.count(octets.span.bytes)
            var start = 0
            while start < octets.count {
                let lineFeed = octets[start...].firstIndex(of: 10)
                let end = lineFeed.map { $0 + 1 } ?? octets.count
                census.measure(octets.span.bytes, start, end, endsLine: lineFeed != nil)
                start = end
            }
        }
        return census
    }

    private let text = "one\r\ntwelve\nwith\rCR\r\n\r\nnul\u{0}\n"

    @Test func eachKindOfLineEndIsCounted() {
        let census = count([text])
        #expect(census.lines == 5)
        #expect(census.bareLineFeeds == 2)
        #expect(census.bareCarriageReturns == 1)
        #expect(census.nuls == 1)
        #expect(census.longest == 7)
    }

    @Test func theCutMakesNoDifference() {
        let whole = count([text])
        for cut in 1..<text.unicodeScalars.count {
            let scalars = text.unicodeScalars
            let parts = count([String(scalars.prefix(cut)), String(scalars.dropFirst(cut))].map { String($0) })
            #expect(parts.lines == whole.lines && parts.bareLineFeeds == whole.bareLineFeeds, "cut at \(cut)")
            #expect(parts.longest == whole.longest, "cut at \(cut)")
            #expect(parts.bareCarriageReturns == whole.bareCarriageReturns, "cut at \(cut)")
        }
    }

    @Test func aLineWithoutItsEndIsMeasuredToo() {
        #expect(count(["ab\r\n", "long"]).longest == 4)
    }

    @Test func linesFoundTogetherCountAsIfOneByOne() {
        let octets = Array(text.utf8)
        var census = LineCensus()
        _ = census.count(octets.span.bytes)
        census.add(octets.span.bytes.wholeLines(from: 0))
        #expect(census.lines == 5 && census.bareLineFeeds == 2 && census.longest == 7)
    }
}
