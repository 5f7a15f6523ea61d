import MailTapCore

/// The parameters behind a path that nearly all clients give, read without making text of them: SIZE, BODY and SMTPUTF8
/// behind MAIL, each once and in form (RFC 1870, 6152, 6531).
struct UsualParameters {
    /// Whether there are no others, and nothing is wrong with these.
    private(set) var areAll = true
    /// Whether there are any.
    private(set) var isEmpty = true
    /// The octets that SIZE declares.
    private(set) var size: UInt64?
    /// Whether BODY is there, and whether it is 8BITMIME.
    private(set) var hasBody = false, is8Bit = false
    private(set) var wantsUTF8 = false

    /// No parameters.
    init() {}

    /// - Parameters:
    ///   - line: a MAIL or RCPT line.
    ///   - rest: where its parameters stand, with the blanks before them.
    init(_ line: RawSpan, _ rest: Range<Int>, isRecipient: Bool) {
        var start = rest.lowerBound
        while start < rest.upperBound {
            guard !SMTPBlank.contains(line[octet: start]) else {
                start += 1
                continue
            }
            var end = start + 1
            while end < rest.upperBound, !SMTPBlank.contains(line[octet: end]) { end += 1 }
            isEmpty = false
            guard !isRecipient, add(line.extracting(start..<end)) else {
                areAll = false
                return
            }
            start = end
        }
    }

    /// False for a word that is none of them.
    private mutating func add(_ word: RawSpan) -> Bool {
        if word.begins(with: "SIZE=") {
            guard size == nil, let number = word.number(from: 5) else { return false }
            size = number
        } else if word.spells("BODY=8BITMIME") || word.spells("BODY=7BIT") {
            guard !hasBody else { return false }
            hasBody = true
            is8Bit = word.byteCount == 13
        } else if word.spells("SMTPUTF8") {
            guard !wantsUTF8 else { return false }
            wantsUTF8 = true
        } else {
            return false
        }
        return true
    }
}

extension RawSpan {
    /// Whether the octets are those of `text`, in the same case.
    func spells(_ text: StaticString) -> Bool { byteCount == text.utf8CodeUnitCount && begins(with: text) }

    /// Whether the octets begin with those of `text`, in the same case.
    func begins(with text: StaticString) -> Bool {
        guard byteCount >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in expected.indices where self[octet: index] != expected[index] { return false }
            return true
        }
    }

    /// The digits from `start` on as a number; nil where there are none, too many, or something else stands there.
    func number(from start: Int) -> UInt64? {
        guard start < byteCount, byteCount - start <= 18 else { return nil }
        var number: UInt64 = 0
        for index in start..<byteCount {
            let digit = self[octet: index] &- 48
            guard digit < 10 else { return nil }
            number = number &* 10 &+ UInt64(digit)
        }
        return number
    }
}
