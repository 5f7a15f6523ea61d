import MailTapCore

/// LMTP: how a client greets, and whether each recipient got its verdict (RFC 2033).
enum LMTPRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.state.isLMTP else { return }
        switch place.facts.verb {
        case .ehlo, .helo:
            found.add(
                "smtp.ehlo-in-lmtp", exchange: place.index,
                "\(place.exchange.command?.verb ?? "") came where LMTP is spoken, in which a client greets by LHLO")
        case .content, .bdat: verdicts(place, &found)
        default: break
        }
    }

    private static func verdicts(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.session.serverMissing == 0, let number = place.message,
            place.session.messages[number].complete, let verdicts = RecipientVerdicts(place),
            verdicts.given < verdicts.recipients,
            // By 421 the server ends the session, whoever else waits.
            place.exchange.reply?.status.rawValue != 421,
            place.exchange.furtherReplies.last?.status.rawValue != 421
        else { return }
        let isLast = place.index == place.session.exchanges.count - 1
        found.add(
            "smtp.delivery-uncertain", exchange: place.index,
            "The message was sent to \(verdicts.recipients) recipients and only "
                + "\(ShownText.count(verdicts.given, "reply", "replies")) to it was seen: each recipient gets one in LMTP",
            // A capture that simply stops proves nothing; the next lines may hold the others.
            severity: place.session.ending == .open && isLast ? .warning : nil)
    }
}
