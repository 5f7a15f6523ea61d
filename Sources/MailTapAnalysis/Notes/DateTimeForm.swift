/// Dates and times as parameters of MAIL and RCPT give them: `2026-11-23T06:00:00Z` (RFC 3339 section 5.6).
enum DateTimeForm {
    /// Whether a text is one, fractions of a second and an offset from UTC allowed.
    static func isValid(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int, _ range: ClosedRange<Int>) -> Bool {
            let taken = rest.prefix(digits)
            guard taken.count == digits, taken.allSatisfy({ (48...57).contains($0) }) else { return false }
            rest = rest.dropFirst(digits)
            return range.contains(taken.reduce(0) { $0 * 10 + Int($1 - 48) })
        }
        func sign(_ choices: String) -> Bool {
            guard let octet = rest.first, choices.utf8.contains(octet) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard number(4, 0...9999), sign("-"), number(2, 1...12), sign("-"), number(2, 1...31), sign("Tt"),
            number(2, 0...23), sign(":"), number(2, 0...59), sign(":"), number(2, 0...60)
        else { return false }
        if sign(".") {
            let digits = rest.prefix { (48...57).contains($0) }
            guard !digits.isEmpty else { return false }
            rest = rest.dropFirst(digits.count)
        }
        if sign("Zz") { return rest.isEmpty }
        return sign("+-") && number(2, 0...23) && sign(":") && number(2, 0...59) && rest.isEmpty
    }
}
