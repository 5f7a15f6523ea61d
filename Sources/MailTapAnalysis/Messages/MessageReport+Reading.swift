import MailTapCore

extension MessageReport {
    /// Reads the machine-readable part of a report: groups of fields with empty lines between (RFC 3464 section 2.1).
    init(type: String, octets: [UInt8]) {
        self.type = type
        for group in Self.groups(octets) {
            let fields = HeaderSection(group)
            if reporter == nil {
                reporter = (fields.text(.reportingMTA) ?? fields.text(.reportingUA)).map(Self.typedValue)
            }
            if disposition == nil { disposition = fields.text(.disposition) ?? fields.text(.feedbackType) }
            guard recipients.count < 1000,
                let address = fields.text(.finalRecipient) ?? fields.text(.originalRecipient)
            else { continue }
            recipients.append(
                Recipient(
                    address: Self.typedValue(address), action: fields.text(.action).map(Self.firstWord),
                    status: fields.text(.status).map(Self.firstWord),
                    diagnostic: fields.text(.diagnosticCode).map(Self.typedValue)))
        }
    }

    /// The octets between empty lines.
    private static func groups(_ octets: [UInt8]) -> [ArraySlice<UInt8>] {
        var groups: [ArraySlice<UInt8>] = []
        var start = 0
        var lineStart = 0
        for (index, octet) in octets.enumerated() where octet == 10 {
            let line = octets[lineStart..<index]
            if line.isEmpty || line.elementsEqual([13]) {
                if lineStart > start { groups.append(octets[start..<lineStart]) }
                start = index + 1
            }
            lineStart = index + 1
        }
        if start < octets.count { groups.append(octets[start...]) }
        return groups
    }

    /// What stands behind the `rfc822;` or `dns;` of a typed field.
    private static func typedValue(_ text: String) -> String {
        guard let semicolon = text.firstIndex(of: ";") else { return text }
        return String(text[text.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" })
    }

    private static func firstWord(_ text: String) -> String {
        String(text.prefix { $0 != " " && $0 != "\t" && $0 != "(" }).lowercased()
    }
}
