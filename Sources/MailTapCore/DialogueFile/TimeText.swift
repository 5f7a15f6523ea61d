/// Moments and intervals as text, and back: the forms that dialogue files, JSON and transcripts share.
///
/// Total in both directions: any 64-bit number of nanoseconds can be written, and no text traps.
public enum TimeText {
    /// Appends an interval in seconds, such as `0.001200`.
    ///
    /// Exact: as many decimals as the nanoseconds need, at least `minimumDecimals` (0 to 9).
    public static func append(seconds nanoseconds: Int64, minimumDecimals: Int = 6, to out: inout [UInt8]) {
        let magnitude = nanoseconds.magnitude
        if nanoseconds < 0 { out.append(UInt8(ascii: "-")) }
        append(magnitude / 1_000_000_000, to: &out)
        var fraction = magnitude % 1_000_000_000
        var decimals = 9
        while decimals > max(0, minimumDecimals), fraction % 10 == 0 {
            fraction /= 10
            decimals -= 1
        }
        guard decimals > 0 else { return }
        out.append(UInt8(ascii: "."))
        append(fraction, digits: decimals, to: &out)
    }

    /// Appends an interval in seconds with exactly `decimals` (0 to 9) of them, cut, not rounded.
    public static func append(seconds nanoseconds: Int64, decimals: Int, to out: inout [UInt8]) {
        let magnitude = nanoseconds.magnitude
        if nanoseconds < 0 { out.append(UInt8(ascii: "-")) }
        append(magnitude / 1_000_000_000, to: &out)
        appendFraction(magnitude % 1_000_000_000, decimals: decimals, to: &out)
    }

    /// Appends a moment in RFC 3339's form in UTC, such as `2026-11-23T06:01:02.123456Z`, with `decimals` (0 to 9).
    ///
    /// - Parameter separator: what stands between date and time.
    public static func append(
        moment: Timestamp, decimals: Int = 6, separator: UInt8 = UInt8(ascii: "T"), zone: Bool = true,
        to out: inout [UInt8]
    ) {
        var seconds = moment.nanoseconds / 1_000_000_000
        var fraction = moment.nanoseconds % 1_000_000_000
        if fraction < 0 {
            fraction += 1_000_000_000
            seconds -= 1
        }
        var days = seconds / 86_400
        var rest = seconds % 86_400
        if rest < 0 {
            rest += 86_400
            days -= 1
        }
        let date = civil(days: days)
        append(UInt64(clamping: date.year), digits: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        append(UInt64(clamping: date.month), digits: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        append(UInt64(clamping: date.day), digits: 2, to: &out)
        out.append(separator)
        append(UInt64(clamping: rest / 3600), digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(UInt64(clamping: rest / 60 % 60), digits: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        append(UInt64(clamping: rest % 60), digits: 2, to: &out)
        appendFraction(UInt64(clamping: fraction), decimals: decimals, to: &out)
        if zone { out.append(UInt8(ascii: "Z")) }
    }

    /// A moment in RFC 3339's form in UTC, as text.
    public static func text(moment: Timestamp, decimals: Int = 6) -> String {
        var out: [UInt8] = []
        append(moment: moment, decimals: decimals, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// An interval in seconds with `decimals`, as text.
    public static func text(seconds nanoseconds: Int64, decimals: Int = 6) -> String {
        var out: [UInt8] = []
        append(seconds: nanoseconds, decimals: decimals, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Nanoseconds of `12`, `-0.5` or `0.001200345`; nil for anything else, for more than nine decimals, and beyond 64 bits.
    public static func parse(seconds text: some Collection<UInt8>) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let point = rest.firstIndex(of: UInt8(ascii: "."))
        let whole = point.map { rest[..<$0] } ?? rest
        let decimals = point.map { rest[rest.index(after: $0)...] }
        guard let seconds = number(whole) else { return nil }
        var fraction: UInt64 = 0
        if let decimals {
            guard decimals.count <= 9, let value = number(decimals) else { return nil }
            fraction = value
            for _ in decimals.count..<9 { fraction &*= 10 }
        }
        let (scaled, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (magnitude, carried) = scaled.addingReportingOverflow(fraction)
        guard !tooLarge, !carried else { return nil }
        if isNegative { return magnitude == 1 << 63 ? .min : Int64(exactly: magnitude).map { -$0 } }
        return Int64(exactly: magnitude)
    }

    /// The moment of `2026-11-23T06:01:02.123456789Z` (RFC 3339 in UTC, up to nine decimals); nil for anything else.
    public static func parse(moment text: some Collection<UInt8>) -> Timestamp? {
        let octets = [UInt8](text)
        guard octets.count >= 20, octets.count <= 30, octets.last == UInt8(ascii: "Z"),
            octets[4] == UInt8(ascii: "-"), octets[7] == UInt8(ascii: "-"),
            octets[10] == UInt8(ascii: "T") || octets[10] == UInt8(ascii: " "),
            octets[13] == UInt8(ascii: ":"), octets[16] == UInt8(ascii: ":"),
            let year = number(octets[0..<4]), let month = number(octets[5..<7]), let day = number(octets[8..<10]),
            let hour = number(octets[11..<13]), let minute = number(octets[14..<16]),
            let second = parse(seconds: octets[17..<(octets.count - 1)]),
            month >= 1, month <= 12, day >= 1, day <= 31, hour < 24, minute < 60,
            octets[17] != UInt8(ascii: "-"), second < 60_000_000_000
        else { return nil }
        let clock =
            days(year: Int64(year), month: Int64(month), day: Int64(day)) * 86_400 + Int64(hour * 3600 + minute * 60)
        // A moment before 1970 has its seconds below zero and its decimals above: bring both to one sign first.
        let borrow: Int64 = clock < 0 ? 60 : 0
        let (scaled, tooLarge) = (clock + borrow).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = scaled.addingReportingOverflow(second - borrow * 1_000_000_000)
        return tooLarge || carried ? nil : Timestamp(nanoseconds: sum)
    }

    /// Appends a number in decimal.
    public static func append(_ number: UInt64, to out: inout [UInt8]) {
        guard number >= 10 else {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
            return
        }
        var digits = 0
        var rest = number
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        append(number, digits: digits, to: &out)
    }

    /// Appends the low `digits` decimal digits of a number, zeros in front.
    private static func append(_ number: UInt64, digits: Int, to out: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: digits) { room in
            var rest = number
            for index in room.indices.reversed() {
                room.initializeElement(at: index, to: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
                rest /= 10
            }
            out.append(contentsOf: UnsafeBufferPointer(room))
        }
    }

    private static func appendFraction(_ fraction: UInt64, decimals: Int, to out: inout [UInt8]) {
        let decimals = min(9, decimals)
        guard decimals > 0 else { return }
        var cut = fraction
        for _ in decimals..<9 { cut /= 10 }
        out.append(UInt8(ascii: "."))
        append(cut, digits: decimals, to: &out)
    }

    /// A number of up to 19 decimal digits; nil for anything else.
    static func number(_ digits: some Collection<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 19 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value &* 10 &+ UInt64(digit &- UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar, counted in eras of 400 years that begin in March.
    public static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Days of a month, 1 to 12, of the Gregorian calendar.
    public static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The date that lies `days` after 1970-01-01; `days` comes from 64-bit nanoseconds, so it is small.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
