import MailTapCore

/// The form of single lines: lengths, odd octets, unknown words.
enum LineRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        // The shortest limits there are, less line end, code and separator.
        let isLong = place.facts.commandLength > 253 || place.facts.longestReplyLine > 500
        let isKnown = place.facts.verb.isKnown(in: place.session.proto ?? .imap)
        if isLong || !isKnown || place.facts.hasOddCommand || place.facts.hasOddReply { look(place, &found) }
    }

    private static func look(_ place: DialoguePlace, _ found: inout FindingList) {
        let prefix = place.session.proto == .pop3 ? "pop3" : "smtp"
        if let command = place.exchange.command, command.keyword != .content {
            octets(command.line, .client, prefix, place.index, &found)
            length(command, prefix, place, &found)
            verb(command, prefix, place, &found)
        }
        guard let reply = place.serverReply else { return }
        let overhead = prefix == "smtp" ? 6 : reply.status.text.utf8.count + 3
        for (number, line) in reply.lines.enumerated() {
            octets(line, .server, prefix, place.index, &found)
            let total = line.count + overhead
            // A SASL challenge may be longer than a reply otherwise (RFC 4954 section 4).
            if total > 512, !reply.status.isIntermediate {
                found.add(
                    prefix == "smtp" ? "smtp.reply-too-long" : "pop3.response-too-long", exchange: place.index,
                    "Line \(number + 1) of the reply has \(count(total)) octets, 512 are allowed")
            }
        }
    }

    /// Of a line over 64 KiB only the beginning is kept.
    private static func count(_ octets: Int) -> String {
        octets >= Limits().lineLength ? "more than \(Limits().lineLength)" : "\(octets)"
    }

    private static func octets(
        _ line: WireText, _ side: Side, _ prefix: String, _ index: Int, _ found: inout FindingList
    ) {
        // A mask's octets say nothing of what stood there.
        guard line.withBytes({ $0.containsControl }), !line.isMasked else { return }
        var kinds: Set<String> = []
        for octet in line.octets where octet < 32 || octet == 127 {
            switch octet {
            case 9: continue
            case 13: kinds.insert("bare-cr")
            case 0: kinds.insert("nul")
            default: kinds.insert("control-octets")
            }
        }
        for kind in kinds.sorted() {
            let what = kind == "bare-cr" ? "a bare CR" : kind == "nul" ? "a NUL" : "control octets"
            let id = "\(prefix).\(kind)"
            found.add(
                id, exchange: index, "The \(side == .client ? "command" : "reply") holds \(what)", side: .some(side))
        }
    }

    /// RFC 5321 section 4.5.3.1.4, RFC 2449 section 4; extensions lengthen MAIL, RCPT, AUTH and others.
    private static func length(
        _ command: Command, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        let total = command.line.count + 2
        let limit: Int
        switch command.keyword {
        case .auth, .response: limit = 12_288
        case .mail, .rcpt, .burl, .xclient, .xforward: limit = 2_048
        default: limit = prefix == "smtp" ? 512 : 255
        }
        guard total > limit else { return }
        found.add(
            "\(prefix).command-too-long", exchange: place.index,
            "The command line has \(count(total)) octets, \(limit) are allowed")
    }

    private static let smtpKeywords = Set(SMTPVerb.allCases.filter { $0 != .unknown }.map(\.keyword))
    private static let pop3Keywords = Set(POP3Verb.allCases.filter { $0 != .unknown }.map(\.keyword))

    private static func verb(
        _ command: Command, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard !command.isStarred, !command.line.isEmpty else { return }
        let isKnown = (prefix == "smtp" ? smtpKeywords : pop3Keywords).contains(command.verb)
        guard !isKnown, place.state.offers(command.verb) != true else { return }
        // By 221 a server ends the session; whoever takes the command has an extension of its own.
        let status = place.exchange.reply?.status
        let isTaken = status?.isPositive == true && status?.rawValue != 221
        found.add(
            "\(prefix).unknown-command", exchange: place.index,
            "The line begins with no command that is known"
                + (isTaken ? ", and the server, which does not offer it, took it" : ""),
            severity: isTaken ? .note : nil)
    }
}
