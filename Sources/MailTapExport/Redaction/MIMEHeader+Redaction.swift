import MailTapCore

/// Header fields with pseudonyms: names that everybody uses stay, and what says how to read the body.
extension MIMEHeader {
    /// The section with other words, as many octets.
    func redacted(by pseudonyms: inout Pseudonyms) -> [UInt8] {
        var out: [UInt8] = []
        for field in fields {
            let name = text[field.name]
            out +=
                Vocabulary.fields.contains(Array(field.key.utf8))
                ? Array(name)
                : pseudonyms.words(name) { word, _ in word.elementsEqual("X".utf8) || word.elementsEqual("x".utf8) }
            if field.body.lowerBound > field.name.upperBound { out.append(UInt8(ascii: ":")) }
            out += redactedBody(field, &pseudonyms)
        }
        return out
    }

    private func redactedBody(_ field: Field, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        let body = text[field.body]
        switch field.key {
        case "content-type", "content-disposition":
            return FieldParameters(body).redacted(by: &pseudonyms)
        case "content-transfer-encoding", "mime-version":
            return pseudonyms.words(body) { word, _ in
                word.allSatisfy(WordClass.isDigit) || Vocabulary.encodings.contains(word.map(WordClass.lowercased))
            }
        case "date", "resent-date": return date(body, &pseudonyms)
        case "received":
            guard let semicolon = body.lastIndex(of: UInt8(ascii: ";")) else { return trace(body, &pseudonyms) }
            return trace(body[...semicolon], &pseudonyms) + date(body[(semicolon + 1)...], &pseudonyms)
        case "from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "delivered-to", "x-original-to",
            "resent-from", "resent-to", "envelope-to":
            return listed(body, .mailbox, &pseudonyms)
        case "message-id", "in-reply-to", "references", "content-id", "resent-message-id":
            return listed(body, .identifier, &pseudonyms)
        default: return listed(body, .field, &pseudonyms)
        }
    }

    private func listed(
        _ body: ArraySlice<UInt8>, _ kind: RedactionLog.Kind, _ pseudonyms: inout Pseudonyms
    ) -> [UInt8] {
        if kind == .mailbox { pseudonyms.learn(body) }
        let new = EncodedWordRedaction.redacted(body, by: &pseudonyms)
        pseudonyms.log.note(kind, Self.trimmed(body), Self.trimmed(new[...]))
        return new
    }

    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 || $0 == 13 || $0 == 10 }
        guard let last = octets.lastIndex(where: { !isBlank($0) }) else { return [] }
        return octets[...last].drop(while: isBlank)
    }

    /// Dates stay: the packets bear the same.
    private func date(_ body: ArraySlice<UInt8>, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        pseudonyms.words(body) { word, _ in
            word.count <= 4 && word.allSatisfy(WordClass.isDigit)
                || Vocabulary.date.contains(word.map(WordClass.lowercased))
        }
    }

    private func trace(_ body: ArraySlice<UInt8>, _ pseudonyms: inout Pseudonyms) -> [UInt8] {
        pseudonyms.words(body) { word, text in
            func isBlank(_ index: Int) -> Bool {
                !text.indices.contains(index) || [32, 9, 13, 10, 40, 41, 59].contains(text[index])
            }
            return isBlank(word.startIndex - 1) && isBlank(word.endIndex)
                && Vocabulary.trace.contains(word.map(WordClass.lowercased))
        }
    }
}
