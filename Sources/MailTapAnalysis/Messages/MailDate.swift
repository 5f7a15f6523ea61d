import MailTapCore

/// A date and time as header fields give it (RFC 5322 section 3.3): `Mon, 23 Nov 2026 06:00:00 +0000`.
///
/// Years of two and three digits, hours of one, zones by name, and comments and blanks anywhere, which RFC 5322 section
/// 4.3 still wants to be read, are. The name of the day is not held against the date.
struct MailDate: Equatable {
    /// Seconds since 1970 began, UTC; a zone that nobody knows counts as UTC (RFC 5322 section 4.3).
    let seconds: Int64

    /// Nil for what is no date: other words, a day or hour that there is not, something behind it.
    init?(_ body: ArraySlice<UInt8>) {
        var scanner = Scanner(rest: body)
        if scanner.first.map(Scanner.isLetter) ?? false {
            guard let name = scanner.takeWord(), Self.index(name, in: Self.days) != nil, scanner.take(",") else {
                return nil
            }
        }
        guard let day = scanner.takeNumber(1...2), let name = scanner.takeWord(),
            let month = Self.index(name, in: Self.months), let year = scanner.takeNumber(2...4),
            let hour = scanner.takeNumber(1...2), hour < 24, scanner.take(":"),
            let minute = scanner.takeNumber(2...2), minute < 60
        else { return nil }
        var second: Int64 = 0
        if scanner.take(":") {
            guard let taken = scanner.takeNumber(2...2), taken <= 60 else { return nil }
            second = taken
        }
        let full = year < 50 ? year + 2000 : year < 1000 ? year + 1900 : year
        guard day >= 1, day <= TimeText.length(ofMonth: Int64(month + 1), year: full), let offset = Self.zone(&scanner),
            scanner.isAtEnd
        else { return nil }
        let days = TimeText.days(year: full, month: Int64(month + 1), day: day)
        seconds = (days * 24 + hour) * 3600 + minute * 60 + second - offset
    }

    private static let days: StaticString = "montuewedthufrisatsun"
    private static let months: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
    /// Names of zones (RFC 5322 section 4.3) and how many hours each is behind UTC.
    private static let zones: StaticString = "estedtcstcdtmstmdtpstpdt"
    private static let hoursBehind: [Int64] = [5, 4, 6, 5, 7, 6, 8, 7]

    /// Which of the names of three letters each, in lower case, it is.
    private static func index(_ name: ArraySlice<UInt8>, in names: StaticString) -> Int? {
        guard name.count == 3 else { return nil }
        return names.withUTF8Buffer { letters in
            stride(from: 0, to: letters.count, by: 3).first { start in
                name.enumerated().allSatisfy { ASCII.lowercase($0.element) == letters[start + $0.offset] }
            }
        }.map { $0 / 3 }
    }

    /// Seconds that a zone is ahead of UTC.
    private static func zone(_ scanner: inout Scanner) -> Int64? {
        if let sign = scanner.takeSign() {
            guard let digits = scanner.takeNumber(4...4), digits % 100 < 60 else { return nil }
            return (sign ? 1 : -1) * (digits / 100 * 3600 + digits % 100 * 60)
        }
        guard let name = scanner.takeWord(), name.count <= 5 else { return nil }
        return index(name, in: zones).map { -hoursBehind[$0] * 3600 } ?? 0
    }

    /// Walks over the words; blanks and comments are skipped behind each.
    private struct Scanner {
        private var rest: ArraySlice<UInt8>

        init(rest: ArraySlice<UInt8>) {
            self.rest = rest
            skip()
        }

        var first: UInt8? { rest.first }
        var isAtEnd: Bool { rest.isEmpty }

        static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- 97 < 26 }

        private mutating func skip() {
            while let octet = rest.first {
                if octet == UInt8(ascii: "(") {
                    skipComment()
                } else if SMTPBlank.contains(octet) {
                    rest = rest.dropFirst()
                } else {
                    return
                }
            }
        }

        /// Comments nest (RFC 5322 section 3.2.2).
        private mutating func skipComment() {
            var depth = 0
            while let octet = rest.popFirst() {
                switch octet {
                case UInt8(ascii: "("): depth += 1
                case UInt8(ascii: ")"): depth -= 1
                case UInt8(ascii: "\\"): rest = rest.dropFirst()
                default: break
                }
                if depth == 0 { return }
            }
        }

        mutating func takeWord() -> ArraySlice<UInt8>? {
            let word = rest.prefix(while: Self.isLetter)
            guard !word.isEmpty else { return nil }
            rest = rest[word.endIndex...]
            skip()
            return word
        }

        mutating func takeNumber(_ digits: ClosedRange<Int>) -> Int64? {
            let word = rest.prefix { $0 &- 48 < 10 }
            guard digits.contains(word.count) else { return nil }
            rest = rest[word.endIndex...]
            skip()
            return word.reduce(0) { $0 * 10 + Int64($1 - 48) }
        }

        mutating func take(_ mark: Unicode.Scalar) -> Bool {
            guard let octet = rest.first, UInt32(octet) == mark.value else { return false }
            rest = rest.dropFirst()
            skip()
            return true
        }

        /// Whether a sign is a plus; nil where there is none.
        mutating func takeSign() -> Bool? {
            guard let octet = rest.first, octet == UInt8(ascii: "+") || octet == UInt8(ascii: "-") else { return nil }
            rest = rest.dropFirst()
            return octet == UInt8(ascii: "+")
        }
    }
}
