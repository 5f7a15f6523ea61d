public import MailTapCore

/// Says what each exchange of a session does, in one plain sentence with its values.
///
/// Call `note(for:in:)` once for each exchange, in order, when its reply is complete or the session is over. No note
/// ever holds a password, digest, proof or token; user names are told.
public struct Annotator {
    private var state: DialogueState

    /// An annotator at the beginning of a session.
    public init(proto: MailProtocol?) { state = DialogueState(proto: proto) }

    /// What the exchange does; nil where nothing is known of it.
    public mutating func note(for exchange: Exchange, in session: Session) -> String? {
        // The protocol may have been found only after the annotator was made.
        if state.proto == nil, let proto = session.proto { state = DialogueState(proto: proto) }
        // It may not stand in the session yet.
        var alone = session
        alone.exchanges = [exchange]
        let place = DialoguePlace(alone, 0, after: state)
        var sentence = Sentence()
        let note = Self.note(at: place, &sentence)
        place.advance()
        state = place.state
        return note.text
    }

    /// What the exchange at a place does.
    ///
    /// - Parameter sentence: memory to put it together in.
    static func note(at place: DialoguePlace, _ sentence: inout Sentence) -> NoteText {
        guard place.facts.verb != .none else { return greeting(place, &sentence) }
        guard let proto = place.state.proto, proto != .imap else { return .none }
        let more = saysMore(place) ? addition(place) : nil
        let fixed = proto == .smtp ? SMTPNotes.fixed(place) : POP3Notes.fixed(place)
        if let fixed, more == nil, place.facts.hasReply { return .text(fixed) }
        sentence.clear()
        if let fixed {
            sentence.add(text: fixed)
        } else if proto == .smtp {
            SMTPNotes.add(place, to: &sentence)
        } else {
            POP3Notes.add(place, to: &sentence)
        }
        if !place.facts.hasReply { sentence.add("; no reply was seen") }
        if let more {
            sentence.add(". ")
            sentence.add(text: more)
        }
        return sentence.keep()
    }

    /// Whether a reply may be more than the success that goes without saying.
    private static func saysMore(_ place: DialoguePlace) -> Bool {
        switch place.facts.verb {
        case .auth, .response, .starttls, .stls: return true
        default: break
        }
        if place.facts.hasFurtherReplies { return true }
        switch place.facts.status.rawValue {
        case 0: return place.facts.isReplyComplete
        case 1, 220, 221, 250, 354: return false
        default: return true
        }
    }

    /// What is to be said of the reply; nil without one.
    private static func addition(_ place: DialoguePlace) -> String? {
        guard let reply = place.exchange.reply else { return nil }
        let verb = place.facts.verb
        if reply.status == .none {
            return reply.isComplete ? "The answer has no status, so nobody can tell what it means" : nil
        }
        if place.facts.hasFurtherReplies, let verdicts = RecipientVerdicts(place) { return verdicts.phrase }
        if verb == .auth || verb == .response, reply.status.isIntermediate, let command = place.exchange.command,
            let challenge = challenge(command, reply, place.state)
        {
            return challenge
        }
        guard reply.status.isNegative,
            let meaning = replyNote(
                for: reply, to: (place.exchange.command?.verb ?? "") + (isLostInLMTP(place) ? " in LMTP" : ""),
                proto: place.state.proto)
        else { return outcome(of: place) }
        return (reply.status.rawValue / 100 == 4 ? "Refused for now: " : "Refused: ") + meaning
    }

    /// Whether the client greets an LMTP server as one of SMTP, which has meanings of its own for that.
    private static func isLostInLMTP(_ place: DialoguePlace) -> Bool {
        place.state.isLMTP && (place.facts.verb == .ehlo || place.facts.verb == .helo)
            && [500, 502].contains(place.facts.status.rawValue)
    }

    /// What a success says beyond that it is one; nil where that goes without saying.
    private static func outcome(of place: DialoguePlace) -> String? {
        let status = place.facts.status
        if place.facts.verb == .starttls, status.rawValue == 220 { return "Both begin TLS now" }
        if place.facts.verb == .stls, status.isPositive { return "Both begin TLS now" }
        switch status.rawValue {
        case 235, 251, 252, 253: break
        case 100..<200, 600...:
            return "The code's first digit says neither success nor failure (RFC 5321 section 4.2.1)"
        default: return nil
        }
        let verb = place.exchange.command?.verb ?? ""
        guard let meaning = SMTPReplyMeanings.meaning(of: status.rawValue, to: verb) else { return nil }
        return "\(meaning.text.prefix(1).uppercased())\(meaning.text.dropFirst()) (\(meaning.reference))"
    }

