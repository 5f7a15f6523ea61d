import MailTapCore

/// What words between blanks say, where they lie.
extension RawSpan {
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

/// A blank that is none of the single spaces between the words of a line.
enum OddBlank {
    case tab
    /// A space behind another.
    case doubled
}

extension RawSpan {
    /// The first odd blank in `range`.
    func oddBlank(in range: Range<Int>) -> OddBlank? {
        var before: UInt8 = 0
        for index in range {
            let octet = self[octet: index]
            if octet == 9 { return .tab }
            if octet == 32, before == 32 { return .doubled }
            before = octet
        }
        return nil
    }
}
