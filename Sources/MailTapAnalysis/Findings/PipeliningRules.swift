import MailTapCore

/// Commands that were sent before the reply to the one before them (RFC 2920, RFC 2449 section 6.6).
enum PipeliningRules {
    /// Commands whose reply decides what follows (RFC 2920 section 3.1).
    private static let groupEnds: Set<String> = [
        "EHLO", "LHLO", "HELO", "DATA", "VRFY", "EXPN", "TURN", "QUIT", "NOOP", "AUTH", "*auth",
    ]

    static func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command, !command.verb.hasPrefix("*"), place.index > 0, !place.isPatchy
        else { return }
        guard place.session.exchanges[place.index - 1].isAnswered(after: place.exchange) else { return }
        let before = place.session.exchanges[place.index - 1]
        if place.index == 1, before.command == nil { return earlyTalker(before, place, &found) }
        guard let earlier = before.command, let reply = before.reply, !reply.isInjected else { return }
        guard place.exchange.isSent(before: reply) else { return }
        let verb = ShownText.of(command.verb)
        if place.session.proto == .pop3 {
            let offer = place.state.offers("PIPELINING")
            guard offer != true, offer == false || !isPipelined(place.index - 1, place.session) else { return }
            // Servers that take it without offering are many: a client that did not ask is told once a group, no more.
            found.add(
                "pop3.pipelining-not-offered", exchange: place.index,
                "\(verb) came before the response to the command before it"
                    + (offer == nil ? ", and the client had not asked what the server offers" : ""),
                severity: offer == nil ? .note : nil)
            return
        }
        let what =
            earlier.verb == "*data"
            ? "the content" : earlier.verb == "*auth" ? "a login's response" : ShownText.of(earlier.verb)
        if groupEnds.contains(earlier.verb) {
            found.add(
                "smtp.pipelining-past-group", exchange: place.index, "\(verb) came before the reply to \(what)")
        } else if place.state.offers("PIPELINING") != true {
            found.add(
                "smtp.pipelining-not-offered", exchange: place.index, "\(verb) came before the reply to \(what)")
        }
    }

    /// Whether the command of an exchange came before the reply to the one before it.
    private static func isPipelined(_ index: Int, _ session: Session) -> Bool {
        guard index > 0, let reply = session.exchanges[index - 1].reply else { return false }
        return session.exchanges[index].isSent(before: reply)
    }

    /// The server speaks first (RFC 5321 section 4.3.1, RFC 1939 section 4).
    private static func earlyTalker(_ greeting: Exchange, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard let reply = greeting.reply, !reply.isInjected, place.exchange.isSent(before: reply) else { return }
        let prefix = place.session.proto == .pop3 ? "pop3" : "smtp"
        found.add(
            "\(prefix).command-before-greeting", exchange: place.index,
            "\(ShownText.of(place.exchange.command?.verb ?? "")) came before the greeting")
    }
}

extension Exchange {
    /// Whether a later command was whole before this one's reply began; false without a reply.
    fileprivate func isAnswered(after next: Exchange) -> Bool {
        guard let replied = reply?.at, let turn = reply?.turn else { return false }
        return next.at < replied || next.at == replied && next.turn < turn
    }
}
