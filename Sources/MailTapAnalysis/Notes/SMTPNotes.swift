import MailTapCore

/// What each SMTP command does, in one sentence with its values.
enum SMTPNotes {
    /// Of the commands in which nothing varies, at this place; nil for others.
    static func fixed(_ place: DialoguePlace) -> String? {
        switch place.facts.verb {
        case .quit: "End the session (RFC 5321 section 4.1.1.10)"
        case .data where place.state.transaction?.accepted == 1:
            "Ask to send the content, for 1 recipient (RFC 5321 section 4.1.1.4)"
        case .data where place.state.transaction == nil && place.lacksOctets:
            "Ask to send the content (RFC 5321 section 4.1.1.4)"
        case .rset where place.state.transaction == nil:
            place.lacksOctets
                ? "Start afresh (RFC 5321 section 4.1.1.5)"
                : "Start afresh; no transaction is open (RFC 5321 section 4.1.1.5)"
        case .noop: "Do nothing, to see that the server is there (RFC 5321 section 4.1.1.9)"
        case .starttls: "Ask to go on under TLS (RFC 3207 section 4)"
        case .turn: "Ask to exchange the roles (RFC 821 section 3.8; obsolete, RFC 5321 appendix F.1)"
        // The line may be anything, a credential that lost its place among them: it is not quoted.
        case .other: "A command that no RFC known here defines"
        default: nil
        }
    }

    /// Adds what any other command does.
    static func add(_ place: DialoguePlace, to sentence: inout Sentence) {
        switch place.facts.verb {
        case .mail: mail(place, "Start a mail", to: &sentence)
        case .send: mail(place, "Start a message to a terminal (RFC 821 section 3.4; obsolete)", to: &sentence)
        case .soml:
            mail(place, "Start a message to a terminal or mailbox (RFC 821 section 3.4; obsolete)", to: &sentence)
        case .saml:
            mail(place, "Start a message to terminal and mailbox (RFC 821 section 3.4; obsolete)", to: &sentence)
        case .rcpt: recipient(place, to: &sentence)
        case .data:
            sentence.add("Ask to send the content, for ")
            sentence.add(count: place.state.transaction?.accepted ?? 0, "recipient")
            sentence.add(" (RFC 5321 section 4.1.1.4)")
        case .content: content(place, to: &sentence)
        case .ehlo: hello(place, "ask for extensions (RFC 5321 section 4.1.1.1)", to: &sentence)
        case .helo: hello(place, "without extensions, as old clients do (RFC 5321 section 4.1.1.1)", to: &sentence)
        case .lhlo: hello(place, "in LMTP, the local form of SMTP (RFC 2033 section 4.1)", to: &sentence)
        case .auth: sentence.add(text: place.exchange.command.map(SASLSteps.begin) ?? "")
        case .response:
            sentence.add(text: SASLSteps.respond(place.state.login, place.exchange.command?.line ?? WireText([])))
        default: sentence.add(text: note(place))
        }
    }

    /// What rare commands do.
    private static func note(_ place: DialoguePlace) -> String {
        let argument = SMTPGrammar.argument(of: place.exchange.commandOctets)
        // Most commands do not show it.
        var shown: String { argument.isEmpty ? "(none named)" : ShownText.of(argument) }
        switch place.facts.verb {
        case .rset: return reset(place.state)
        case .bdat: return chunk(argument, place.state)
        case .vrfy where argument.isEmpty:
            return "Ask whether a user is here, without naming one (RFC 5321 section 4.1.1.6)"
        case .expn where argument.isEmpty: return "Ask who is on a list, without naming one (RFC 5321 section 4.1.1.7)"
        case .vrfy: return "Ask whether \(shown) is a user here (RFC 5321 section 4.1.1.6)"
        case .expn: return "Ask who is on the list \(shown) (RFC 5321 section 4.1.1.7)"
        case .help:
            return (argument.isEmpty ? "Ask for help" : "Ask for help on \(shown)") + " (RFC 5321 section 4.1.1.8)"
        case .etrn: return etrn(argument)
        case .atrn:
            return "Ask to turn the connection round and receive the mail of "
                + (argument.isEmpty ? "all domains of the user" : shown) + " (RFC 2645)"
        case .burl: return burl(argument)
        case .xclient: return "Say on whose behalf a trusted proxy speaks: \(attributes(place)) (XCLIENT)"
        case .xforward: return "Pass on who the first client was, for the log: \(attributes(place)) (XFORWARD)"
        default: return "A command that no RFC known here defines"
        }
    }

    private static func hello(_ place: DialoguePlace, _ what: StaticString, to sentence: inout Sentence) {
        place.withCommand { line in
            let name = SMTPGrammar.argumentPlace(in: line)
            sentence.add(name.isEmpty ? "Greet without a name" : "Greet as ")
            sentence.add(shown: line.extracting(name))
        }
        sentence.add(", ")
        sentence.add(what)
    }

