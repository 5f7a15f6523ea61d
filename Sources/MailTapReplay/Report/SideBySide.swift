import MailTapAnalysis

/// Rows laid out in two columns, or one below the other where there is no room.
struct SideBySide {
    /// Columns before the text, and between the two sides.
    private static let indent = 2, gutter = 3
    /// Columns of a side at least, and at most.
    private static let narrowest = 24, widest = 76
    /// Lines that one cell may take.
    private static let cellLines = 6

    private let width: Int
    private let color: Bool

    init(width: Int, color: Bool) {
        self.width = max(20, width)
        self.color = color
    }

    private var side: Int { min(Self.widest, (width - Self.indent - Self.gutter) / 2) }

    /// The lines, with a head that names the sides.
    func lines(_ rows: [ComparisonRow]) -> [String] {
        guard side >= Self.narrowest else { return rows.flatMap(stacked) }
        let head = Self.padded("expected", side + Self.gutter) + "came"
        return [pad + styled(head, "2")] + rows.flatMap(beside)
    }

    private var pad: String { String(repeating: " ", count: Self.indent) }

    private func beside(_ row: ComparisonRow) -> [String] {
        if row.kind == .fold { return [pad + styled(row.left ?? "", "2")] }
        let (left, right) = Self.fromFirstDifference(row, side: side)
        let one = cell(left), other = cell(right)
        return (0..<max(one.count, other.count, 1)).map { index in
            let text = Self.padded(one[checked: index] ?? "", side)
            let came = other[checked: index] ?? ""
            let mark = index == 0 ? row.kind.rawValue : " "
            let line: String
            switch row.kind {
            case .changed: line = styled(text, "31") + " \(mark) " + styled(came, "32")
            case .gone: line = styled(text, "31") + " \(mark) " + came
            case .new: line = text + " \(mark) " + styled(came, "32")
            case .free: line = styled(text + " \(mark) " + came, "2")
            case .same, .fold: line = text + " \(mark) " + came
            }
            return pad + (color ? line : Self.trimmed(line))
        }
    }

    private func stacked(_ row: ComparisonRow) -> [String] {
        func said(_ mark: String, _ text: String?, _ style: String) -> [String] {
            guard let text else { return [] }
            return Self.wrapped(text, width - 2).map { styled(mark + $0, style) }
        }
        switch row.kind {
        case .same, .fold: return said("  ", row.left ?? row.right, row.kind == .fold ? "2" : "")
        case .free: return said("  ", row.right ?? row.left, "2")
        case .changed, .gone, .new: return said("- ", row.left, "31") + said("+ ", row.right, "32")
        }
    }

    private func cell(_ text: String?) -> [String] {
        guard let text else { return [] }
        let lines = Self.wrapped(text, side)
        guard lines.count > Self.cellLines else { return lines }
        return lines.prefix(Self.cellLines - 1) + ["   …"]
    }

    private func styled(_ text: String, _ parameters: String) -> String {
        color && !parameters.isEmpty && !text.isEmpty ? "\u{1B}[\(parameters)m\(text)\u{1B}[0m" : text
    }

    /// Long lines that only differ far behind their beginning are shown from shortly before there.
    private static func fromFirstDifference(_ row: ComparisonRow, side: Int) -> (String?, String?) {
        guard row.kind == .changed, let left = row.left, let right = row.right,
            max(left.count, right.count) > 3 * side
        else { return (row.left, row.right) }
        let common = zip(left, right).prefix { $0 == $1 }.count
        guard common > 2 * side else { return (left, right) }
        return ("… " + left.dropFirst(common - side / 2), "… " + right.dropFirst(common - side / 2))
    }

    // MARK: Text

    /// Text made visible and broken into lines of at most `width` columns; further ones are indented.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var rest = Array(VisibleReportText.of(text).unicodeScalars)[...]
        while !rest.isEmpty {
            let indent = lines.isEmpty ? 0 : 3
            var columns = indent
            var end = rest.startIndex
            var space: Int?
            while end < rest.endIndex {
                let more = rest[end].terminalColumns
                guard columns + more <= width else { break }
                if rest[end] == " ", columns > width / 2 { space = end }
                columns += more
                end += 1
            }
            if end < rest.endIndex, let space { end = space }
            // One character always goes on, whatever the width.
            end = max(end, rest.startIndex + 1)
            lines.append(
                String(repeating: " ", count: indent) + String(String.UnicodeScalarView(rest[..<end])))
            rest = rest[end...]
            if rest.first == " " { rest = rest.dropFirst() }
        }
        return lines.isEmpty ? [""] : lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        let columns = text.unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
        return text + String(repeating: " ", count: max(0, width - columns))
    }

    private static func trimmed(_ text: String) -> String {
        guard let last = text.lastIndex(where: { $0 != " " }) else { return "" }
        return String(text[...last])
    }
}
