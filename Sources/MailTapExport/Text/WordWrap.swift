/// Breaks plain text into lines at spaces.
public enum WordWrap {
    /// Lines of at most `width` columns; a longer word stands alone on its line.
    ///
    /// Text without words gives no line.
    public static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var columns = 0
        for octets in text.utf8.split(separator: UInt8(ascii: " ")) {
            let word = Substring(octets)
            let wordColumns = VisibleText.columns(of: word)
            if columns > 0, columns + 1 + wordColumns > width {
                lines.append(line)
                line = ""
                columns = 0
            }
            if columns > 0 {
                line += " "
                columns += 1
            }
            line += word
            columns += wordColumns
        }
        if columns > 0 { lines.append(line) }
        return lines
    }
}
