import MailTapCore

/// Counts the lines of a message and what odd octets they have, whatever the chunking.
struct LineCensus {
    /// Octets of the line that is not whole yet.
    private var length: UInt64 = 0
    private var longestWhole: UInt64 = 0
    private var endsInCR = false
    private var carriageReturns: UInt64 = 0
    /// Lines that CRLF ends.
    private var lineEnds: UInt64 = 0
    /// Lines that LF alone ends.
    private(set) var bareLineFeeds: UInt64 = 0
    private(set) var nuls: UInt64 = 0

    /// Line ends so far, of either kind.
    var lines: UInt64 { lineEnds &+ bareLineFeeds }
    /// Octets of the longest line, its end left out.
    var longest: UInt64 { max(longestWhole, length) }
    /// CRs that no LF follows.
    var bareCarriageReturns: UInt64 { carriageReturns &- lineEnds }

    /// Counts octets that tell nothing of lines; returns whether any is above 127.
    mutating func count(_ bytes: RawSpan) -> Bool {
        let census = bytes.census()
        carriageReturns &+= census.carriageReturns
        nuls &+= census.nuls
        return census.hasHighBit
    }

    /// Counts octets of one line, its end or not.
    ///
    /// The longest is that of whole lines only, so that the cut between CR and LF makes no difference.
    mutating func measure(_ bytes: RawSpan, _ start: Int, _ end: Int, endsLine: Bool) {
        guard end > start else { return }
        length &+= UInt64(end - start)
        guard endsLine else {
            endsInCR = bytes[octet: end - 1] == 13
            return
        }
        let beforeEnd = end - start >= 2 ? bytes[octet: end - 2] == 13 : endsInCR
        if beforeEnd { lineEnds &+= 1 } else { bareLineFeeds &+= 1 }
        longestWhole = max(longestWhole, length &- (beforeEnd && length > 1 ? 2 : 1))
        length = 0
        endsInCR = false
    }

    /// Counts whole lines that were found together.
    mutating func add(_ lines: LineRun) {
        lineEnds &+= lines.endingInCRLF
        bareLineFeeds &+= lines.endingInLF
        longestWhole = max(longestWhole, UInt64(lines.longest))
    }
}
