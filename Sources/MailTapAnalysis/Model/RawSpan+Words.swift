import MailTapCore

/// Words between blanks, where they lie.
extension RawSpan {
    /// Where the next word from `start` on stands; empty at the end.
    func nextWord(from start: Int) -> Range<Int> {
        var begin = start
        while begin < byteCount, SMTPBlank.contains(self[octet: begin]) { begin += 1 }
        var end = begin
        while end < byteCount, !SMTPBlank.contains(self[octet: end]) { end += 1 }
        return begin..<end
    }

    /// The number whose digits stand at `place`; nil where there are none, more than 18, or anything else among them.
    func number(at place: Range<Int>) -> UInt64? { extracting(place).number(from: 0) }

    /// The two numbers that a line begins with, as those of STAT and LIST do (RFC 1939 section 5).
    ///
    /// More words may stand behind them; nil where either is missing.
    var twoNumbers: (first: Int, second: UInt64)? {
        let first = nextWord(from: 0)
        guard let one = number(at: first), let two = number(at: nextWord(from: first.upperBound)) else { return nil }
        return (Int(one), two)
    }
}
