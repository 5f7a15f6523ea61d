import MailTapCore

/// What each POP3 command does, in one sentence with its values.
enum POP3Notes {
    /// Of the commands in which nothing varies, at this place; nil for others.
    static func fixed(_ place: DialoguePlace) -> String? {
        switch place.facts.verb {
        case .stls: "Ask to go on under TLS (RFC 2595 section 4)"
        case .capa: "Ask what the server offers (RFC 2449 section 5)"
        case .noop: "Do nothing, to keep the session open (RFC 1939 section 5)"
        case .utf8: "Switch to UTF-8 in names, passwords and messages (RFC 6856 section 2)"
        case .last: "Ask for the highest message number seen so far (RFC 1460; gone since RFC 1725)"
        case .xtnd: "Use an extension of old UCB servers (XTND)"
        case .quit where place.lacksOctets && place.state.deleted.isEmpty: "End the session (RFC 1939 sections 4 and 6)"
        case .quit where place.state.phase != .transaction: "End the session; nobody logged in (RFC 1939 section 4)"
        case .quit where place.state.deleted.isEmpty:
            "End the session; nothing was marked for deletion (RFC 1939 section 6)"
        case .other: "A command that no RFC known here defines"
        default: nil
        }
    }

    /// Adds what any other command does.
    static func add(_ place: DialoguePlace, to sentence: inout Sentence) {
        switch place.facts.verb {
        case .retr:
            sentence.add("Fetch ")
            message(place, to: &sentence)
            fetched(place, to: &sentence)
            complain(place, to: &sentence)
            sentence.add(" (RFC 1939 section 5)")
        case .dele:
            sentence.add("Mark ")
            message(place, to: &sentence)
            sentence.add(" for deletion at QUIT")
            complain(place, to: &sentence)
            sentence.add(" (RFC 1939 section 5)")
        case .list:
            listed("Ask for the sizes of all messages", "Ask for the size of ", place, to: &sentence)
            sentence.add(" (RFC 1939 section 5)")
        case .uidl:
            listed("Ask for the lasting ids of all messages", "Ask for the lasting id of ", place, to: &sentence)
            sentence.add(" (RFC 1939 section 7)")
        case .top:
            beginning(place, to: &sentence)
            fetched(place, to: &sentence)
            sentence.add(" (RFC 1939 section 7)")
        case .user:
            sentence.add("Give the user name ")
            openArgument(place, to: &sentence)
            sentence.add(" (RFC 1939 section 7)")
        case .pass:
            sentence.add("Give the password")
            if let user = place.state.user {
                sentence.add(" of ")
                sentence.add(text: ShownText.of(user))
            }
            sentence.add(", to open and lock the maildrop (RFC 1939 section 7)")
        case .stat:
            sentence.add("Ask how much there is in the maildrop")
            answered(place, to: &sentence)
            sentence.add(" (RFC 1939 section 5)")
        default: sentence.add(text: note(place))
        }
    }

    /// Adds the message that a command names.
    private static func message(_ place: DialoguePlace, to sentence: inout Sentence) {
        place.withCommand { line in
            let named = SMTPGrammar.argumentPlace(in: line)
            guard line.number(at: named) != nil else { return sentence.add("a message") }
            sentence.add("message ")
            sentence.add(shown: line.extracting(named))
        }
    }

    /// Adds what is wrong with the message's number.
    private static func complain(_ place: DialoguePlace, to sentence: inout Sentence) {
        place.withCommand { line in
            let named = SMTPGrammar.argumentPlace(in: line)
            guard line.number(at: named) == nil else { return }
            guard !named.isEmpty else { return sentence.add("; which one is not said") }
            sentence.add("; \"")
            sentence.add(shown: line.extracting(named))
            sentence.add("\" is no message number")
        }
    }

    /// Adds what TOP fetches.
    private static func beginning(_ place: DialoguePlace, to sentence: inout Sentence) {
        let arguments = place.withCommand { POP3Arguments($0) }
        guard arguments.count == 2, let number = arguments.first, let lines = arguments.second else {
            let shown = ShownText.of(place.exchange.openArgument)
            sentence.add(text: "Fetch the beginning of a message; \"\(shown)\" is not its number and a count of lines")
            return
        }
        sentence.add("Fetch the header section and ")
        sentence.add(count: UInt64(lines), "line")
        sentence.add(text: " of message \(number)")
    }

