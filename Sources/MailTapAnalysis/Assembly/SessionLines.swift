import MailTapCore

/// Makes the lines of a session: their text, with what in it is a credential, was masked or may vary.
struct SessionLines {
    /// Where the lines lie.
    private var store = LineStore()
    /// Credentials that the next line holds, as far as they were reported.
    private var secrets: [(range: StreamRange, kind: SecretKind)] = []
    /// What went on changed, was masked, or may vary.
    var edits = StreamEdits()

    /// Whether the next line is as it came, with nothing in it to be hidden.
    var isPlain: Bool { edits.isEmpty && secrets.isEmpty }

    /// A credential was reported, of a line that is still to come.
    mutating func note(secret range: StreamRange, _ kind: SecretKind) {
        // Behind an exchange of roles no line comes that would take them.
        if secrets.count == 4_096 { secrets.removeFirst(2_048) }
        secrets.append((range, kind))
    }

    /// The line came for which credentials were reported.
    mutating func forgetSecrets() {
        if !secrets.isEmpty { secrets.removeAll(keepingCapacity: true) }
    }

    /// A line of one side that begins at `start`; nearly always one of which nothing is special.
    mutating func line(_ text: RawSpan, from start: UInt64, side: Side) -> WireText {
        if edits.isEmpty, secrets.isEmpty { return store.line(text) }
        let marks = marks(of: text.byteCount, start, side)
        return marks.isEmpty ? store.line(text) : WireText(text, marks)
    }

    /// As `line`, with the places that a dialogue file lets vary.
    mutating func expectation(_ text: RawSpan, from start: UInt64) -> WireText {
        guard edits.hasPatterns else { return line(text, from: start, side: .server) }
        var marks = marks(of: text.byteCount, start, .server)
        marks.patterns = edits.patterns(in: StreamRange(.server, start, start &+ UInt64(text.byteCount))).map {
            WireText.Pattern(
                range: Int($0.range.start - start)..<Int($0.range.end - start), pattern: $0.pattern)
        }
        return marks.isEmpty ? store.line(text) : WireText(text, marks)
    }

    private func marks(of count: Int, _ start: UInt64, _ side: Side) -> LineMarks {
        let range = StreamRange(side, start, start &+ UInt64(count))
        if let masked = edits.masks(in: range) { return LineMarks(secrets: masked, isMasked: true) }
        // A secret may begin before the text of a line: in what separates it from the status.
        let found = secrets.filter { $0.range.side == side && $0.range.start < range.end && $0.range.end > start }
        return LineMarks(
            secrets: found.map {
                let (first, end) = (max($0.range.start, start), min($0.range.end, range.end))
                return WireText.Secret(range: Int(first - start)..<Int(end - start), kind: $0.kind)
            })
    }
}
