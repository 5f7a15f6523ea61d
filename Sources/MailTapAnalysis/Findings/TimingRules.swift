import MailTapCore

/// Waits against the times of RFC 5321 section 4.5.3.2.
enum TimingRules {
    private static let second: Int64 = 1_000_000_000
    /// Section 4.5.3.2.5: between two blocks of content.
    private static let contentLimit: Int64 = 180
    /// Section 4.5.3.2.7: what a server waits at least for the next command.
    private static let commandLimit: Int64 = 300
    /// Beyond which a greeting counts as delayed.
    private static let greetingDelay: Int64 = 10

    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        if place.facts.isServers, place.facts.latency >= greetingDelay * second { reply(place, &found) }
        if place.before.isReplyComplete, place.facts.at &- place.before.replyAt > commandLimit * second {
            client(place, &found)
        }
        if place.facts.message != nil { content(place, &found) }
    }

    private static func reply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let reply = place.serverReply else { return }
        let verb = place.exchange.command?.verb ?? ""
        // An unsolicited reply has nothing that it took its time for.
        guard !verb.isEmpty || place.index == 0 else { return }
        let seconds = reply.latency / second
        let limit: Int64 = verb == "DATA" ? 120 : verb == "*data" || verb == "BDAT" ? 600 : 300
        if seconds > limit {
            found.add(
                "smtp.slow-reply", exchange: place.index,
                "The reply took \(seconds) seconds; clients need not wait longer than \(limit)")
        } else if verb.isEmpty, place.session.info.startSeen, seconds >= greetingDelay {
            found.add("smtp.slow-greeting", exchange: place.index, "The greeting took \(seconds) seconds")
        }
    }

    private static func client(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let verb = place.exchange.command?.verb, verb != "*data", place.index > 0,
            let before = place.session.exchanges[place.index - 1].reply, before.isComplete
        else { return }
        let seconds = place.exchange.at.subtractingReportingOverflow(before.at).partialValue / second
        guard seconds > commandLimit else { return }
        found.add(
            "smtp.slow-client", exchange: place.index,
            "The client said nothing for \(seconds) seconds; servers need not wait longer than \(commandLimit)")
    }

    private static func content(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let message = place.message else { return }
        let seconds = place.session.messages[message].longestPause / second
        guard seconds > contentLimit else { return }
        found.add(
            "smtp.slow-content", exchange: place.index,
            "The content stopped for \(seconds) seconds; servers need not wait longer than \(contentLimit)")
    }
}
