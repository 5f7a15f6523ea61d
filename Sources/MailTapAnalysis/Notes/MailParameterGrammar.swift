import MailTapCore

extension MailParameters {
    /// What may stand behind the `=` of a parameter.
    enum ValueForm: Sendable {
        /// Nothing; there is no `=`.
        case none
        /// Digits, at most so many.
        case digits(Int)
        /// One of these words.
        case words(Set<String>)
        /// xtext (RFC 3461 section 4): printable ASCII, `+` and two hexadecimal digits for the rest.
        case xtext
        /// RFC 3461 section 4.1.
        case notify
        /// An address type, a semicolon and xtext (RFC 3461 section 4.2).
        case originalRecipient
        /// xtext of at most 100 characters (RFC 3461 section 4.4).
        case envelopeID
        /// RFC 2852 section 4.
        case deliverBy
        /// RFC 6710 section 4.1: a whole number from -9 to 9, without `+` and leading zeros.
        case priority
        /// Seconds to wait, 1 to 999999999 (RFC 4865 section 4).
        case interval
        /// A date and time (RFC 3339 section 5.6).
        case dateTime
        /// A date and time, and what else to do (RFC 7293 section 3.1).
        case requiredSince
        /// Anything.
        case any
    }

    /// Where a parameter belongs and what its value looks like.
    struct Grammar: Sendable {
        var isOfRecipient: Bool
        var form: ValueForm

        /// What is wrong with a value; nil where it is good.
        func problem(_ value: String?) -> String? {
            if case .none = form { return value == nil ? nil : "it takes no value" }
            if case .any = form { return nil }
            guard let value, !value.isEmpty else { return "it needs a value" }
            switch form {
            case .none, .any: return nil
            case .digits(let limit):
                let isNumber = value.utf8.allSatisfy { (48...57).contains($0) } && value.utf8.count <= limit
                return isNumber ? nil : "it takes a number of at most \(limit) digits"
            case .words(let words):
                return words.contains(value.uppercased())
                    ? nil : "it takes \(words.sorted().joined(separator: ", "))"
            case .xtext: return MailParameters.isXtext(value) ? nil : "its value is no xtext"
            case .envelopeID:
                guard value.utf8.count <= 100 else {
                    return "it has \(value.utf8.count) characters, 100 are allowed (RFC 3461 section 4.4)"
                }
                return MailParameters.isXtext(value) ? nil : "its value is no xtext"
            case .notify: return MailParameters.notifyProblem(value)
            case .originalRecipient:
                let fields = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
                guard fields.count == 2, !fields[0].isEmpty, !fields[1].isEmpty else {
                    return "it takes an address type, a semicolon and an address"
                }
                guard value.utf8.count <= 500 else {
                    return "it has \(value.utf8.count) characters, 500 are allowed (RFC 3461 section 4.2)"
                }
                let isUTF8 = fields[0].uppercased() == "UTF-8"
                return isUTF8 || MailParameters.isXtext(String(fields[1])) ? nil : "its address is no xtext"
            case .deliverBy: return MailParameters.deliverByProblem(value)
            case .priority:
                return Int(value).map { (-9...9).contains($0) && String($0) == value } == true
                    ? nil : "it takes a number from -9 to 9, without + and zeros in front"
            case .interval:
                return Int(value).map { (1...999_999_999).contains($0) && String($0) == value } == true
                    ? nil : "it takes a number of seconds from 1 to 999999999 (RFC 4865 section 4)"
            case .dateTime:
                return DateTimeForm.isValid(value) ? nil : "it takes a date and time such as 2026-11-23T06:00:00Z"
            case .requiredSince:
                let fields = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
                guard let date = fields.first, DateTimeForm.isValid(String(date)) else {
                    return "it takes a date and time such as 2026-11-23T06:00:00Z"
                }
                return fields.count == 1 || ["C", "R"].contains(fields[1].uppercased())
                    ? nil : "behind the semicolon stands C or R"
            }
        }
    }

    /// The grammar of a parameter, its key in capitals; nil for one that is not known here.
    static func grammar(of key: String) -> Grammar? { grammars[key] }

    /// The parameters that are known.
    static var known: [String] { grammars.keys.sorted() }

    private static let grammars: [String: Grammar] = [
        "SIZE": Grammar(isOfRecipient: false, form: .digits(20)),
        "BODY": Grammar(isOfRecipient: false, form: .words(["7BIT", "8BITMIME", "BINARYMIME"])),
        "SMTPUTF8": Grammar(isOfRecipient: false, form: .none),
        "RET": Grammar(isOfRecipient: false, form: .words(["FULL", "HDRS"])),
        "ENVID": Grammar(isOfRecipient: false, form: .envelopeID),
        "NOTIFY": Grammar(isOfRecipient: true, form: .notify),
        "ORCPT": Grammar(isOfRecipient: true, form: .originalRecipient),
        "AUTH": Grammar(isOfRecipient: false, form: .xtext),
        "BY": Grammar(isOfRecipient: false, form: .deliverBy),
        "MT-PRIORITY": Grammar(isOfRecipient: false, form: .priority),
        "HOLDFOR": Grammar(isOfRecipient: false, form: .interval),
        "HOLDUNTIL": Grammar(isOfRecipient: false, form: .dateTime),
        "REQUIRETLS": Grammar(isOfRecipient: false, form: .none),
        "SOLICIT": Grammar(isOfRecipient: false, form: .any),
        "SUBMITTER": Grammar(isOfRecipient: false, form: .xtext),
        "TRANSID": Grammar(isOfRecipient: false, form: .any),
        "MTRK": Grammar(isOfRecipient: false, form: .any),
        "CONPERM": Grammar(isOfRecipient: false, form: .none),
        "CONNEG": Grammar(isOfRecipient: true, form: .any),
        "RRVS": Grammar(isOfRecipient: true, form: .requiredSince),
        "XVERP": Grammar(isOfRecipient: false, form: .any),
        "PRDR": Grammar(isOfRecipient: false, form: .none),
    ]

    private static func isXtext(_ value: String) -> Bool {
        if value == "<>" { return true }
        var rest = Array(value.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "+") else {
                guard (33...126).contains(octet), octet != UInt8(ascii: "=") else { return false }
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(), SMTPGrammar.hexDigit(high) != nil,
                SMTPGrammar.hexDigit(low) != nil
            else { return false }
        }
        return true
    }

    private static func notifyProblem(_ value: String) -> String? {
        let words = value.uppercased().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard words.allSatisfy({ ["NEVER", "SUCCESS", "FAILURE", "DELAY"].contains($0) }) else {
            return "it takes NEVER, or some of SUCCESS, FAILURE, DELAY"
        }
        return words.contains("NEVER") && words.count > 1 ? "NEVER stands alone" : nil
    }

    private static func deliverByProblem(_ value: String) -> String? {
        let fields = value.split(separator: ";", omittingEmptySubsequences: false)
        let wanted = "it takes seconds of at most 9 digits, a semicolon, and R or N, with T or without"
        let digits = fields[0].drop { $0 == "-" || $0 == "+" }
        guard fields.count == 2, fields[0].utf8.count - digits.utf8.count <= 1, digits.utf8.count <= 9,
            let seconds = Int64(fields[0])
        else { return wanted }
        guard ["R", "N", "RT", "NT"].contains(fields[1].uppercased()) else { return wanted }
        return fields[1].uppercased().hasPrefix("R") && seconds <= 0 ? "with R the time must be above 0" : nil
    }
}
