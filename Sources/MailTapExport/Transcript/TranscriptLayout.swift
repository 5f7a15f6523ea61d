import MailTapCore

/// Lays out a transcript: lines on the left, times and notes beside them, where there is room.
struct TranscriptLayout: Sendable {
    /// Stands before each line.
    var prefix = ""
    /// Columns of a line.
    private let width: Int
    private let color: Bool
    /// Lines of a note that wait for a free place beside the dialogue.
    private var waiting: ArraySlice<String> = []

    init(width: Int, color: Bool) {
        self.width = width
        self.color = color
    }

    /// Whether there is no room for notes beside the dialogue: they stand below the line then.
    private var isNarrow: Bool { width < 72 }
    /// Column at which times and notes begin.
    private var noteColumn: Int { isNarrow ? 4 : min(64, width * 44 / 100) }
    private var noteWidth: Int { max(16, width - noteColumn - 9 - VisibleText.columns(of: prefix)) }

    /// A line of the dialogue; where it has a note, that stands beside it and goes on beside the lines that follow.
    mutating func line(
        _ side: Side, _ isEncrypted: Bool, _ text: [UInt8], _ style: Style, time: Int64? = nil, note: String? = nil,
        into out: inout [UInt8]
    ) {
        let mark: StaticString =
            switch (side, isEncrypted) {
            case (.client, false): " -> "
            case (.server, false): "<-  "
            case (.client, true): " ~> "
            case (.server, true): "<~  "
            }
        var visible: [UInt8] = []
        visible.append(mark)
        visible += text
        // A space at the end is content too, but nobody sees it; the marks alone must not leave one either.
        if text.isEmpty { while visible.last == UInt8(ascii: " ") { visible.removeLast() } }
        if let note {
            flush(into: &out)
            waiting = WordWrap.lines(VisibleText.of(note), width: noteWidth)[...]
        }
        put(visible, style, time: time, note: waiting.popFirst(), into: &out)
        if isNarrow { flush(into: &out) }
    }

    /// Writes one line: `text` on the left, time and note at their column, below it where the text is too long.
    private func put(
        _ text: [UInt8], _ style: Style, time: Int64? = nil, note: String? = nil, into out: inout [UInt8]
    ) {
        out.append(text: prefix)
        let columns = VisibleText.columns(of: text)
        if !text.isEmpty { style.append(to: &out, color: color) { $0 += text } }
        guard time != nil || note != nil else {
            out.append("\n")
            return
        }
        var aside = time.map { TimeText.text(seconds: $0, decimals: 3) } ?? ""
        aside = String(repeating: " ", count: max(0, 7 - aside.utf8.count)) + aside
        if let note { aside += "  " + note }
        var gap = noteColumn - columns
        if gap < 1 {
            // A time alone never earns a line of its own.
            let fits = columns + 1 + VisibleText.columns(of: prefix) + VisibleText.columns(of: aside) <= width
            if note == nil || (fits && !isNarrow) {
                gap = 1
            } else {
                out.append("\n")
                out.append(text: prefix)
                gap = noteColumn
            }
        }
        out.append(spaces: gap)
        Style.aside.append(to: &out, color: color) { $0.append(text: aside) }
        out.append("\n")
    }

    /// A `===` line, with a time beside it.
    mutating func event(_ text: String, time: Int64?, into out: inout [UInt8]) {
        var visible = [UInt8]("=== ".utf8)
        VisibleText.append(text: text, to: &visible)
        flush(into: &out)
        put(visible, .event, time: time, into: &out)
    }

    /// A text behind a mark of four columns, in as many lines as it takes.
    mutating func block(_ text: String, mark: String, _ style: Style, into out: inout [UInt8]) {
        flush(into: &out)
        let lines = WordWrap.lines(VisibleText.of(text), width: max(16, width - 4 - VisibleText.columns(of: prefix)))
        for (index, text) in lines.enumerated() {
            put(Array(((index == 0 ? mark : "    ") + text).utf8), style, into: &out)
        }
    }

    /// Writes what still waits for a place beside the dialogue.
    mutating func flush(into out: inout [UInt8]) {
        while let note = waiting.popFirst() { put([], .plain, note: note, into: &out) }
    }
}
