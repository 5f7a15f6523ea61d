import MailTapAnalysis
import MailTapCore

/// One line of a dialogue file that says what the server is expected to say.
struct ExpectedLine {
    /// Number of the line in the file, from 1.
    let number: Int
    /// Status and separator are apart, as a set of statuses may stand there; empty for lines of a listing or a mail.
    private let status: Status
    /// What stands behind them.
    private let rest: WireText

    private enum Status {
        case none
        case literal(String)
        case pattern(ReplyPattern)
    }

    /// A line of the file; nil where it is not one whole line that the server says.
    ///
    /// - Parameters:
    ///   - number: its number.
    ///   - text: what stands behind `S:`.
    ///   - statusLength: octets of the status that it begins with; 0 for a line of a listing or a mail.
    init?(_ number: Int, _ text: ArraySlice<UInt8>, statusLength: Int) {
        guard let said = DialogueFileReader.expectation(in: text), said.octets.suffix(2) == [13, 10],
            said.octets.count >= statusLength + 2
        else { return nil }
        self.number = number
        let octets = said.octets.dropLast(2)
        guard statusLength > 0 else {
            status = .none
            rest = Self.wire(octets, said.patterns)
            return
        }
        var patterns = said.patterns[...]
        if let first = patterns.first, case .codes = first.pattern.kind, first.range.lowerBound == 0 {
            status = .pattern(first.pattern)
            patterns = patterns.dropFirst()
        } else {
            status = .literal(String(decoding: octets.prefix(statusLength), as: UTF8.self))
        }
        // The separator says only whether more lines follow.
        rest = Self.wire(octets.dropFirst(statusLength + 1), patterns)
    }

    private static func wire(
        _ octets: ArraySlice<UInt8>, _ patterns: some Sequence<(range: Range<Int>, pattern: ReplyPattern)>
    ) -> WireText {
        var text = WireText([UInt8](octets))
        text.patterns = patterns.compactMap { place in
            let start = place.range.lowerBound - octets.startIndex
            guard start >= 0, start + place.range.count <= octets.count else { return nil }
            return WireText.Pattern(range: start..<start + place.range.count, pattern: place.pattern)
        }
        return text
    }

    /// Whether it stands for any number of lines.
    var isAnyLines: Bool { rest.isAnyLines }

    /// What a listing's or an offer's line is about: its first word, in capitals.
    var keyword: String { rest.text().text.prefix { $0 != " " && $0 != "=" }.uppercased() }

    /// Whether the line that came is as expected.
    ///
    /// - Parameters:
    ///   - came: the line.
    ///   - isFirst: whether it is a reply's first line, which has the enhanced code that counts.
    ///   - rule: what counts.
    func holds(for came: CameLine, isFirst: Bool, _ rule: Rule) -> Bool {
        switch status {
        case .none: guard came.status == nil else { return false }
        case .literal(let text): guard came.status?.text == text else { return false }
        case .pattern(let pattern): guard let status = came.status, pattern.accepts(status) else { return false }
        }
        if !rest.patterns.isEmpty {
            return ExpectedLines([rest], ignoringCase: rule == .set).match([came.text], literal: ==)
        }
        let text = rest.text().text
        switch rule {
        case .exact, .content: return text == came.text
        case .set where isFirst && came.status != nil: return Self.enhanced(text) == Self.enhanced(came.text)
        case .set: return text.uppercased() == came.text.uppercased()
        case .keyed: return text.prefix { $0 != " " } == came.text.prefix { $0 != " " }
        case .free: return !isFirst || Self.enhanced(text) == Self.enhanced(came.text)
        }
    }

    /// What counts in lines without patterns.
    enum Rule {
        /// All of it.
        case exact
        /// All of it, as in a mail.
        case content
        /// Status and enhanced code.
        case free
        /// Lines are a set of offers, but for the first.
        case set
        /// Lines are known by their first word, such as a message's number.
        case keyed
    }

    /// The line as it should be written for what came: its patterns stay where they hold, with the new status before them.
    func rewritten(for came: CameLine) -> [UInt8] {
        let plain = DialogueFileWriter.line(saying: came.octets, masks: came.masks)
        guard let status = came.status, !rest.patterns.isEmpty, !rest.isAnyLines, came.masks.isEmpty else {
            return plain
        }
        let text = rest.octets
        let start = rest.patterns[0].range.lowerBound
        let lead = String(decoding: text[..<start], as: UTF8.self)
        let enhanced = Self.enhanced(came.text).map { $0 + " " } ?? ""
        let own = Self.enhanced(lead).map { $0.utf8.count + 1 } ?? 0
        guard own <= start else { return plain }
        var candidate = WireText([UInt8](enhanced.utf8) + text[own...])
        let moved = enhanced.utf8.count - own
        candidate.patterns = rest.patterns.map {
            WireText.Pattern(
                range: $0.range.lowerBound + moved..<$0.range.upperBound + moved, pattern: $0.pattern)
        }
        guard ExpectedLines([candidate]).match([came.text], literal: ==) else { return plain }
        return [UInt8]("S: \(status.text)\(came.separator)".utf8) + Self.written(candidate)
    }

    /// A text with its patterns as a dialogue file writes it.
    private static func written(_ text: WireText) -> [UInt8] {
        var line: [UInt8] = []
        var position = 0
        /// What stands behind the mark of a line that says these octets.
        func escaped(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            // A letter behind them keeps a space at the end from being one at the end of a line.
            octets.isEmpty ? [] : DialogueFileWriter.line(saying: [UInt8](octets) + [0x2E]).dropFirst(3).dropLast()
        }
        for place in text.patterns where place.range.lowerBound >= position {
            line += escaped(text.octets[position..<place.range.lowerBound])
            line += "{\(place.pattern.name)}".utf8
            position = place.range.upperBound
        }
        return line + escaped(text.octets[position...])
    }

    /// The enhanced code at the beginning of a text (RFC 3463 section 2).
    static func enhanced(_ text: some StringProtocol) -> String? {
        let word = text.prefix { $0 != " " }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, ["2", "4", "5"].contains(parts[0]),
            parts.allSatisfy({ !$0.isEmpty && $0.count <= 3 && $0.allSatisfy(\.isNumber) })
        else { return nil }
        return String(word)
    }
}

/// One line that the server said.
struct CameLine {
    /// The status that it begins with; nil for a line of a listing or a mail.
    var status: ReplyStatus?
    /// What stands between status and text: `-` where more lines follow.
    var separator = " "
    /// The text behind the status.
    var text: String
    /// All its octets, without line end.
    var octets: [UInt8]
    /// Credentials in them.
    var masks: [(range: Range<Int>, kind: SecretKind)] = []
    /// How it is written where it can't be as a line with an end.
    var written: [UInt8]?

    /// The line as a dialogue file writes it.
    var line: [UInt8] { written ?? DialogueFileWriter.line(saying: octets, masks: masks) }
}
