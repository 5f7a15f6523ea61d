import MailTapCore

/// The parameters of MAIL and RCPT, each by the grammar of its document, and the arguments of other commands.
enum SMTPParameterRules {
    static func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command else { return }
        let octets = command.line.octets
        switch command.verb {
        case "MAIL", "RCPT", "SEND", "SOML", "SAML":
            guard let path = place.path, !path.parameters.isEmpty else { return }
            parameters(path.parameters, of: command.verb, place, &found)
        case "DATA", "RSET", "QUIT", "STARTTLS", "TURN":
            guard !SMTPGrammar.argument(of: octets).isEmpty else { return }
            found.add("smtp.bad-argument", exchange: place.index, "\(command.verb) takes no argument")
        case "EHLO", "HELO", "LHLO", "VRFY", "EXPN", "ETRN", "AUTH":
            guard SMTPGrammar.argument(of: octets).isEmpty else { return }
            found.add("smtp.bad-argument", exchange: place.index, "\(command.verb) needs an argument")
        default: break
        }
    }

    private static func parameters(
        _ parameters: [SMTPParameter], of verb: String, _ place: SessionRules.Place, _ found: inout FindingList
    ) {
        var seen: Set<String> = []
        for parameter in parameters {
            let key = ShownText.of(parameter.key)
            if !seen.insert(parameter.key).inserted {
                found.add("smtp.bad-parameter", exchange: place.index, "\(key) stands twice")
                continue
            }
            guard let known = MailParameters.grammar(of: parameter.key) else {
                // A server that takes it has an extension of its own.
                guard place.exchange.reply?.status.isPositive != true else { continue }
                found.add("smtp.unknown-parameter", exchange: place.index, "\(key) is no parameter known here")
                continue
            }
            if known.isOfRecipient != (verb == "RCPT") {
                found.add(
                    "smtp.bad-parameter", exchange: place.index,
                    "\(key) belongs to \(known.isOfRecipient ? "RCPT" : "MAIL")")
            } else if let problem = known.problem(parameter.value) {
                found.add("smtp.bad-parameter", exchange: place.index, "\(key): \(problem)")
            }
        }
    }
}