    private static func mail(_ place: DialoguePlace, _ beginning: StaticString, to sentence: inout Sentence) {
        sentence.add(beginning)
        guard let path = place.facts.path,
            !path.address.isEmpty || path.lapses.isDisjoint(with: [.missingBrackets, .missingCloseBracket])
        else {
            sentence.add("; no sender can be read (RFC 5321 section 4.1.1.2)")
            return
        }
        sentence.add(" from ")
        if path.address.isEmpty {
            sentence.add("the null sender, as reports do that must not bounce (RFC 5321 section 4.5.5)")
        } else {
            place.withCommand { sentence.add(shown: $0.extracting(path.address)) }
            if place.facts.parameters.isEmpty { sentence.add(" (RFC 5321 section 4.1.1.2)") }
        }
        parameters(place, path, to: &sentence)
    }

    private static func recipient(_ place: DialoguePlace, to sentence: inout Sentence) {
        guard let path = place.facts.path else {
            sentence.add("Name a recipient; none can be read (RFC 5321 section 4.1.1.3)")
            return
        }
        sentence.add(path.address.isEmpty ? "Name a recipient without an address" : "Name the recipient ")
        let hasRoute = place.withCommand { line in
            sentence.add(shown: line.extracting(path.address))
            return !path.address.isEmpty && line[octet: path.address.lowerBound] == UInt8(ascii: "@")
        }
        if hasRoute { sentence.add(", with a source route that is to be ignored (RFC 5321 appendix C)") }
        if place.facts.parameters.isEmpty { sentence.add(" (RFC 5321 section 4.1.1.3)") }
        parameters(place, path, to: &sentence)
    }

    private static func parameters(_ place: DialoguePlace, _ path: SMTPPathPlaces, to sentence: inout Sentence) {
        let usual = place.facts.parameters
        if usual.isEmpty { return }
        if usual.areAll, let size = usual.size, !usual.hasBody, !usual.wantsUTF8 {
            sentence.add(", ")
            sentence.add(count: size, "octet")
            sentence.add(" declared (RFC 1870)")
            return
        }
        for parameter in SMTPGrammar.parameters(place.exchange.commandOctets[path.rest]).prefix(16) {
            sentence.add(", ")
            sentence.add(text: MailParameters.phrase(parameter))
        }
    }

    /// What a message is, once it has been seen.
    private static func content(_ place: DialoguePlace, to sentence: inout Sentence) {
        guard let index = place.facts.message, place.session.messages.indices.contains(index) else {
            sentence.add("Send the content, ended by a line with a dot alone (RFC 5321 section 4.1.1.4)")
            return
        }
        sentence.add("Send the content, ")
        sentence.add(count: place.session.messages[index].bytes, "octet")
        if !place.session.messages[index].complete { sentence.add(", not all of which was seen") }
        // Where each recipient got a verdict, some of those who were accepted may have been refused here.
        let recipients =
            place.facts.hasFurtherReplies
            ? place.state.transaction?.accepted ?? 0 : place.session.messages[index].to.count
        if recipients > 0 || !place.session.messages[index].rejected.isEmpty {
            sentence.add(" for ")
            sentence.add(count: recipients, "recipient")
        }
        about(place.session.messages, index, to: &sentence)
        sentence.add(" (RFC 5321 section 4.1.1.4)")
    }

    /// Subject and parts of a message.
    static func about(_ messages: [Message], _ index: Int, to sentence: inout Sentence) {
        if let subject = messages[index].content.subject {
            sentence.add(": \"")
            sentence.add(text: ShownText.of(subject))
            sentence.add("\"")
        }
        if messages[index].content.parts.count > 1 {
            sentence.add(", ")
            sentence.add(count: messages[index].content.parts.count, "part")
        }
        if let phrase = messages[index].content.facts.report?.phrase { sentence.add(text: "; it " + phrase) }
    }

    private static func chunk(_ argument: ArraySlice<UInt8>, _ state: DialogueState) -> String {
        let words = SMTPGrammar.text(argument).words
        guard let size = words.first.flatMap({ UInt64($0) }) else {
            return "Send a chunk whose size is no number (RFC 3030 section 2)"
        }
        let isLast = words.dropFirst().first?.uppercased() == "LAST"
        guard words.count == 1 || isLast && words.count == 2 else {
            return "Send a chunk, in a form that BDAT has not (RFC 3030 section 2)"
        }
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
        if name.isEmpty { return "Ask to start a queue without saying which (RFC 1985)" }
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

    /// What XCLIENT and XFORWARD tell, but no password.
    private static func attributes(_ place: DialoguePlace) -> String {
        let argument = SMTPGrammar.argument(of: place.exchange.command?.line.maskedOctets ?? [])
        if argument.isEmpty { return "nothing is told" }
        return SMTPGrammar.parameters(argument).prefix(8).map { pair in
            if pair.key.lowercased() == "password", pair.value?.isEmpty == false { return "a password" }
            let value = pair.value.map { ShownText.of(SMTPGrammar.decodeXtext($0)) } ?? ""
            return (pair.key.isEmpty ? "something without a name" : ShownText.of(pair.key.lowercased())) + " "
                + (value.isEmpty ? "(no value)" : value)
        }.joined(separator: ", ")
    }
}
