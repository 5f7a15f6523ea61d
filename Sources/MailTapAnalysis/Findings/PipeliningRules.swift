import MailTapCore

/// Commands that were sent before the reply to the one before them (RFC 2920, RFC 2449 section 6.6).
enum PipeliningRules {
    /// Commands whose reply decides what follows (RFC 2920 section 3.1).
    private static let groupEnds: Set<String> = [
        "EHLO", "LHLO", "HELO", "DATA", "VRFY", "EXPN", "TURN", "NOOP", "AUTH",
    ]

    static func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command, !command.verb.hasPrefix("*"), place.index > 0, !place.isPatchy
        else { return }
        let before = place.session.exchanges[place.index - 1]
        // Content's latency counts from its end, so its reply's time is not known here.
        guard let earlier = before.command, !earlier.verb.hasPrefix("*"), earlier.verb != "BDAT", before.message == nil,
            let reply = before.reply, !reply.isInjected
        else { return }
        let replied = before.at.addingReportingOverflow(reply.latency).partialValue
        guard place.exchange.at < replied else { return }
        let verb = ShownText.of(command.verb)
        if place.session.proto == .pop3 {
            // Servers that take it without offering are many; it is only told where CAPA was asked.
            guard place.state.offers("PIPELINING") == false else { return }
            found.add(
                "pop3.pipelining-not-offered", exchange: place.index,
                "\(verb) came before the response to the command before it")
            return
        }
        if groupEnds.contains(earlier.verb) {
            found.add(
                "smtp.pipelining-past-group", exchange: place.index,
                "\(verb) came before the reply to \(ShownText.of(earlier.verb))")
        } else if place.state.hello?.verb == "HELO" || place.state.offers("PIPELINING") == false {
            found.add(
                "smtp.pipelining-not-offered", exchange: place.index,
                "\(verb) came before the reply to \(ShownText.of(earlier.verb))")
        }
    }
}
