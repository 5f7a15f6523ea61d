/// Where a telephone number may stand in free text.
enum PhoneText {
    /// The first one: digits with a `+` before them, or with hyphens, parentheses or slashes between them, seven at least;
    /// also ten digits in a row, or seven that begin with 0.
    ///
    /// Dates and enhanced codes are none.
    static func range(in text: [UInt8]) -> Range<Int>? {
        var index = 0
        while index < text.count {
            guard isStart(text, index) else {
                index += 1
                continue
            }
            let end = end(of: text, from: index)
            let run = text[index..<end]
            if isNumber(run) { return index..<end }
            // On behind this word: a number may begin with the next.
            index += max(1, run.prefix { $0 != 32 }.count)
        }
        return nil
    }

    private static func isStart(_ text: [UInt8], _ index: Int) -> Bool {
        let octet = text[index]
        guard WordClass.isDigit(octet) || [40, 43].contains(octet) else { return false }
        guard index > 0 else { return true }
        let before = text[index - 1]
        return !WordClass.isWord(before) && ![43, 45, 46, 58].contains(before)
    }

    /// The end of digits and what may stand between them; its last octet is a digit.
    private static func end(of text: [UInt8], from start: Int) -> Int {
        var end = start
        while end < text.count, end - start < 40,
            WordClass.isDigit(text[end]) || [32, 40, 41, 43, 45, 47].contains(text[end])
        { end += 1 }
        // A word or a fraction goes on here: its digits are no part of it.
        if end < text.count, WordClass.isWord(text[end]) || [46, 58].contains(text[end]), end > start {
            let isFullStop = text[end] == 46 && (end + 1 == text.count || !WordClass.isWord(text[end + 1]))
            if !isFullStop { while end > start, WordClass.isDigit(text[end - 1]) { end -= 1 } }
        }
        while end > start, !WordClass.isDigit(text[end - 1]) { end -= 1 }
        return max(end, start)
    }

    private static func isNumber(_ run: ArraySlice<UInt8>) -> Bool {
        let digits = run.count(where: WordClass.isDigit)
        guard digits >= 7, let first = run.first else { return false }
        if run.count == digits { return digits >= 10 || first == 48 }
        return first == 43 || run.contains { [40, 45, 47].contains($0) } && !isDate(run)
    }

    /// `2026-11-25` or `25/11/2026`, and what follows it.
    private static func isDate(_ run: ArraySlice<UInt8>) -> Bool {
        let parts = run.prefix { $0 != 32 }.split { !WordClass.isDigit($0) }.map(\.count)
        return parts == [4, 2, 2] || parts == [2, 2, 4]
    }
}
