import MailTapCore

/// What a field's values are, and so what it can be compared with.
///
/// A value that no session could ever have is a mistake of whoever wrote it, and is refused.
enum FilterKind: Sendable {
    /// The session, or an exchange, has it or not.
    case presence
    /// A number within bounds.
    case number(ClosedRange<Double>)
    /// Octets: a number, or one with K, M or G behind it.
    case octets
    /// A moment: a date, or seconds since 1970.
    case moment
    /// Anything.
    case text
    /// One of these words; whether they have an order.
    case choice([String], isOrdered: Bool)
    /// An IP address, or a network.
    case address
    /// A rule of the catalogue, or the beginning of one with a star.
    case rule
    /// An enhanced status code, or the beginning of one with a star.
    case statusCode

    /// Whether values come one after another, so that `<` means something.
    var isOrdered: Bool {
        switch self {
        case .presence, .address, .rule, .statusCode: false
        case .choice(_, let isOrdered): isOrdered
        case .number, .octets, .moment, .text: true
        }
    }

    /// Whether a part of a value can be looked for.
    var isText: Bool {
        switch self {
        case .presence, .number, .octets, .moment: false
        case .text, .choice, .address, .rule, .statusCode: true
        }
    }

    /// The value that a text means; nil where it means none.
    func value(_ text: String) -> FilterValue? {
        switch self {
        case .presence: text == "1" || text == "true" ? .number(1) : nil
        case .number(let bounds):
            Self.number(text).flatMap { bounds.contains($0) ? .number($0) : nil }
        case .octets: Self.octets(text).map { .number($0) }
        case .moment: (DateParser.moment(text) ?? Self.number(text)).map { .number($0) }
        case .text: .text(text)
        case .choice(let words, _): words.contains { $0.lowercased() == text.lowercased() } ? .text(text) : nil
        case .address: IPAddress(text) != nil || IPNetwork(text) != nil ? .text(text) : nil
        case .rule:
            text != "*" && RuleBook.all.contains { RuleSelection.matches(text.lowercased(), $0.id) }
                ? .text(text.lowercased()) : nil
        case .statusCode: Self.isStatusCode(text) ? .text(text) : nil
        }
    }

    /// What is wrong with a text that means no value.
    func problem(_ text: String) -> String {
        let shown = "\"\(ShownText.of(text))\""
        return switch self {
        case .presence: "it is there or not: write the field alone, or not in front of it, instead of \(shown)"
        case .number(let bounds):
            Self.number(text) == nil
                ? "\(shown) is no number"
                : "\(shown) is not from \(Int(bounds.lowerBound)) to \(Int(min(bounds.upperBound, 1e15)))"
        case .octets: "\(shown) is no size such as 500K"
        case .moment: "\(shown) is no time such as 2026-11-23 or 2026-11-23T06:00:00+02:00"
        case .text: "\(shown) can't stand here"
        case .choice(let words, _): "\(shown) is none of \(words.joined(separator: ", "))"
        case .address: "\(shown) is no address such as 192.0.2.7, 2001:db8::7 or 192.0.2.0/24"
        case .rule: "there is no rule \(shown); mailtap help rules lists them"
        case .statusCode: "\(shown) is no enhanced status code such as 5.1.1 or 5.7.*"
        }
    }

    // MARK: Forms

    /// Digits, with a sign and a fraction at most: `nan` and `0x1F` are words.
    static func number(_ text: String) -> Double? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (48...57).contains(first),
            digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }), let number = Double(text),
            number.isFinite
        else { return nil }
        return number
    }

    static func octets(_ text: String) -> Double? {
        let units: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9]
        let whole = text.uppercased()
        let digits = whole.hasSuffix("B") ? whole.dropLast() : whole[...]
        let unit = digits.last.flatMap { units[$0] }
        guard let number = number(String(unit == nil ? digits : digits.dropLast())), number >= 0 else { return nil }
        return number * (unit ?? 1)
    }

    private static func isStatusCode(_ text: String) -> Bool {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        let isOpen = fields.last == "*"
        guard isOpen ? (2...3).contains(fields.count) : fields.count == 3, ["2", "4", "5"].contains(fields[0]) else {
            return false
        }
        return (isOpen ? fields.dropLast() : fields[...]).allSatisfy { field in
            (1...3).contains(field.utf8.count) && field.utf8.allSatisfy { (48...57).contains($0) }
        }
    }
}

extension FilterField {
    /// What its values are.
    var kind: FilterKind {
        switch self {
        case .smtpRequest, .smtpResponse, .popRequest, .popResponse, .encrypted, .smtp, .pop, .imap, .tls: .presence
        case .smtpCode: .number(0...999)
        case .port, .clientPort, .serverPort: .number(0...65_535)
        case .accepted, .complete: .number(0...1)
        case .latency, .session, .duration, .messages: .number(0...1e15)
        case .size: .octets
        case .started, .headerDate: .moment
        case .popIndicator: .choice(["+OK", "-ERR", "+"], isOrdered: false)
        case .protocol: .choice(["smtp", "pop3", "imap", "unknown"], isOrdered: false)
        case .ending: .choice(Ending.allCases.map(\.rawValue), isOrdered: false)
        case .severity: .choice(Severity.allCases.map(\.rawValue), isOrdered: true)
        case .aspect: .choice(Aspect.allCases.map(\.rawValue), isOrdered: false)
        case .side: .choice(["client", "server"], isOrdered: false)
        case .address, .client, .server: .address
        case .rule: .rule
        case .enhanced: .statusCode
        default: .text
        }
    }
}
