import MailTapCore

/// What each SMTP command does, in one sentence with its values.
enum SMTPNotes {
    static func note(
        _ command: Command, _ exchange: Exchange, _ state: DialogueState, _ path: SMTPPath?, in session: Session
    ) -> String {
        let argument = SMTPGrammar.argument(of: command.line.octets)
        // Most commands do not show it.
        var shown: String { ShownText.of(argument) }
        switch command.verb {
        case "EHLO": return hello(shown, "ask for extensions (RFC 5321 section 4.1.1.1)")
        case "HELO": return hello(shown, "without extensions, as old clients do (RFC 5321 section 4.1.1.1)")
        case "LHLO": return hello(shown, "in LMTP, the local form of SMTP (RFC 2033 section 4.1)")
        case "MAIL": return mail(path, "Start a mail")
        case "SEND": return mail(path, "Start a message to a terminal (RFC 821 section 3.4; obsolete)")
        case "SOML": return mail(path, "Start a message to a terminal or mailbox (RFC 821 section 3.4; obsolete)")
        case "SAML": return mail(path, "Start a message to terminal and mailbox (RFC 821 section 3.4; obsolete)")
        case "RCPT": return recipient(path)
        case "DATA":
            return
                "Ask to send the content, for \(ShownText.count(state.transaction?.accepted.count ?? 0, "recipient"))"
                + " (RFC 5321 section 4.1.1.4)"
        case "*data": return content(exchange, session)
        case "BDAT": return chunk(argument, state)
        case "RSET": return reset(state)
        case "NOOP": return "Do nothing, to see that the server is there (RFC 5321 section 4.1.1.9)"
        case "QUIT": return "End the session (RFC 5321 section 4.1.1.10)"
        case "VRFY": return "Ask whether \(shown) is a user here (RFC 5321 section 4.1.1.6)"
        case "EXPN": return "Ask who is on the list \(shown) (RFC 5321 section 4.1.1.7)"
        case "HELP":
            return (argument.isEmpty ? "Ask for help" : "Ask for help on \(shown)") + " (RFC 5321 section 4.1.1.8)"
        case "AUTH": return SASLSteps.begin(command)
        case "*auth": return SASLSteps.respond(state.login, command.line)
        case "STARTTLS": return "Ask to go on under TLS (RFC 3207 section 4)"
        case "ETRN": return etrn(argument)
        case "ATRN":
            return "Ask to turn the connection round and receive the mail of "
                + (argument.isEmpty ? "all domains of the user" : shown) + " (RFC 2645)"
        case "TURN": return "Ask to exchange the roles (RFC 821 section 3.8; obsolete, RFC 5321 appendix F.1)"
        case "BURL": return burl(argument)
        case "XCLIENT": return "Say on whose behalf a trusted proxy speaks: \(attributes(argument)) (XCLIENT)"
        case "XFORWARD": return "Pass on who the first client was, for the log: \(attributes(argument)) (XFORWARD)"
        // The line may be anything, a credential that lost its place among them: it is not quoted.
        default: return "A command that no RFC known here defines"
        }
    }

    private static func hello(_ name: String, _ what: String) -> String {
        name.isEmpty ? "Greet without a name, \(what)" : "Greet as \(name), \(what)"
    }

    private static func mail(_ path: SMTPPath?, _ beginning: String) -> String {
        guard let path else {
            return "\(beginning); no sender can be read (RFC 5321 section 4.1.1.2)"
        }
        let sender =
            path.address.isEmpty
            ? "the null sender, as reports do that must not bounce (RFC 5321 section 4.5.5)"
            : ShownText.of(path.address)
        var note = beginning
        note += " from "
        note += sender
        if path.parameters.isEmpty, !path.address.isEmpty { note += " (RFC 5321 section 4.1.1.2)" }
        for parameter in path.parameters.prefix(16) {
            note += ", "
            note += MailParameters.phrase(parameter)
        }
        return note
    }

