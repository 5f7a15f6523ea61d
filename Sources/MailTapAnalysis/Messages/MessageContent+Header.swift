import MailTapCore

extension MessageContent {
    /// Takes what the message's own header section says.
    mutating func read(_ header: HeaderSection) {
        facts.hasHeaderSection = !header.fields.isEmpty
        subject = header.text("subject")
        messageID = header.first("message-id").map(Self.identifier)
        date = header.text("date")
        from = header.text("from")
        to = header.text("to")
        facts.cc = header.text("cc")
        facts.replyTo = header.text("reply-to")
        facts.dateCount = header.count("date")
        facts.fromCount = header.count("from")
        facts.repeatedFields = header.hasRepeats ? Self.single.filter { header.count($0) > 1 } : []
        facts.autoSubmitted = header.first("auto-submitted").map { MIMEField($0).value }
        for field in header.fields {
            switch field.name {
            case "received":
                facts.receivedCount += 1
                if facts.receivedBy.count < 128 { facts.receivedBy.append(Self.receivingHost(field.body)) }
            case "dkim-signature":
                if facts.dkimDomains.count < 32, let domain = Self.tag("d", field.body) {
                    facts.dkimDomains.append(domain)
                }
                note(field.name, in: &facts.authentication)
            case "arc-seal", "arc-message-signature", "arc-authentication-results", "authentication-results",
                "received-spf":
                note(field.name, in: &facts.authentication)
            default:
                if field.name.hasPrefix("list-"), facts.list.count < 32 { note(field.name, in: &facts.list) }
            }
        }
    }

    /// RFC 5322 section 3.6.
    private static let single = [
        "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
    ]

    private func note(_ name: String, in names: inout [String]) {
        if !names.contains(name) { names.append(name) }
    }

    /// What stands between the angle brackets, or the text without the blanks around it.
    private static func identifier(_ body: [UInt8]) -> String {
        if let open = body.firstIndex(of: UInt8(ascii: "<")),
            let close = body[open...].firstIndex(of: UInt8(ascii: ">"))
        {
            return SMTPGrammar.text(body[body.index(after: open)..<close])
        }
        var rest = body[...].drop(while: SMTPBlank.contains)
        while let last = rest.last, SMTPBlank.contains(last) { rest.removeLast() }
        return SMTPGrammar.text(rest)
    }

    /// The name behind the word `by` of a Received field, comments aside: `(qmail invoked by alias)` names nobody.
    private static func receivingHost(_ body: [UInt8]) -> String {
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
    private static func tag(_ name: String, _ body: [UInt8]) -> String? {
        for pair in body.split(separator: UInt8(ascii: ";")) {
            let text = SMTPGrammar.text(pair.filter { !SMTPBlank.contains($0) })
            if text.hasPrefix(name + "=") { return String(text.dropFirst(name.count + 1)) }
        }
        return nil
    }
}
