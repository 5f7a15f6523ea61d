import MailTapCore

extension DialogueAnomaly {
    /// The id of the rule that the anomaly breaks.
    func rule(in proto: MailProtocol?) -> String {
        let isPOP3 = proto == .pop3
        let anomaly: Anomaly
        switch kind {
        case .conflict: return "tcp.conflict"
        case .cutLine: return isPOP3 ? "pop3.cut-line" : "smtp.cut-line"
        case .gap: return "tcp.gap"
        case .dialogue(let known): anomaly = known
        }
        switch anomaly {
        case .bareLF: return isPOP3 ? "pop3.bare-lf" : "smtp.bare-lf"
        case .lineTooLong: return isPOP3 ? "pop3.line-too-long" : "smtp.line-too-long"
        case .emptyCommand: return isPOP3 ? "pop3.empty-command" : "smtp.empty-command"
        case .replyWithoutCommand: return isPOP3 ? "pop3.reply-without-command" : "smtp.reply-without-command"
        case .replyWithoutStatus: return isPOP3 ? "pop3.response-without-status" : "smtp.reply-without-status"
        case .replyCodesDiffer: return "smtp.reply-codes-differ"
        case .replyNotEnded: return "smtp.reply-not-ended"
        case .replySeparatorMissing: return isPOP3 ? "pop3.separator-missing" : "smtp.reply-separator-missing"
        case .commandBeforeGreeting: return isPOP3 ? "pop3.command-before-greeting" : "smtp.command-before-greeting"
        case .plaintextAfterSTARTTLS: return isPOP3 ? "pop3.stls-injection" : "smtp.starttls-injection"
        case .plaintextBehindGoAhead:
            return isPOP3 ? "pop3.stls-response-injection" : "smtp.starttls-response-injection"
        case .clearTextGoesOn: return isPOP3 ? "pop3.clear-text-goes-on" : "smtp.clear-text-goes-on"
        case .oddEndOfData: return isPOP3 ? "pop3.odd-end-of-data" : "smtp.odd-end-of-data"
        case .dotLineWithOddEnds: return isPOP3 ? "pop3.odd-dot-line" : "smtp.smuggling"
        case .contentEndedEarly: return "smtp.content-ended-early"
        case .contentBeforeGoAhead: return "smtp.content-before-go-ahead"
        case .badChunkSize: return "smtp.bad-chunk-size"
        case .afterGap: return "tcp.gap"
        case .undecidedTooLong: return "decode.undecided"
        case .unstuffedDot: return isPOP3 ? "pop3.unstuffed-dot" : "smtp.unstuffed-dot"
        case .statusInSmallLetters: return "pop3.status-case"
        case .rolesTurned: return "decode.roles-turned"
        case .unexpectedTLS: return isPOP3 ? "pop3.unexpected-tls" : "smtp.unexpected-tls"
        }
    }

    /// What happened here, in words.
    func text(_ rule: Rule) -> String {
        let side = range.side == .client ? "client" : "server"
        if kind == .gap {
            let octets = range.length == 1 ? "1 octet is" : "\(range.length) octets are"
            return "\(octets) missing here, from octet \(range.start) of what the \(side) sent"
        }
        // Of a line that is too long only the beginning is kept: where it ends is not known here.
        let place =
            kind == .dialogue(.lineTooLong)
            ? "more than \(range.length) octets, from octet \(range.start) of what the \(side) sent"
            : range.length > 1
                ? "octets \(range.start) to \(range.end &- 1) of what the \(side) sent"
                : "octet \(range.start) of what the \(side) sent"
        if isA(.afterGap) { return "It is not known what this belongs to, as octets are missing before it (\(place))" }
        // The form of an odd dot line tells who would take it for an end.
        let form = dotLine.map { ": \($0)" } ?? ""
        return "\(rule.title)\(form) (\(place))"
    }
}