    private static func recipient(_ path: SMTPPath?) -> String {
        guard let path else {
            return "Name a recipient; none can be read (RFC 5321 section 4.1.1.3)"
        }
        var note = "Name the recipient "
        note += ShownText.of(path.address)
        if path.address.hasPrefix("@") { note += ", with a source route that is to be ignored (RFC 5321 appendix C)" }
        if path.parameters.isEmpty { note += " (RFC 5321 section 4.1.1.3)" }
        for parameter in path.parameters.prefix(16) {
            note += ", "
            note += MailParameters.phrase(parameter)
        }
        return note
    }

    /// What a message is, once it has been seen.
    static func content(_ exchange: Exchange, _ session: Session) -> String {
        guard let index = exchange.message, session.messages.indices.contains(index) else {
            return "Send the content, ended by a line with a dot alone (RFC 5321 section 4.1.1.4)"
        }
        let message = session.messages[index]
        let recipients = message.to.count + message.rejected.count
        var note = "Send the content, "
        note += ShownText.count(message.bytes, "octet")
        if !message.complete { note += ", not all of which was seen" }
        if recipients > 0 {
            note += " for "
            note += ShownText.count(message.to.count, "recipient")
        }
        note += about(message)
        note += " (RFC 5321 section 4.1.1.4)"
        return note
    }

    /// Subject and parts of a message.
    static func about(_ message: Message) -> String {
        var note = message.content.subject.map { ": \"\(ShownText.of($0))\"" } ?? ""
        if message.content.parts.count > 1 { note += ", \(ShownText.count(message.content.parts.count, "part"))" }
        if let report = message.content.facts.report { note += "; it \(report.phrase)" }
        return note
    }

    private static func chunk(_ argument: ArraySlice<UInt8>, _ state: DialogueState) -> String {
        let words = SMTPGrammar.text(argument).words
        guard let size = words.first.flatMap({ UInt64($0) }) else {
            return "Send a chunk whose size is no number (RFC 3030 section 2)"
        }
        let isLast = words.dropFirst().first?.uppercased() == "LAST"
        let total = state.chunkBytes.addingReportingOverflow(size).partialValue
        let sum = total == size ? "" : ", \(total) in all"
        return
            "Send \(isLast ? "the last chunk" : "a chunk") of \(ShownText.count(size, "octet"))\(sum) (RFC 3030 section 2)"
    }

    private static func reset(_ state: DialogueState) -> String {
        guard let transaction = state.transaction else {
            return "Start afresh; no transaction is open (RFC 5321 section 4.1.1.5)"
        }
        return "Give up the mail from \(transaction.sender.isEmpty ? "<>" : ShownText.of(transaction.sender))"
            + " (RFC 5321 section 4.1.1.5)"
    }

    private static func etrn(_ argument: ArraySlice<UInt8>) -> String {
        let name = SMTPGrammar.text(argument)
        if name.hasPrefix("@") {
            return "Ask to start the queues of \(ShownText.of(name.dropFirst())) and below (RFC 1985)"
        }
        if name.hasPrefix("#") { return "Ask to start the queue named \(ShownText.of(name.dropFirst())) (RFC 1985)" }
        return "Ask to start the queue for \(ShownText.of(name)) (RFC 1985)"
    }

    /// The URL itself may carry an access token (RFC 4467), so only its host is told.
    private static func burl(_ argument: ArraySlice<UInt8>) -> String {
        let text = SMTPGrammar.text(argument)
        let last = text.words.last?.uppercased() == "LAST" ? ", which ends it" : ""
        let authority = text.split(separator: "//", maxSplits: 1).dropFirst().first?.prefix { $0 != "/" && $0 != " " }
        let host = authority?.split(separator: "@").last.map { " at \(ShownText.of($0))" } ?? ""
        return "Have content fetched from a message store\(host)\(last) (RFC 4468)"
    }

    private static func attributes(_ argument: ArraySlice<UInt8>) -> String {
        SMTPGrammar.parameters(argument).prefix(8).map { pair in
            "\(ShownText.of(pair.key.lowercased())) \(ShownText.of(SMTPGrammar.decodeXtext(pair.value ?? "")))"
        }.joined(separator: ", ")
    }
}
