import MailTapCore

/// Octets above 127 in SMTP commands: they need SMTPUTF8, and are then UTF-8 (RFC 6531 section 3.3).
enum EightBitRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        if place.facts.hasOddCommand { look(place, &found) }
    }

    private static func look(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let command = place.exchange.command, command.line.withBytes({ $0.containsHighBit }),
            command.line.secrets.isEmpty, !command.line.isMasked
        else { return }
        switch command.verb {
        case "*data", "*auth", "AUTH": return
        // A recipient outside any transaction has a rule of its own.
        case "RCPT" where place.state.transaction == nil: return
        default: break
        }
        guard isAskedFor(command, place) else {
            found.add(
                "smtp.8bit-command", exchange: place.index,
                "The command holds octets above 127 and SMTPUTF8 was not asked for")
            return
        }
        guard !UTF8Form.isValid(command.line.octets) else { return }
        found.add(
            "smtp.bad-utf8", exchange: place.index, "SMTPUTF8 was asked for, and the command is not UTF-8",
            side: .some(.client))
    }

    private static func isAskedFor(_ command: Command, _ place: DialoguePlace) -> Bool {
        switch command.verb {
        case "RCPT": place.state.transaction?.parameter("SMTPUTF8") != nil
        case "MAIL", "VRFY", "EXPN", "SEND", "SOML", "SAML":
            SMTPGrammar.text(command.line.octets).uppercased().words.contains("SMTPUTF8")
        default: false
        }
    }
}
