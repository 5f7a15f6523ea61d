import MailTapCore

/// Moments as filters write them (RFC 3339), in seconds since 1970-01-01T00:00:00Z.
///
/// Any year of four digits can be told, beyond what 64 bits of nanoseconds hold. Total: no text traps.
struct DateParser {
    private var rest: ArraySlice<UInt8>

    private init(_ text: String) { rest = Array(text.utf8.prefix(256))[...] }

    /// The moment of `2026-11-23`, `2026-11-23T06:00`, `2026-11-23T06:00:00.5Z` or `…+02:00`; UTC where nothing says
    /// otherwise; nil for anything else.
    static func moment(_ text: String) -> Double? {
        var parser = DateParser(text)
        guard let year = parser.number(4...4), parser.take("-"), let month = parser.number(2...2), parser.take("-"),
            let day = parser.number(2...2), let midnight = Self.midnight(year, month, day)
        else { return nil }
        if parser.rest.isEmpty { return midnight }
        guard parser.take("Tt "), let clock = parser.clock() else { return nil }
        if parser.rest.isEmpty || parser.take("Zz") { return parser.rest.isEmpty ? midnight + clock : nil }
        guard let offset = parser.offset(), parser.rest.isEmpty else { return nil }
        return midnight + clock - offset
    }

    private static func midnight(_ year: Int, _ month: Int, _ day: Int) -> Double? {
        guard (1...12).contains(month), day >= 1,
            day <= TimeText.length(ofMonth: Int64(month), year: Int64(year))
        else { return nil }
        return Double(TimeText.days(year: Int64(year), month: Int64(month), day: Int64(day))) * 86_400
    }

    /// `06:00`, or with seconds and a fraction of them; 60 is a leap second.
    private mutating func clock() -> Double? {
        guard let hour = number(2...2), hour < 24, take(":"), let minute = number(2...2), minute < 60 else {
            return nil
        }
        var seconds = Double(hour * 3600 + minute * 60)
        guard take(":") else { return seconds }
        guard let second = number(2...2), second <= 60 else { return nil }
        seconds += Double(second)
        guard take(".") else { return seconds }
        let digits = rest.prefix { (48...57).contains($0) }
        guard !digits.isEmpty, let fraction = Double("0." + String(decoding: digits, as: UTF8.self)) else { return nil }
        rest = rest.dropFirst(digits.count)
        return seconds + fraction
    }

    /// `+0200` or `+02:00`, in seconds.
    private mutating func offset() -> Double? {
        let isWest = rest.first == UInt8(ascii: "-")
        guard take("+-"), let hours = number(2...2) else { return nil }
        _ = take(":")
        guard let minutes = number(2...2), hours < 24, minutes < 60 else { return nil }
        let seconds = Double(hours * 3600 + minutes * 60)
        return isWest ? -seconds : seconds
    }

    // MARK: Octets

    private mutating func take(_ choices: StaticString) -> Bool {
        guard let octet = rest.first, choices.withUTF8Buffer({ $0.contains(octet) }) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A number of so many digits, not followed by another one.
    private mutating func number(_ count: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (48...57).contains($0) }
        // In `+0200` hours and minutes stand together.
        let taken = digits.count == 4 && count == 2...2 ? digits.prefix(2) : digits
        guard count.contains(taken.count) else { return nil }
        rest = rest.dropFirst(taken.count)
        return taken.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