    private static func note(_ place: DialoguePlace) -> String {
        // Most commands do not show it.
        var argument: ArraySlice<UInt8> { place.exchange.openArgument }
        switch place.facts.verb {
        case .apop:
            let user = SMTPGrammar.text(argument).words.first.map { " as \(ShownText.of($0))" } ?? ""
            return
                "Log in\(user) with an MD5 digest of the greeting's timestamp and the password (RFC 1939 section 7)"
        case .auth:
            return SMTPGrammar.argument(of: place.exchange.commandOctets).isEmpty
                ? "Ask which SASL mechanisms there are, as RFC 1734 allowed (RFC 5034 section 4)"
                : place.exchange.command.map(SASLSteps.begin) ?? ""
        case .response: return SASLSteps.respond(place.state.login, place.exchange.command?.line ?? WireText([]))
        case .rset:
            let count = place.state.deleted.count
            return "Take back "
                + (count == 0 ? "deletion marks, of which there are none" : ShownText.count(count, "deletion mark"))
                + " (RFC 1939 section 5)"
        case .quit: return quit(place)
        case .lang:
            return
                (argument.isEmpty
                ? "Ask which languages there are" : "Ask for texts in language \(ShownText.of(argument))")
                + " (RFC 6856 section 3)"
        default: return "A command that no RFC known here defines"
        }
    }

    private static func listed(
        _ all: StaticString, _ single: StaticString, _ place: DialoguePlace, to sentence: inout Sentence
    ) {
        if place.withCommand({ SMTPGrammar.argumentPlace(in: $0).isEmpty }) {
            sentence.add(all)
        } else {
            sentence.add(single)
            message(place, to: &sentence)
            complain(place, to: &sentence)
        }
        guard let count = place.exchange.data?.count else { return }
        sentence.add(": ")
        sentence.add(count: count, "message")
    }

    private static func fetched(_ place: DialoguePlace, to sentence: inout Sentence) {
        guard let index = place.facts.message, place.session.messages.indices.contains(index) else { return }
        sentence.add(", ")
        sentence.add(count: place.session.messages[index].bytes, "octet")
        SMTPNotes.about(place.session.messages, index, to: &sentence)
    }

    /// Adds what STAT was answered.
    private static func answered(_ place: DialoguePlace, to sentence: inout Sentence) {
        guard place.facts.status == .ok, let line = place.exchange.reply?.lines.first else { return }
        line.withBytes { text in
            guard let drop = text.twoNumbers else { return }
            sentence.add(": ")
            sentence.add(count: drop.first, "message")
            sentence.add(", ")
            sentence.add(count: drop.second, "octet")
        }
    }

    /// Adds the argument, up to the first credential in it.
    private static func openArgument(_ place: DialoguePlace, to sentence: inout Sentence) {
        guard place.exchange.command?.line.hasMarks == false else {
            return sentence.add(text: ShownText.of(place.exchange.openArgument))
        }
        place.withCommand { sentence.add(shown: $0.extracting(SMTPGrammar.argumentPlace(in: $0))) }
    }

    /// What a QUIT does to marked messages (RFC 1939 section 6).
    private static func quit(_ place: DialoguePlace) -> String {
        let count = ShownText.count(place.state.deleted.count, "marked message")
        if place.facts.status == .err {
            return "End the session and delete \(count), of which the server removed some or none (RFC 1939 section 6)"
        }
        return "End the session and delete \(count) (RFC 1939 section 6)"
    }

    // MARK: Answers

    private static let responseCodes: [String: (meaning: String, reference: String)] = [
        "LOGIN-DELAY": ("the last login was too short a time ago", "RFC 2449 section 8.1.1"),
        "IN-USE": ("another session holds the maildrop", "RFC 2449 section 8.1.2"),
        "SYS/TEMP": ("the system has a problem that may pass", "RFC 3206 section 4"),
        "SYS/PERM": ("the system has a problem that a person must look at", "RFC 3206 section 4"),
        "AUTH": ("the credentials are at fault, not the system", "RFC 3206 section 5"),
        "UTF8": ("the message or name needs UTF-8 mode", "RFC 6856 section 5"),
    ]

