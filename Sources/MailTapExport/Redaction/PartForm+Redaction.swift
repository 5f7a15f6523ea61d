extension PartForm {
    /// As many octets in the same encoding, with the same lines: of text the words are replaced, else all octets.
    func redacted(_ body: [UInt8], by pseudonyms: inout Pseudonyms) -> [UInt8] {
        switch encoding {
        case .identity: return isText ? pseudonyms.words(body) : octets(body, pseudonyms)
        case .quotedPrintable:
            var form = transferForm(body)
            form.decoded = pseudonyms.words(form.decoded)
            return form.encoded
        case .base64:
            var form = transferForm(body)
            form.decoded = isText ? pseudonyms.words(form.decoded) : pseudonyms.octets(for: form.decoded)
            var out = form.encoded
            // A mailing list's footer, say.
            if let behind = form.textBehind { out.replaceSubrange(behind..., with: pseudonyms.words(body[behind...])) }
            return out
        }
    }

    /// Binary content as it stands: line ends, dots, blanks and NULs stay, so that it travels as before.
    private func octets(_ body: [UInt8], _ pseudonyms: Pseudonyms) -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        return zip(body, pseudonyms.octets(for: body)).map { octet, random in
            switch octet {
            case 0, 9, 10, 13, 32, UInt8(ascii: "."): octet
            case 128...: 0xE0 | random & 31
            default: letters[Int(random) % letters.count]
            }
        }
    }
}
