import MailTapCore

/// The parameters of MAIL and RCPT, each by the grammar of its document, and the arguments of other commands.
enum SMTPParameterRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        switch place.facts.verb {
        case .mail, .rcpt, .send, .soml, .saml:
            guard !place.facts.parameters.areAll, let path = place.path else { return }
            parameters(path.parameters, of: place.facts.verb, place, &found)
        // Four letters leave no room for an argument.
        case .data, .rset, .quit, .turn, .starttls: if place.facts.commandLength > 4 { argument(false, place, &found) }
        case .ehlo, .helo, .lhlo, .vrfy, .expn, .etrn, .auth: argument(true, place, &found)
        default: break
        }
    }

    private static func argument(_ isNeeded: Bool, _ place: DialoguePlace, _ found: inout FindingList) {
        let isMissing = place.exchange.withCommand { SMTPGrammar.argumentPlace(in: $0).isEmpty }
        guard isMissing == isNeeded else { return }
        found.add(
            "smtp.bad-argument", exchange: place.index,
            "\(place.exchange.command?.verb ?? "") \(isNeeded ? "needs an" : "takes no") argument")
    }

    private static func parameters(
        _ parameters: [SMTPParameter], of verb: DialogueVerb, _ place: DialoguePlace,
        _ found: inout FindingList
    ) {
        var seen: Set<String> = []
        for parameter in parameters {
            let key = ShownText.of(parameter.key)
            guard isKeyword(parameter.key) else {
                found.add(
                    "smtp.bad-parameter", exchange: place.index,
                    parameter.key.isEmpty
                        ? "A parameter has no name"
                        : "\(key) is no name of a parameter: letters, digits and hyphens, no hyphen in front")
                continue
            }
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
            if known.isOfRecipient != (verb == .rcpt) {
                found.add(
                    "smtp.bad-parameter", exchange: place.index,
                    "\(key) belongs to \(known.isOfRecipient ? "RCPT" : "MAIL")")
            } else if let problem = known.problem(parameter.value) {
                found.add("smtp.bad-parameter", exchange: place.index, "\(key): \(problem)")
            }
        }
        if seen.isSuperset(of: ["HOLDFOR", "HOLDUNTIL"]) {
            found.add(
                "smtp.bad-parameter", exchange: place.index,
                "HOLDFOR and HOLDUNTIL stand together, and only one of them may (RFC 4865 section 4)")
        }
    }

    /// RFC 5321 section 4.1.2: esmtp-keyword.
    private static func isKeyword(_ key: String) -> Bool {
        key.utf8.first != UInt8(ascii: "-") && !key.isEmpty
            && key.utf8.allSatisfy { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") }
    }
}
