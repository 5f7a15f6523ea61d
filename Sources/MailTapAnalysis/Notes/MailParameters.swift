import MailTapCore

/// What the ESMTP parameters of MAIL and RCPT ask for, each in a phrase with its reference.
enum MailParameters {
    /// The phrase for one parameter.
    static func phrase(_ parameter: SMTPParameter) -> String {
        let raw = parameter.value ?? ""
        let value = raw.isEmpty ? "(no value)" : ShownText.of(raw)
        var decoded: String { raw.isEmpty ? value : ShownText.of(SMTPGrammar.decodeXtext(raw)) }
        switch parameter.key {
        case "SIZE":
            guard let size = UInt64(raw) else { return "a declared size that is no number (RFC 1870)" }
            return "\(ShownText.count(size, "octet")) declared (RFC 1870)"
        case "BODY": return body(raw)
        case "SMTPUTF8": return "with UTF-8 in addresses or header fields (RFC 6531)"
        case "RET":
            switch raw.uppercased() {
            case "FULL": return "failure reports to bring the whole message back (RFC 3461 section 4.3)"
            case "HDRS": return "failure reports to bring the header section back (RFC 3461 section 4.3)"
            default: return "an unknown choice of what reports bring back (RFC 3461 section 4.3)"
            }
        case "ENVID": return "envelope id \(decoded) (RFC 3461 section 4.4)"
        case "NOTIFY": return notify(raw)
        case "ORCPT":
            return "originally for \(raw.isEmpty ? value : ShownText.of(originalRecipient(raw))) (RFC 3461 section 4.2)"
        case "AUTH":
            return raw == "<>"
                ? "submitted by nobody whom the client vouches for (RFC 4954 section 5)"
                : "submitted by \(decoded) (RFC 4954 section 5)"
        case "BY": return deliverBy(raw)
        case "MT-PRIORITY": return "priority \(value) of -9 to 9 (RFC 6710)"
        case "HOLDFOR": return "to be held for \(value) seconds (RFC 4865)"
        case "HOLDUNTIL": return "to be held until \(value) (RFC 4865)"
        case "REQUIRETLS": return "TLS demanded on the whole way (RFC 8689)"
        case "SOLICIT": return "marked as solicitation \(value) (RFC 3865)"
        case "SUBMITTER": return "responsible: \(decoded) (RFC 4405)"
        case "TRANSID": return "transaction id \(value) (RFC 1845)"
        case "MTRK": return "to be tracked (RFC 3885)"
        case "CONPERM": return "content may be converted (RFC 4141)"
        case "CONNEG": return "with the recipient's media capabilities (RFC 4141)"
        case "RRVS": return "only if the mailbox has kept its owner since \(value) (RFC 7293)"
        case "XVERP": return "with a return path for each recipient (Postfix VERP_README)"
        case "PRDR": return "with a verdict of each recipient on the content (draft-hall-prdr)"
        case "": return "a parameter without a name"
        default:
            let isName = parameter.key.utf8.allSatisfy {
                ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-")
            }
            return ShownText.of(parameter.key)
                + (isName ? ", a parameter that is not known here" : ", which is no parameter")
        }
    }

    /// The EHLO keyword that must have been offered for a parameter; nil where none or none known.
    static func extensionFor(_ parameter: SMTPParameter) -> String? {
        switch parameter.key {
        case "SIZE": "SIZE"
        case "BODY":
            switch parameter.value?.uppercased() {
            case "8BITMIME", "7BIT": "8BITMIME"
            case "BINARYMIME": "BINARYMIME"
            default: nil
            }
        case "SMTPUTF8": "SMTPUTF8"
        case "RET", "ENVID", "NOTIFY", "ORCPT": "DSN"
        case "AUTH": "AUTH"
        case "BY": "DELIVERBY"
        case "MT-PRIORITY": "MT-PRIORITY"
        case "HOLDFOR", "HOLDUNTIL": "FUTURERELEASE"
        case "REQUIRETLS": "REQUIRETLS"
        case "SOLICIT": "NO-SOLICITING"
        case "SUBMITTER": "SUBMITTER"
        case "TRANSID": "CHECKPOINT"
        case "MTRK": "MTRK"
        case "CONPERM": "CONPERM"
        case "CONNEG": "CONNEG"
        case "RRVS": "RRVS"
        case "XVERP": "XVERP"
        case "PRDR": "PRDR"
        default: nil
        }
    }

    private static func body(_ value: String) -> String {
        switch value.uppercased() {
        case "7BIT": "seven-bit lines (RFC 6152)"
        case "8BITMIME": "octets above 127 in the body (RFC 6152)"
        case "BINARYMIME": "a binary body, to come by BDAT (RFC 3030)"
        default: "a body type that is not known here"
        }
    }

    private static func notify(_ value: String) -> String {
        if value.isEmpty { return "to be reported in no case that is told (RFC 3461 section 4.1)" }
        let words = value.uppercased().split(separator: ",").prefix(4).map { word in
            switch word {
            case "NEVER": "never"
            case "SUCCESS": "on success"
            case "FAILURE": "on failure"
            case "DELAY": "on delay"
            default: "on something unknown"
            }
        }
        return "to be reported \(words.joined(separator: ", ")) (RFC 3461 section 4.1)"
    }

    private static func originalRecipient(_ value: String) -> String {
        guard let semicolon = value.firstIndex(of: ";") else { return SMTPGrammar.decodeXtext(value) }
        return SMTPGrammar.decodeXtext(String(value[value.index(after: semicolon)...]))
    }

    private static func deliverBy(_ value: String) -> String {
        let fields = value.split(separator: ";")
        let mode = fields.dropFirst().first?.uppercased() ?? ""
        let late =
            mode.hasPrefix("R")
            ? "else to be returned" : mode.hasPrefix("N") ? "else to be reported" : "what else is not told"
        return
            "to be delivered within \(fields.first.map { ShownText.of($0) } ?? "(no value)") seconds, \(late) (RFC 2852)"
    }
}
