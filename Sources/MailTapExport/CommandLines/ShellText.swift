/// Text for a POSIX shell: whatever a peer said stays one word.
enum ShellText {
    /// The text as one word, in single quotes unless it needs none; control characters as visible escapes.
    static func word(_ text: String) -> String {
        let visible = VisibleText.of(text)
        let isPlain =
            !visible.isEmpty && visible.first != "-"
            && visible.utf8.allSatisfy { octet in
                switch octet {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "="),
                    UInt8(ascii: "+"):
                    true
                default: false
                }
            }
        return isPlain ? visible : quoted(visible)
    }

    /// The text in single quotes; a quote in it stands outside of them.
    static func quoted(_ text: String) -> String {
        var out = "'"
        for character in VisibleText.of(text).unicodeScalars {
            if character == "'" { out += "'\\''" } else { out.unicodeScalars.append(character) }
        }
        return out + "'"
    }

    /// A comment line; nothing in it can end it.
    static func comment(_ text: String) -> String { "# " + VisibleText.of(text) + "\n" }

    /// A word of a URL's path or user (RFC 3986): all but unreserved characters in percent form.
    static func percent(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(octet)
            default: out += [UInt8(ascii: "%"), hex[Int(octet >> 4)], hex[Int(octet & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
