import MailTapCore

/// What each SMTP command does, in one sentence with its values.
enum SMTPNotes {
    static func note(
        _ exchange: Exchange, _ facts: ExchangeFacts, _ state: DialogueState, in session: Session
    ) -> String {
        switch facts.verb {
        case .mail: return mail(exchange, facts, "Start a mail")
        case .rcpt: return recipient(exchange, facts)
        case .data: return data(state.transaction?.accepted ?? 0)
        case .content: return content(facts, session)
        case .rset: return reset(state)
        case .noop: return "Do nothing, to see that the server is there (RFC 5321 section 4.1.1.9)"
        case .quit: return "End the session (RFC 5321 section 4.1.1.10)"
        case .starttls: return "Ask to go on under TLS (RFC 3207 section 4)"
        case .turn: return "Ask to exchange the roles (RFC 821 section 3.8; obsolete, RFC 5321 appendix F.1)"
        case .send: return mail(exchange, facts, "Start a message to a terminal (RFC 821 section 3.4; obsolete)")
        case .soml:
            return mail(exchange, facts, "Start a message to a terminal or mailbox (RFC 821 section 3.4; obsolete)")
        case .saml:
            return mail(exchange, facts, "Start a message to terminal and mailbox (RFC 821 section 3.4; obsolete)")
        case .auth: return exchange.command.map(SASLSteps.begin) ?? ""
        case .response: return exchange.command.map { SASLSteps.respond(state.login, $0.line) } ?? ""
        default: return note(facts.verb, SMTPGrammar.argument(of: exchange.commandOctets), state)
        }
    }

    /// What the commands do of which nothing but the argument matters.
    private static func note(
        _ verb: DialogueVerb, _ argument: ArraySlice<UInt8>, _ state: DialogueState
    ) -> String {
        // Most commands do not show it.
        var shown: String { ShownText.of(argument) }
        switch verb {
        case .ehlo: return hello(argument, "ask for extensions (RFC 5321 section 4.1.1.1)")
        case .helo: return hello(argument, "without extensions, as old clients do (RFC 5321 section 4.1.1.1)")
        case .lhlo: return hello(argument, "in LMTP, the local form of SMTP (RFC 2033 section 4.1)")
        case .bdat: return chunk(argument, state)
        case .vrfy: return "Ask whether \(shown) is a user here (RFC 5321 section 4.1.1.6)"
        case .expn: return "Ask who is on the list \(shown) (RFC 5321 section 4.1.1.7)"
        case .help:
            return (argument.isEmpty ? "Ask for help" : "Ask for help on \(shown)") + " (RFC 5321 section 4.1.1.8)"
        case .etrn: return etrn(argument)
        case .atrn:
            return "Ask to turn the connection round and receive the mail of "
                + (argument.isEmpty ? "all domains of the user" : shown) + " (RFC 2645)"
        case .burl: return burl(argument)
        case .xclient: return "Say on whose behalf a trusted proxy speaks: \(attributes(argument)) (XCLIENT)"
        case .xforward: return "Pass on who the first client was, for the log: \(attributes(argument)) (XFORWARD)"
        // The line may be anything, a credential that lost its place among them: it is not quoted.
        default: return "A command that no RFC known here defines"
        }
    }

    private static func hello(_ name: ArraySlice<UInt8>, _ what: String) -> String {
        var note = name.isEmpty ? "Greet without a name" : "Greet as "
        note.reserveCapacity(128)
        ShownText.append(name, to: &note)
        note += ", "
        note += what
        return note
    }

    private static func data(_ recipients: Int) -> String {
        if recipients == 1 { return "Ask to send the content, for 1 recipient (RFC 5321 section 4.1.1.4)" }
        return "Ask to send the content, for \(ShownText.count(recipients, "recipient")) (RFC 5321 section 4.1.1.4)"
    }

    private static func mail(_ exchange: Exchange, _ facts: ExchangeFacts, _ beginning: String) -> String {
        guard let path = facts.path else {
            return "\(beginning); no sender can be read (RFC 5321 section 4.1.1.2)"
        }
        var note = beginning
        note.reserveCapacity(128)
        note += " from "
        if path.address.isEmpty {
            note += "the null sender, as reports do that must not bounce (RFC 5321 section 4.5.5)"
        } else {
            ShownText.append(exchange.commandOctets[path.address], to: &note)
            if facts.parameters.isEmpty { note += " (RFC 5321 section 4.1.1.2)" }
        }
        append(facts.parameters, exchange.commandOctets, path, to: &note)
        return note
    }

    private static func recipient(_ exchange: Exchange, _ facts: ExchangeFacts) -> String {
        guard let path = facts.path else {
            return "Name a recipient; none can be read (RFC 5321 section 4.1.1.3)"
        }
        var note = "Name the recipient "
        note.reserveCapacity(96)
        let address = exchange.commandOctets[path.address]
        ShownText.append(address, to: &note)
        if address.first == UInt8(ascii: "@") {
            note += ", with a source route that is to be ignored (RFC 5321 appendix C)"
        }
        if facts.parameters.isEmpty { note += " (RFC 5321 section 4.1.1.3)" }
        append(facts.parameters, exchange.commandOctets, path, to: &note)
        return note
    }

    private static func append(
        _ parameters: UsualParameters, _ line: [UInt8], _ path: SMTPPathPlaces, to note: inout String
    ) {
        guard !parameters.isEmpty else { return }
        if parameters.areAll, let size = parameters.size, !parameters.hasBody, !parameters.wantsUTF8 {
            note += ", "
            note += ShownText.count(size, "octet")
            note += " declared (RFC 1870)"
            return
        }
        for parameter in SMTPGrammar.parameters(line[path.rest]).prefix(16) {
            note += ", "
            note += MailParameters.phrase(parameter)
        }
    }

    /// What a message is, once it has been seen.
    private static func content(_ facts: ExchangeFacts, _ session: Session) -> String {
        guard let index = facts.message, session.messages.indices.contains(index) else {
            return "Send the content, ended by a line with a dot alone (RFC 5321 section 4.1.1.4)"
        }
        let messages = session.messages
        var note = "Send the content, "
        note.reserveCapacity(160)
        note += ShownText.count(messages[index].bytes, "octet")
        if !messages[index].complete { note += ", not all of which was seen" }
        if !messages[index].to.isEmpty || !messages[index].rejected.isEmpty {
            note += " for "
            note += ShownText.count(messages[index].to.count, "recipient")
        }
        append(messages[index].content, to: &note)
        note += " (RFC 5321 section 4.1.1.4)"
        return note
    }

    /// Subject and parts of a message.
    static func append(_ content: MessageContent, to note: inout String) {
        if let subject = content.subject {
            note += ": \""
            note += ShownText.of(subject)
            note += "\""
        }
        if content.parts.count > 1 {
            note += ", "
            note += ShownText.count(content.parts.count, "part")
        }
        if let report = content.facts.report { note += "; it \(report.phrase)" }
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
        return "Give up the mail from \(transaction.isFromNobody ? "<>" : ShownText.of(transaction.sender))"
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
