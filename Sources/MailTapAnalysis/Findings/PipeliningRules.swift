import MailTapCore

/// Commands that were sent before the reply to the one before them (RFC 2920, RFC 2449 section 6.6).
enum PipeliningRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.before.isAnswered(after: place.facts), place.index > 0 else { return }
        let isAllowed = isOffered(place) == true && !endsGroup(place.before.verb)
        if isAllowed, place.before.verb != .none { return }
        look(place, &found)
    }

    /// Whether the server had offered it when the command was sent: what the go-ahead for TLS makes void was still known.
    private static func isOffered(_ place: DialoguePlace) -> Bool? {
        if let offers = place.state.offers { return offers.known.contains(.pipelining) }
        guard place.session.proto == .smtp, !place.facts.isEncrypted else { return nil }
        return place.state.clearOffers.map { $0.known.contains(.pipelining) }
    }

    /// Whether it is an SMTP command whose reply decides what follows (RFC 2920 section 3.1, RFC 3207 section 4).
    private static func endsGroup(_ verb: DialogueVerb) -> Bool {
        switch verb {
        case .ehlo, .lhlo, .helo, .data, .vrfy, .expn, .turn, .quit, .noop, .auth, .response, .starttls: true
        default: false
        }
    }

    private static func look(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let command = place.exchange.command, !command.isStarred, !place.isPatchy else { return }
        let before = place.session.exchanges[place.index - 1]
        if place.index == 1, before.command == nil { return earlyTalker(before, place, &found) }
        guard let earlier = before.command, let reply = before.reply, !reply.isInjected else { return }
        guard place.exchange.isSent(before: reply) else { return }
        let verb = ShownText.subject(of: command)
        if place.session.proto == .pop3 {
            // What STLS makes void was still known when the command behind it was sent.
            let clear = place.before.verb == .stls ? place.state.clearOffers : nil
            let offer = place.state.offers(.pipelining) ?? clear.map { $0.known.contains(.pipelining) }
            let unknown =
                place.state.hasAskedOffers
                ? "the server had not told what it offers" : "the client had not asked what the server offers"
            guard offer != true, offer == false || !isPipelined(place.index - 1, place.session) else { return }
            // Servers that take it without offering are many: a client that did not ask is told once a group, no more.
            found.add(
                "pop3.pipelining-not-offered", exchange: place.index,
                "\(verb) came before the response to the command before it"
                    + (offer == nil ? ", and \(unknown)" : ""),
                severity: offer == nil ? .note : nil)
            return
        }
        let what = ShownText.name(of: earlier)
        if endsGroup(place.before.verb) {
            found.add(
                "smtp.pipelining-past-group", exchange: place.index, "\(verb) came before the reply to \(what)")
        } else if isOffered(place) != true {
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
    private static func earlyTalker(
        _ greeting: Exchange, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard let reply = greeting.reply, !reply.isInjected, place.exchange.isSent(before: reply) else { return }
        let prefix = place.session.proto == .pop3 ? "pop3" : "smtp"
        found.add(
            "\(prefix).command-before-greeting", exchange: place.index,
            "\(place.exchange.command.map(ShownText.subject) ?? "") came before the greeting")
    }
}
