import MailTapAnalysis

/// HTML and XML text appended to octets: nothing that a peer said can become markup.
extension [UInt8] {
    /// Appends text, made visible and escaped for element content and quoted attributes.
    mutating func append(html text: String) {
        var visible: [UInt8] = []
        VisibleText.append(text: text, to: &visible)
        append(htmlVisible: visible)
    }

    /// Appends a line, secrets masked unless they are to be revealed, made visible and escaped.
    mutating func append(html line: WireText, reveal: Bool) { append(html: line.text(revealing: reveal).text) }

    /// Appends octets that are safe to show, escaped.
    mutating func append(htmlVisible visible: [UInt8]) {
        for octet in visible {
            switch octet {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&#39;")
            default: append(octet)
            }
        }
    }

    /// Appends `<tag class="name">text</tag>`.
    mutating func append(tag: StaticString, class name: StaticString? = nil, _ text: String) {
        append("<")
        append(tag)
        if let name {
            append(" class=\"")
            append(name)
            append("\"")
        }
        append(">")
        append(html: text)
        append("</")
        append(tag)
        append(">")
    }
}
