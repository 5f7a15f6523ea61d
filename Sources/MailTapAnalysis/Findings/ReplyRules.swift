import MailTapCore

/// SMTP replies against their commands: codes, enhanced codes, text.
enum ReplyRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        if place.facts.isServers, !isUsual(place) { look(place, &found) }
    }

    /// Whether it is a reply such as nearly all are, and nothing can be found in it.
    private static func isUsual(_ place: DialoguePlace) -> Bool {
        let code = place.facts.status.rawValue
        guard ReplyCodes.isUsual(code, to: place.facts.verb), !place.facts.hasOddReply, !place.facts.hasFurtherReplies
        else { return false }
        if place.facts.status.isIntermediate { return true }
        if place.facts.hasReplyLines, !place.facts.verb.isHello { return false }
        guard place.facts.enhancedClass == 0 else { return UInt16(place.facts.enhancedClass) == code / 100 }
        // RFC 2034 section 4 leaves out the greeting and the answer to the client's own.
        return place.facts.verb == .none || place.facts.verb.isHello || place.state.offers(.enhancedCodes) != true
    }

    private static func look(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let first = place.serverReply else { return }
        let verb = place.exchange.command?.verb ?? ""
        // An empty line is no command; only the greeting has none.
        guard place.exchange.command == nil || !verb.isEmpty else { return }
        apply(first, verb, place, &found)
        for reply in place.exchange.furtherReplies { apply(reply, verb, place, &found) }
        if verb == "STARTTLS", first.status.isNegative {
            found.add(
                "smtp.starttls-refused", exchange: place.index, "The server answered STARTTLS with \(first.status.text)"
            )
        }
    }

    private static func apply(
        _ reply: Reply, _ verb: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        code(reply, verb, place, &found)
        enhanced(reply, verb, place, &found)
        text(reply, place, &found)
    }

    private static func code(
        _ reply: Reply, _ verb: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        let code = reply.status.rawValue
        guard code >= 100 else { return }
        if !SMTPReplyMeanings.isKnown(code), !ReplyCodes.name(code, for: verb) {
            let isOfSMTP = (2...5).contains(code / 100)
            found.add(
                "smtp.unknown-reply-code", exchange: place.index,
                "No RFC known here defines \(code)"
                    + (isOfSMTP
                        ? "" : ", and its first digit says neither success nor failure (RFC 5321 section 4.2.1)"),
                severity: isOfSMTP ? nil : .warning)
            return
        }
        // An unsolicited reply answers nothing.
        guard place.exchange.command != nil || place.isGreeting, !place.hasGaps, !ReplyCodes.allow(code, to: verb)
        else { return }
        let name = place.exchange.command.map(ShownText.name(of:)) ?? "the greeting"
        let what = verb == "*data" ? "the end of the content" : name
        found.add("smtp.reply-not-allowed", exchange: place.index, "\(code) is no answer to \(what)")
    }

    private static func enhanced(
        _ reply: Reply, _ verb: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard !reply.status.isIntermediate else { return }
        guard let code = reply.enhanced, let digit = code.utf8.first else {
            // RFC 2034 section 4 leaves out the greeting and the answer to the client's own.
            guard place.state.offers(.enhancedCodes) == true, reply.status.rawValue >= 200,
                !["", "EHLO", "HELO", "LHLO"].contains(verb), reply.lines.first?.patterns.isEmpty != false
            else { return }
            found.add(
                "smtp.enhanced-code-missing", exchange: place.index,
                "The reply \(reply.status.text) carries no enhanced status code")
            return
        }
        sameEnhanced(reply, code, place, &found)
        guard UInt16(digit) &- 48 != reply.status.rawValue / 100 else { return }
        found.add(
            "smtp.enhanced-code-mismatch", exchange: place.index,
            "\(ShownText.of(code)) stands in a reply of code \(reply.status.text)")
    }

    /// RFC 2034 section 4: all lines of a reply carry the same enhanced status code.
    private static func sameEnhanced(
        _ reply: Reply, _ code: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard reply.lines.count > 1 else { return }
        for line in reply.lines.dropFirst() where line.patterns.isEmpty {
            guard let other = line.withBytes({ EnhancedCode(in: $0) })?.description, other != code else { continue }
            found.add(
                "smtp.enhanced-codes-differ", exchange: place.index,
                "\(ShownText.of(code)) and \(ShownText.of(other)) stand in one reply of code \(reply.status.text)")
        }
    }

    private static func text(_ reply: Reply, _ place: DialoguePlace, _ found: inout FindingList) {
        guard reply.lines.contains(where: { line in line.withBytes { $0.containsHighBit } }) else { return }
        let verb = place.exchange.command?.verb
        let line = place.exchange.command?.line.octets ?? []
        // RFC 6531 section 3.7.4.2: behind SMTPUTF8, in the transaction or in the command itself.
        let asked =
            place.state.transaction?.parameter("SMTPUTF8") != nil
            || (verb == "MAIL" || verb == "VRFY" || verb == "EXPN")
                && SMTPGrammar.text(line).uppercased().words.contains("SMTPUTF8")
        guard !asked else {
            if reply.lines.contains(where: { !UTF8Form.isValid($0.octets) }) {
                found.add(
                    "smtp.bad-utf8", exchange: place.index, "The reply's text is not UTF-8", side: .some(.server))
            }
            return
        }
        found.add("smtp.8bit-reply", exchange: place.index, "The reply's text holds octets above 127")
    }
}
