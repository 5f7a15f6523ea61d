/// Comma-separated values (RFC 4180) that no spreadsheet runs.
enum CSV {
    /// Appends one record.
    static func append(_ fields: [String], to out: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { out.append(",") }
            append(field, to: &out)
        }
        out.append("\r\n")
    }

    private static func append(_ field: String, to out: inout [UInt8]) {
        var text = VisibleText.of(field)
        // A spreadsheet takes a cell that begins so for a formula; an apostrophe in front makes it text. Numbers stay.
        if let first = text.utf8.first, Array("=+-@".utf8).contains(first), !isNumber(text) { text = "'" + text }
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ",") }) else {
            out.append(text: text)
            return
        }
        out.append("\"")
        for octet in text.utf8 {
            if octet == UInt8(ascii: "\"") { out.append(octet) }
            out.append(octet)
        }
        out.append("\"")
    }

    private static func isNumber(_ text: String) -> Bool {
        text.utf8.count > 1 && text.utf8.dropFirst().allSatisfy { $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: ".") }
    }
}
