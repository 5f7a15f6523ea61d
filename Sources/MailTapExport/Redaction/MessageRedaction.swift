import MailTapCore

/// Replaces what a message says and keeps its form: lines, header fields' names, MIME structure, transfer encodings.
enum MessageRedaction {
    /// The message with other words, as many octets.
    ///
    /// - Parameter content: the whole message, dot-stuffing undone.
    static func redacted(_ content: [UInt8], by pseudonyms: inout Pseudonyms) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(content.count)
        for piece in MIMEPieces.of(content) {
            let octets = content[piece.range]
            switch piece.kind {
            case .header(let header): out += header.redacted(by: &pseudonyms)
            case .leaf(let form): out += form.redacted(Array(octets), by: &pseudonyms)
            case .around: out += pseudonyms.words(octets)
            // The boundary in its field is replaced the same way.
            case .delimiter: out += pseudonyms.plainWords(octets)
            }
        }
        return out
    }
}
