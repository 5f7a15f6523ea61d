import MailTapCore

/// What the server said of the content to each recipient: one reply for each that it had accepted, where LMTP is spoken
/// (RFC 2033 section 4.2) or PRDR was asked for.
struct RecipientVerdicts {
    /// Recipients that were accepted before the content came.
    private(set) var recipients: Int
    /// How many of them have a verdict, and how many of those are good.
    private(set) var given: Int, taken: Int
    /// What the first refusal means; nil where nobody was refused.
    private var refusal: String?

    /// Nil where the content, or its last chunk, has no more than one recipient, or no reply.
    init?(_ place: DialoguePlace) {
        guard place.facts.verb == .content || place.facts.verb == .bdat, let first = place.exchange.reply else {
            return nil
        }
        recipients = place.state.transaction?.accepted ?? 0
        guard recipients > 1 else { return nil }
        var replies = [first] + place.exchange.furtherReplies
        // 353 only announces them, and what comes behind them is on the whole (PRDR).
        if first.status == .judged {
            replies.removeFirst()
            replies.removeLast(max(0, replies.count - recipients))
        }
        given = min(replies.count, recipients)
        taken = replies.prefix(recipients).count { $0.status.isPositive }
        refusal = replies.first { $0.status.isNegative }.flatMap {
            Annotator.replyNote(for: $0, to: "*data", proto: .smtp)
        }
    }

    /// In words.
    var phrase: String {
        let refused = given - taken
        var text = taken == 0 ? "Refused" : "Taken for \(taken)"
        if taken > 0, refused > 0 { text += " and refused" }
        if refused > 0 { text += " for \(refused)" }
        text += " of \(recipients) recipients, by a reply for each"
        return text + (refusal.map { ": \($0)" } ?? " (RFC 2033 section 4.2)")
    }
}
