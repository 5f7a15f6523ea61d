/// Text from a peer, made safe to show.
enum VisibleReportText {
    /// The text without characters that could steer a terminal, turn the direction of writing, or hide.
    static func of(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x20..<0x7F: result.unicodeScalars.append(scalar)
            case 0x00...0x1F, 0x7F...0x9F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
                    result += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// The same, fit to stand in HTML as text or as a quoted attribute.
    static func html(_ text: String) -> String {
        of(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
            "\"", with: "&quot;")
    }
}
