import MailTapCore

extension MessageContent {
    /// Takes what the message's own header section says.
    ///
    /// - Parameter decodes: whether more is wanted than what rules ask for.
    mutating func read(_ header: HeaderSection, decoding decodes: Bool) {
        facts.hasHeaderSection = !header.fields.isEmpty
        for field in header.fields {
            switch field.name {
            case .messageID: if messageID == nil { messageID = Self.identifier(header.body(field)) }
            case .date:
                facts.dateCount += 1
                if MailDate(header.body(field)) == nil { facts.defects.insert(.badDate) }
            case .from: facts.fromCount += 1
            case .received: facts.receivedCount += 1
            default: break
            }
            if decodes { decode(field, header) }
        }
        if header.isRepeated(.deliveredTo) { compareDeliveries(header) }
        if header.hasRepeats {
            facts.repeatedFields = FieldName.single.filter(header.isRepeated).map { "\($0.text)" }
        }
    }

    /// Looks for the same Delivered-To twice.
    private mutating func compareDeliveries(_ header: HeaderSection) {
        var seen: Set<[UInt8]> = []
        for field in header.fields.prefix(1_000) where field.name == .deliveredTo {
            let address = header.body(field).map { ASCII.lowercase($0) }
            if !address.isEmpty, !seen.insert(address).inserted { facts.defects.insert(.deliveredTwice) }
        }
    }

    private mutating func decode(_ field: HeaderSection.Field, _ header: HeaderSection) {
        // Of several fields of a name the first counts.
        switch field.name {
        case .subject: if subject == nil { subject = EncodedWords.decode(header.body(field)) }
        case .date: if date == nil { date = EncodedWords.decode(header.body(field)) }
        case .from: if from == nil { from = EncodedWords.decode(header.body(field)) }
        case .to: if to == nil { to = EncodedWords.decode(header.body(field)) }
        case .cc: if facts.cc == nil { facts.cc = EncodedWords.decode(header.body(field)) }
        case .replyTo: if facts.replyTo == nil { facts.replyTo = EncodedWords.decode(header.body(field)) }
        case .autoSubmitted:
            if facts.autoSubmitted == nil { facts.autoSubmitted = MIMEField.value(of: header.body(field)) }
        case .received:
            if facts.receivedBy.count < 128 { facts.receivedBy.append(Self.receivingHost(header.body(field))) }
            if facts.receivedCount <= 32 {
                facts.receivedFields.append(10)
                facts.receivedFields += header.body(field).prefix(ReceivedHop.lengthLimit)
            }
        case .dkimSignature:
            if facts.dkimDomains.count < 32, let domain = Self.domainTag(header.body(field)) {
                facts.dkimDomains.append(domain)
            }
            note(header.name(field), in: &facts.authentication)
        case .arcSeal, .arcMessageSignature, .arcAuthenticationResults, .authenticationResults, .receivedSPF:
            note(header.name(field), in: &facts.authentication)
        case .list: if facts.list.count < 32 { note(header.name(field), in: &facts.list) }
        default: break
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
        let clauses = body.prefix(2000)
        var depth = 0
        var isBehindBy = false
        var start = clauses.startIndex
        // A comment, a blank and the end each end a word.
        for index in clauses.startIndex...clauses.endIndex {
            let octet = index < clauses.endIndex ? clauses[index] : 32
            if octet == UInt8(ascii: "(") { depth += 1 }
            guard depth > 0 || SMTPBlank.contains(octet) else { continue }
            if octet == UInt8(ascii: ")") { depth -= 1 }
            defer { start = index + 1 }
            guard start < index else { continue }
            // The date follows behind a semicolon.
            if isBehindBy { return SMTPGrammar.text(clauses[start..<index].prefix { $0 != UInt8(ascii: ";") }) }
            isBehindBy = SMTPGrammar.equalsIgnoringCase(clauses[start..<index], "by")
        }
        return "?"
    }

    /// The value of the tag `d` of a tag list (RFC 6376 section 3.2).
    private static func domainTag(_ body: ArraySlice<UInt8>) -> String? {
        for pair in body.split(separator: UInt8(ascii: ";")) {
            let tag = pair.drop(while: SMTPBlank.contains)
            guard tag.first == UInt8(ascii: "d") else { continue }
            let rest = tag.dropFirst().drop(while: SMTPBlank.contains)
            guard rest.first == UInt8(ascii: "=") else { continue }
            return SMTPGrammar.text(rest.dropFirst().filter { !SMTPBlank.contains($0) })
        }
        return nil
    }
}
