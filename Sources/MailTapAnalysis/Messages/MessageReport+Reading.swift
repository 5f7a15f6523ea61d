import MailTapCore

extension MessageReport {
    /// Reads the machine-readable part of a report: groups of fields with empty lines between (RFC 3464 section 2.1).
    init(type: String, octets: [UInt8]) {
        self.type = type
        let isOfDelivery = type.hasSuffix("delivery-status")
        for (index, group) in Self.groups(octets).enumerated() {
            let fields = HeaderSection(group)
            if isOfDelivery, index > 0 { check(fields) }
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

    /// Looks for what is missing in what a delivery report says of a recipient.
    private mutating func check(_ fields: HeaderSection) {
        guard fields.speaksOfRecipient else { return }
        let action = fields.text(.action).map(Self.firstWord) ?? ""
        let status = fields.text(.status).map(Self.firstWord).flatMap { EnhancedCode($0) }
        let isNamed = fields.first(.finalRecipient) != nil
        if !isNamed, fields.first(.originalRecipient) == nil { unnamedRecipients += 1 }
        if !isNamed || !Self.actions.contains(action) || status == nil { isBroken = true }
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

extension HeaderSection {
    /// Whether a field stands in it that only a report's words about a recipient have (RFC 3464 section 2.3).
    fileprivate var speaksOfRecipient: Bool {
        [FieldName.finalRecipient, .originalRecipient, .action, .status, .diagnosticCode].contains { first($0) != nil }
    }
}
