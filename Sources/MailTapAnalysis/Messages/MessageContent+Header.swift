import MailTapCore

extension MessageContent {
    /// Takes what the message's own header section says.
    mutating func read(_ header: HeaderSection) {
        facts.hasHeaderSection = !header.fields.isEmpty
        // Of several fields of a name the first counts.
        for field in header.fields {
            switch field.name {
            case .subject: if subject == nil { subject = EncodedWords.decode(header.body(field)) }
            case .messageID: if messageID == nil { messageID = Self.identifier(header.body(field)) }
            case .date:
                facts.dateCount += 1
                if date == nil { date = EncodedWords.decode(header.body(field)) }
            case .from:
                facts.fromCount += 1
                if from == nil { from = EncodedWords.decode(header.body(field)) }
            case .to: if to == nil { to = EncodedWords.decode(header.body(field)) }
            case .cc: if facts.cc == nil { facts.cc = EncodedWords.decode(header.body(field)) }
            case .replyTo: if facts.replyTo == nil { facts.replyTo = EncodedWords.decode(header.body(field)) }
            case .autoSubmitted:
                if facts.autoSubmitted == nil { facts.autoSubmitted = MIMEField.value(of: header.body(field)) }
            case .received:
                facts.receivedCount += 1
                if facts.receivedBy.count < 128 { facts.receivedBy.append(Self.receivingHost(header.body(field))) }
            case .dkimSignature:
                if facts.dkimDomains.count < 32, let domain = Self.tag("d", header.body(field)) {
                    facts.dkimDomains.append(domain)
                }
                note(header.name(field), in: &facts.authentication)
            case .arcSeal, .arcMessageSignature, .arcAuthenticationResults, .authenticationResults, .receivedSPF:
                note(header.name(field), in: &facts.authentication)
            case .list: if facts.list.count < 32 { note(header.name(field), in: &facts.list) }
            default: break
            }
        }
        if header.hasRepeats {
            facts.repeatedFields = FieldName.single.filter(header.isRepeated).map { "\($0.text)" }
        }
    }

    private func note(_ name: String, in names: inout [String]) {
        if !names.contains(name) { names.append(name) }
    }

    /// What stands between the angle brackets, or the text without the blanks around it.
    private static func identifier(_ body: ArraySlice<UInt8>) -> String {
        if let open = body.firstIndex(of: UInt8(ascii: "<")),
            let close = body[open...].firstIndex(of: UInt8(ascii: ">"))
        {
            return SMTPGrammar.text(body[body.index(after: open)..<close])
        }
        var rest = body.drop(while: SMTPBlank.contains)
        while let last = rest.last, SMTPBlank.contains(last) { rest.removeLast() }
        return SMTPGrammar.text(rest)
    }

    /// The name behind the word `by` of a Received field, comments aside: `(qmail invoked by alias)` names nobody.
    private static func receivingHost(_ body: ArraySlice<UInt8>) -> String {
        var depth = 0
        let clauses = body.prefix(2000).map { octet -> UInt8 in
            if octet == UInt8(ascii: "(") { depth += 1 }
            defer { if octet == UInt8(ascii: ")"), depth > 0 { depth -= 1 } }
            return depth > 0 ? 32 : octet
        }
        let words = clauses.split(whereSeparator: SMTPBlank.contains)
        guard let by = words.firstIndex(where: { SMTPGrammar.equalsIgnoringCase($0, "by") }), by + 1 < words.count
        else { return "?" }
        // The date follows behind a semicolon.
        return SMTPGrammar.text(words[by + 1].prefix { $0 != UInt8(ascii: ";") })
    }

    /// The value of a tag of a tag list (RFC 6376 section 3.2).
    private static func tag(_ name: String, _ body: ArraySlice<UInt8>) -> String? {
        for pair in body.split(separator: UInt8(ascii: ";")) {
            let text = SMTPGrammar.text(pair.filter { !SMTPBlank.contains($0) })
            if text.hasPrefix(name + "=") { return String(text.dropFirst(name.count + 1)) }
        }
        return nil
    }
}
