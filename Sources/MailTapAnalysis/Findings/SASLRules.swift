import MailTapCore

/// Messages of a SASL exchange that their mechanism does not allow.
enum SASLRules {
    /// One step of a login: what the client said, and what the server answered to it.
    private struct Step {
        var mechanism: String
        /// The client's responses up to this one.
        var number: Int
        /// The client's response, secrets masked; nil where it sent none, or what can't be read.
        var response: [UInt8]?
        /// The server's challenge; nil where it sent none, or no base64.
        var challenge: [UInt8]?
        /// What the server had sent before.
        var before: [UInt8]?
    }

    static func apply(_ prefix: String, _ place: DialoguePlace, _ found: inout FindingList) {
        guard let step = step(place) else { return }
        switch step.mechanism {
        case "NTLM": ntlm(step, place, prefix, &found)
        case "DIGEST-MD5":
            guard step.number == 0, let challenge = step.challenge else { return }
            if DigestDirectives(challenge)?.all("nonce").count != 1 {
                add("The server's challenge has no nonce (RFC 2831 section 2.1.1)", .server, prefix, place, &found)
            }
        case _ where step.mechanism.hasPrefix("SCRAM-"): scram(step, place, prefix, &found)
        default: break
        }
    }

    private static func step(_ place: DialoguePlace) -> Step? {
        guard let command = place.exchange.command, command.line.patterns.isEmpty, !command.line.isMasked else {
            return nil
        }
        let line = command.line.octets
        var step: Step
        var token: ArraySlice<UInt8>?
        if command.verb == "AUTH" {
            let words = SASLToken.words(SMTPGrammar.argument(of: line))
            guard let name = words.first else { return nil }
            step = Step(mechanism: SMTPGrammar.text(name).uppercased(), number: words.count > 1 ? 1 : 0)
            token = words.count > 1 ? words[1] : nil
        } else {
            guard let login = place.state.login, line != [UInt8(ascii: "*")] else { return nil }
            step = Step(mechanism: login.mechanism, number: login.responses + 1, before: login.challenge)
            token = line[...]
        }
        guard step.mechanism == "NTLM" || step.mechanism == "DIGEST-MD5" || step.mechanism.hasPrefix("SCRAM-") else {
            return nil
        }
        step.response = token.flatMap(SASLToken.decode)
        if let reply = place.serverReply, reply.status.isIntermediate, let text = reply.lines.first,
            text.patterns.isEmpty, !text.isMasked, !text.octets.isEmpty
        {
            step.challenge = SASLToken.decode(text.octets[...])
        }
        return step
    }

    // MARK: NTLM

    private static func ntlm(_ step: Step, _ place: DialoguePlace, _ prefix: String, _ found: inout FindingList) {
        if step.number > 0, let response = step.response {
            let kind = NTLMMessage(response)?.kind
            if kind == nil || kind == .challenge {
                add(
                    "The client's response is no \(step.number == 1 ? "negotiate" : "authenticate") message (MS-NLMP)",
                    .client, prefix, place, &found)
            }
        }
        if step.number > 0, let challenge = step.challenge, NTLMMessage(challenge)?.kind != .challenge {
            add("The server's challenge is no challenge message (MS-NLMP)", .server, prefix, place, &found)
        }
    }

    // MARK: SCRAM (RFC 5802)

    private static func scram(_ step: Step, _ place: DialoguePlace, _ prefix: String, _ found: inout FindingList) {
        guard let response = step.response else { return }
        switch step.number {
        case 1:
            guard let first = ScramMessage(clientFirst: response), let nonce = first["r"], first.user != nil else {
                add("The client's first message is none of SCRAM (RFC 5802 section 7)", .client, prefix, place, &found)
                return
            }
            for text in faults(first, isPlus: step.mechanism.hasSuffix("-PLUS")) {
                add(text, .client, prefix, place, &found)
            }
            if let challenge = step.challenge { answer(challenge, to: nonce, place, prefix, &found) }
        case 2:
            guard let asked = step.before.flatMap({ ScramMessage($0) }), let nonce = asked["r"],
                let said = ScramMessage(response)?["r"], !said.elementsEqual(nonce)
            else { return }
            add(
                "The client's last message has another nonce than the server sent (RFC 5802 section 5.1)", .client,
                prefix, place, &found)
        default: break
        }
    }

    private static func faults(_ first: ScramMessage, isPlus: Bool) -> [String] {
        var texts: [String] = []
        if first.binding != nil, !isPlus {
            texts.append("The client binds to the channel, which only mechanisms with -PLUS do (RFC 5802 section 6)")
        }
        if first.binding == nil, isPlus {
            texts.append("The mechanism binds to the channel, and the client does not (RFC 5802 section 6)")
        }
        if first.isExtended {
            texts.append("The client asks for an extension, and there is none (RFC 5802 section 5.1)")
        }
        return texts
    }

    private static func answer(
        _ challenge: [UInt8], to nonce: ArraySlice<UInt8>, _ place: DialoguePlace, _ prefix: String,
        _ found: inout FindingList
    ) {
        // An error (section 5.1).
        guard !challenge.starts(with: "e=".utf8) else { return }
        guard let answer = ScramMessage(challenge), let whole = answer["r"], let salt = answer["s"],
            let rounds = answer["i"]
        else {
            add("The server's first message is none of SCRAM (RFC 5802 section 7)", .server, prefix, place, &found)
            return
        }
        if !whole.starts(with: nonce) || whole.count == nonce.count {
            add(
                "The server's nonce does not go on from the client's: somebody may be between them "
                    + "(RFC 5802 section 5.1)", .server, prefix, place, &found, severity: .error)
        }
        if Base64.decode(salt)?.isEmpty ?? true {
            add("The server's salt is no base64, or nothing (RFC 5802 section 5.1)", .server, prefix, place, &found)
        }
        if UInt32(SMTPGrammar.text(rounds)) ?? 0 == 0 {
            add("The server's iteration count is no number (RFC 5802 section 5.1)", .server, prefix, place, &found)
        }
        if answer.isExtended {
            add(
                "The server asks for an extension, and there is none (RFC 5802 section 5.1)", .server, prefix, place,
                &found)
        }
    }

    private static func add(
        _ text: String, _ side: Side, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList,
        severity: Severity? = nil
    ) {
        found.add("\(prefix).sasl-broken", exchange: place.index, text, severity: severity, side: .some(side))
    }
}
