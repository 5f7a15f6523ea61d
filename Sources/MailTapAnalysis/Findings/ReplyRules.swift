import MailTapCore

/// SMTP replies against their commands: codes, enhanced codes, waiting times.
enum ReplyRules {
    /// Codes of success and continuation per command (RFC 5321 section 4.3.2 and the extensions').
    private static let allowed: [String: Set<UInt16>] = [
        "EHLO": [250], "HELO": [250], "LHLO": [250], "MAIL": [250], "SEND": [250], "SOML": [250], "SAML": [250],
        "RCPT": [250, 251, 252], "DATA": [354], "*data": [250, 353], "BDAT": [250], "RSET": [250],
        "VRFY": [250, 251, 252], "EXPN": [250, 251, 252], "HELP": [211, 214, 250], "NOOP": [250], "QUIT": [221],
        "AUTH": [235, 334], "*auth": [235, 334], "STARTTLS": [220], "ETRN": [250, 251, 252, 253],
        "XCLIENT": [220, 250], "XFORWARD": [250], "BURL": [250], "": [220],
    ]

    static func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let first = place.serverReply else { return }
        let verb = place.exchange.command?.verb ?? ""
        for reply in [first] + place.exchange.furtherReplies {
            let code = reply.status.rawValue
            guard code >= 100 else { continue }
            if !SMTPReplyMeanings.isKnown(code), !(allowed[verb]?.contains(code) ?? false) {
                found.add("smtp.unknown-reply-code", exchange: place.index, "No RFC known here defines \(code)")
            } else if reply.status.isPositive || reply.status.isIntermediate, let codes = allowed[verb],
                !codes.contains(code), place.exchange.command != nil || !place.state.isGreeted
            {
                let what = verb.isEmpty ? "the greeting" : ShownText.of(verb)
                found.add("smtp.reply-not-allowed", exchange: place.index, "\(code) does not belong to \(what)")
            }
            enhanced(reply, place, &found)
        }
        waiting(first, verb, place, &found)
        if verb == "STARTTLS", first.status.isNegative {
            found.add(
                "smtp.starttls-refused", exchange: place.index, "The server answered STARTTLS with \(first.status.text)"
            )
        }
    }

    private static func enhanced(_ reply: Reply, _ place: SessionRules.Place, _ found: inout FindingList) {
        guard let code = reply.enhanced, let digit = code.utf8.first, !reply.status.isIntermediate else { return }
        guard UInt16(digit) &- 48 != reply.status.rawValue / 100 else { return }
        found.add(
            "smtp.enhanced-code-mismatch", exchange: place.index,
            "\(ShownText.of(code)) stands in a reply of code \(reply.status.text)")
    }

    /// RFC 5321 section 4.5.3.2: the times that clients must wait at least, in seconds.
    private static func waiting(
        _ reply: Reply, _ verb: String, _ place: SessionRules.Place, _ found: inout FindingList
    ) {
        let seconds = reply.latency / 1_000_000_000
        let limit: Int64 = verb == "DATA" ? 120 : verb == "*data" || verb == "BDAT" ? 600 : 300
        if seconds > limit {
            found.add(
                "smtp.slow-reply", exchange: place.index,
                "The reply took \(seconds) seconds; clients need not wait longer than \(limit)")
        } else if verb.isEmpty, place.index == 0, place.session.info.startSeen, seconds >= 10 {
            found.add("smtp.slow-greeting", exchange: place.index, "The greeting took \(seconds) seconds")
        }
    }
}
