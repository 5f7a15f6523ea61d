/// How a report looks: its width, and what its colours mean.
struct ReportStyle {
    /// What a piece of text is.
    enum Look {
        case plain, good, bad, expected, came

        /// Parameters of the control sequence (ECMA-48 SGR); colours that are readable on dark and light alike.
        var parameters: String {
            switch self {
            case .plain: ""
            case .good: "32"
            case .bad: "1;31"
            case .expected: "31"
            case .came: "32"
            }
        }
    }

    /// Columns.
    let width: Int
    /// Whether colours are used.
    let color: Bool

    init(width: Int, color: Bool) {
        self.width = max(20, width)
        self.color = color
    }

    /// Lines of a label and a text behind it, which is broken to fit; further lines stand below the text.
    func wrapped(_ label: String, _ text: String, _ look: Look = .plain) -> [String] {
        let room = max(20, width - label.count)
        let isRoomy = width - label.count >= 20
        return SideBySide.wrapped(text, room).enumerated().map { index, line in
            let start = index == 0 ? label : String(repeating: " ", count: isRoomy ? label.count : 4)
            // A further line brings an indent of its own.
            let said = index == 0 ? line : String(line.drop { $0 == " " })
            return start + styled(said, look)
        }
    }

    private func styled(_ text: String, _ look: Look) -> String {
        color && !look.parameters.isEmpty && !text.isEmpty ? "\u{1B}[\(look.parameters)m\(text)\u{1B}[0m" : text
    }
}