    /// What a response code in square brackets means; nil where the text begins with none.
    static func responseCode(_ text: String) -> String? {
        guard text.hasPrefix("["), let close = text.firstIndex(of: "]") else { return nil }
        let code = text[text.index(after: text.startIndex)..<close].uppercased()
        guard !code.isEmpty, code.utf8.count <= 40 else { return nil }
        if let known = responseCodes[code] { return "\(known.meaning) (\(known.reference))" }
        // A code with levels that are not known falls back to its parent (RFC 2449 section 8).
        if let parent = code.split(separator: "/").first, parent == "SYS" {
            return "the system has a problem (RFC 3206 section 4)"
        }
        return nil
    }

    /// What can be said of a response code in square brackets that is not known; nil where the text begins with none.
    static func unknownResponseCode(_ text: String) -> String? {
        guard text.hasPrefix("["), let close = text.firstIndex(of: "]") else { return nil }
        let code = text[text.index(after: text.startIndex)..<close]
        // RFC 2449 section 3: printable, without blanks.
        guard !code.isEmpty, code.utf8.count <= 40, code.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 91 }) else {
            return nil
        }
        return "failure, with a response code that is not known here: \(ShownText.of(code)) (RFC 2449 section 8)"
    }

    private static let capabilities: [String: (offer: String, reference: String)] = [
        "TOP": ("the beginning of a message may be fetched", "RFC 2449 section 6.1"),
        "USER": ("user name and password may be given in clear commands", "RFC 2449 section 6.2"),
        "SASL": ("SASL logins", "RFC 2449 section 6.3"),
        "RESP-CODES": ("texts that begin with [ carry a response code", "RFC 2449 section 6.4"),
        "LOGIN-DELAY": ("a time must lie between two logins", "RFC 2449 section 6.5"),
        "PIPELINING": ("commands may be sent without waiting for each response", "RFC 2449 section 6.6"),
        "EXPIRE": ("how long messages are kept", "RFC 2449 section 6.7"),
        "UIDL": ("messages have lasting ids", "RFC 2449 section 6.8"),
        "IMPLEMENTATION": ("the server's name and version", "RFC 2449 section 6.9"),
        "STLS": ("the connection may be encrypted from here", "RFC 2595 section 4"),
        "AUTH-RESP-CODE": ("failed logins tell whose fault it was", "RFC 3206 section 6"),
        "UTF8": ("UTF-8 mode", "RFC 6856 section 2"),
        "LANG": ("texts in other languages", "RFC 6856 section 3"),
        "APOP": ("logins by APOP; not a registered tag", "RFC 1939 section 7"),
    ]

    /// What a line of a CAPA response offers.
    static func capabilityNote(_ line: String) -> String {
        guard let capability = Capability(line: line) else { return "An empty line" }
        let keyword = ShownText.of(capability.keyword)
        guard let known = capabilities[capability.keyword] else {
            return "\(keyword): an extension that is not known here"
        }
        let arguments = details(capability).map { ": \($0)" } ?? ""
        return "\(keyword): \(known.offer)\(arguments) (\(known.reference))"
    }

    /// The tags that are known.
    static var knownTags: [String] { capabilities.keys.sorted() }

    private static func details(_ capability: Capability) -> String? {
        guard let first = capability.arguments.first else { return nil }
        // RFC 2449 sections 6.5 and 6.7: it may differ from user to user; what is said is then the least.
        let isPersonal = capability.arguments.dropFirst().first?.uppercased() == "USER"
        let own = isPersonal ? ", which may be another for a user once logged in" : ""
        switch capability.keyword {
        case "EXPIRE":
            if first.uppercased() == "NEVER" { return "for good" + own }
            guard let days = UInt64(first) else { return ShownText.of(first) + own }
            return (days == 0 ? "not beyond the session that fetched them" : ShownText.count(days, "day")) + own
        case "LOGIN-DELAY":
            return (UInt64(first).map { ShownText.count($0, "second") } ?? ShownText.of(first)) + own
        case "SASL": return "by " + EHLOKeywords.mechanisms(capability.arguments)
        default: return ShownText.of(capability.arguments.joined(separator: " "))
        }
    }
}
