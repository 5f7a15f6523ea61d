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
        case .xclient, .xforward:
            argument(true, place, &found)
            attributes(place, &found)
        default: break
        }
        if place.facts.commandLength > 4, place.withCommand({ $0[octet: 4] == UInt8(ascii: ":") }),
            place.facts.verb != .none, place.facts.verb != .other, place.facts.verb != .content,
            place.facts.verb != .response
        {
            found.add(
                "smtp.bad-argument", exchange: place.index,
                "A colon stands right behind \(place.exchange.command?.verb ?? "")")
        }
    }

    /// Postfix XCLIENT_README and XFORWARD_README: `NAME=value` words.
    private static func attributes(_ place: DialoguePlace, _ found: inout FindingList) {
        let words = SMTPGrammar.parameters(SMTPGrammar.argument(of: place.exchange.commandOctets))
        guard let odd = words.first(where: { $0.key.isEmpty || $0.value?.isEmpty != false }) else { return }
        found.add(
            "smtp.bad-argument", exchange: place.index,
            "\(place.exchange.command?.verb ?? "") takes NAME=value, and "
                + (odd.key.isEmpty ? "a name is missing" : "\(ShownText.of(odd.key)) has no value"))
    }

    private static func argument(_ isNeeded: Bool, _ place: DialoguePlace, _ found: inout FindingList) {
        let isMissing = place.withCommand { SMTPGrammar.argumentPlace(in: $0).isEmpty }
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
        var problems: [String] = []
        for parameter in parameters {
            let key = ShownText.of(parameter.key)
            guard isKeyword(parameter.key) else {
                problems.append(
                    parameter.key.isEmpty
                        ? "a parameter has no name"
                        : "\(key) is no name of a parameter: letters, digits and hyphens, no hyphen in front")
                continue
            }
            if !seen.insert(parameter.key).inserted {
                problems.append("\(key) stands twice")
                continue
            }
            guard let known = MailParameters.grammar(of: parameter.key) else {
                // A server that takes it has an extension of its own.
                guard place.exchange.reply?.status.isPositive != true else { continue }
                found.add("smtp.unknown-parameter", exchange: place.index, "\(key) is no parameter known here")
                continue
            }
            if known.isOfRecipient != (verb == .rcpt) {
                problems.append("\(key) belongs to \(known.isOfRecipient ? "RCPT" : "MAIL")")
            } else if let problem = known.problem(parameter.value) ?? ParameterOffers.problem(parameter, place) {
                problems.append("\(key): \(problem)")
            }
        }
        if seen.isSuperset(of: ["HOLDFOR", "HOLDUNTIL"]) {
            problems.append("HOLDFOR and HOLDUNTIL stand together, and only one of them may (RFC 4865 section 4)")
        }
        guard let first = problems.first else { return }
        let more = problems.count > 4 ? ", and \(problems.count - 4) more" : ""
        let all =
            first.prefix(1).uppercased() + first.dropFirst() + problems.dropFirst().prefix(3).map { "; " + $0 }.joined()
        found.add("smtp.bad-parameter", exchange: place.index, all + more)
    }

    /// RFC 5321 section 4.1.2: esmtp-keyword.
    private static func isKeyword(_ key: String) -> Bool {
        key.utf8.first != UInt8(ascii: "-") && !key.isEmpty
            && key.utf8.allSatisfy { ($0 | 0x20) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") }
    }
}