    private static func greeting(_ place: DialoguePlace, _ sentence: inout Sentence) -> NoteText {
        guard place.facts.hasReply else { return .none }
        guard place.isGreeting else {
            return !place.session.info.startSeen && place.state.hello == nil
                ? .text("A reply to a command that was not seen") : .text("A reply that no command asked for")
        }
        switch place.state.proto {
        case .smtp:
            guard place.facts.status.isPositive else {
                return NoteText(
                    replyNote(for: place.exchange, proto: .smtp).map { "The server answers the connection: \($0)" })
            }
            sentence.clear()
            sentence.add("The server greets")
            if let line = place.exchange.reply?.lines.first { add(nameIn: line, to: &sentence) }
            sentence.add(" (RFC 5321 section 4.2)")
            return sentence.keep()
        case .pop3:
            guard place.facts.status.isPositive else {
                return .text("The server refuses the connection (RFC 1939 section 4)")
            }
            return .text(
                place.exchange.reply?.lines.first?.holdsTimestamp == true
                    ? "The server greets with a timestamp, which APOP needs (RFC 1939 section 4)"
                    : "The server greets (RFC 1939 section 4)")
        case .imap: return .text("The server greets (RFC 9051 section 7.1)")
        case nil: return .none
        }
    }

    /// The first word of a greeting.
    private static func add(nameIn line: WireText, to sentence: inout Sentence) {
        // What is no UTF-8 is Latin-1, which is decided for the whole line.
        guard !line.hasSecrets, line.withBytes({ $0.isPrintable }) else {
            guard let name = line.text().text.firstWord else { return }
            sentence.add(text: " as " + ShownText.of(name))
            return
        }
        line.withBytes { text in
            var start = 0
            while start < text.byteCount, text[octet: start] == 32 { start += 1 }
            let end = text.firstIndex(of: 32, from: start) ?? text.byteCount
            guard start < end else { return }
            sentence.add(" as ")
            sentence.add(shown: text.extracting(start..<end))
        }
    }

    private static func challenge(_ command: Command, _ reply: Reply, _ state: DialogueState) -> String? {
        guard let text = reply.lines.first else { return nil }
        if command.verb == "*auth" {
            guard let login = state.login else { return nil }
            return SASLSteps.challenge(login.mechanism, step: login.responses + 1, text)
        }
        let words = SASLToken.words(SMTPGrammar.argument(of: command.line.octets))
        guard let mechanism = words.first else { return nil }
        return SASLSteps.challenge(SMTPGrammar.text(mechanism).uppercased(), step: words.count > 1 ? 1 : 0, text)
    }

    /// What the exchange's reply means by the standard, apart from the server's own words; nil without a reply.
    ///
    /// The reply code in the context of its command, then the enhanced status code; for POP3 the response code.
    public static func replyNote(for exchange: Exchange, proto: MailProtocol?) -> String? {
        guard let reply = exchange.reply else { return nil }
        return replyNote(for: reply, to: exchange.command?.verb ?? "", proto: proto)
    }

    /// What a reply to a command means by the standard; the verb is empty for a greeting.
    public static func replyNote(for reply: Reply, to verb: String, proto: MailProtocol?) -> String? {
        guard proto == .smtp else {
            guard proto == .pop3 else { return nil }
            if let code = POP3Notes.responseCode(reply.lines.first?.text().text ?? "") { return code }
            switch reply.status {
            case .ok: return "success (RFC 1939 section 3)"
            case .err:
                return POP3Notes.unknownResponseCode(reply.lines.first?.text().text ?? "")
                    ?? "failure (RFC 1939 section 3)"
            case .plus: return "the server asks for the next response (RFC 5034 section 4)"
            default: return nil
            }
        }
        var parts: [String] = []
        if let code = SMTPReplyMeanings.meaning(of: reply.status.rawValue, to: verb) {
            parts.append("\(code.text) (\(code.reference))")
        }
        // Of a success that goes without saying.
        if let enhanced = reply.enhanced, enhanced != "2.0.0",
            let meaning = EnhancedStatusCodes.meaning(of: enhanced)
        {
            parts.append("\(enhanced), \(meaning.text) (\(meaning.reference))")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What each line of an EHLO or LHLO reply, or of a CAPA response, offers.
    ///
    /// - Returns: notes in the order of `reply.lines` (nil for the first line and for replies that list nothing) or, for
    ///   CAPA, of `data`; each begins with the keyword and a colon.
    public static func capabilityNotes(for exchange: Exchange) -> [String?] {
        switch exchange.command?.verb {
        case "EHLO", "LHLO":
            guard let reply = exchange.reply else { return [] }
            return capabilityNotes(for: reply)
        case "CAPA": return (exchange.data ?? []).map { capabilityNote(ofTag: $0) }
        default: return []
        }
    }

    /// What each line of a reply to EHLO or LHLO offers; nil for the first, which only greets.
    public static func capabilityNotes(for reply: Reply) -> [String?] {
        guard reply.status.isPositive else { return [] }
        return reply.lines.enumerated().map { index, line in
            index == 0 ? nil : capabilityNote(ofKeyword: line)
        }
    }

    /// What a line of a reply to EHLO or LHLO behind the first offers.
    public static func capabilityNote(ofKeyword line: WireText) -> String {
        EHLOKeywords.capabilityNote(line.text().text)
    }

    /// What a line of a CAPA response offers.
    public static func capabilityNote(ofTag line: WireText) -> String { POP3Notes.capabilityNote(line.text().text) }
}

extension WireText {
    /// Whether a POP3 greeting may hold the timestamp that APOP needs (RFC 1939 section 7): all of `<@>` stand in it.
    var holdsTimestamp: Bool {
        withBytes { line in
            "<@>".utf8.allSatisfy { line.firstIndex(of: $0, from: 0) != nil }
        }
    }
}
