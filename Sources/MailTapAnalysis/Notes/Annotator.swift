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
        let facts = ExchangeFacts(exchange)
        let note = note(for: exchange, facts, in: session, after: state)
        state.advance(over: exchange, facts)
        return note
    }

    /// What the exchange does, the dialogue having come to `state` before it.
    func note(
        for exchange: Exchange, _ facts: ExchangeFacts, in session: Session, after state: DialogueState
    ) -> String? {
        guard facts.verb != .none else { return greeting(exchange, state) }
        var note: String
        switch state.proto {
        case .smtp: note = SMTPNotes.note(exchange, facts, state, in: session)
        case .pop3: note = POP3Notes.note(exchange, facts, state, in: session)
        case .imap, nil: return nil
        }
        guard facts.hasReply else {
            note += "; no reply was seen"
            return note
        }
        if let more = addition(exchange, facts, state) {
            note += ". "
            note += more
        }
        return note
    }

    /// What is to be said of the reply.
    private func addition(_ exchange: Exchange, _ facts: ExchangeFacts, _ state: DialogueState) -> String? {
        let status = facts.status
        if facts.verb == .auth || facts.verb == .response, status.isIntermediate,
            let command = exchange.command, let reply = exchange.reply,
            let challenge = challenge(command, reply, state)
        {
            return challenge
        }
        guard status.isNegative, let meaning = Self.replyNote(for: exchange, proto: state.proto) else {
            return Self.outcome(of: exchange, facts)
        }
        return (status.rawValue / 100 == 4 ? "Refused for now: " : "Refused: ") + meaning
    }

    /// What a success says beyond that it is one; nil where that goes without saying.
    private static func outcome(of exchange: Exchange, _ facts: ExchangeFacts) -> String? {
        if facts.verb == .starttls || facts.verb == .stls, facts.status.isPositive { return "Both begin TLS now" }
        switch facts.status.rawValue {
        case 235, 251, 252, 253: break
        default: return nil
        }
        let verb = exchange.command?.verb ?? ""
        guard let meaning = SMTPReplyMeanings.meaning(of: facts.status.rawValue, to: verb) else { return nil }
        return "\(meaning.text.prefix(1).uppercased())\(meaning.text.dropFirst()) (\(meaning.reference))"
    }

    private func greeting(_ exchange: Exchange, _ state: DialogueState) -> String? {
        guard let reply = exchange.reply else { return nil }
        guard !state.isGreeted else { return "A reply that no command asked for" }
        let text = reply.lines.first?.text().text ?? ""
        switch state.proto {
        case .smtp:
            guard reply.status.isPositive else {
                return Self.replyNote(for: exchange, proto: .smtp).map { "The server answers the connection: \($0)" }
            }
            var note = "The server greets"
            if let name = text.firstWord {
                note += " as "
                note += ShownText.of(name)
            }
            note += " (RFC 5321 section 4.2)"
            return note
        case .pop3:
            guard reply.status.isPositive else { return "The server refuses the connection (RFC 1939 section 4)" }
            let offersAPOP = text.contains("<") && text.contains(">") && text.contains("@")
            return "The server greets" + (offersAPOP ? " with a timestamp, which APOP needs" : "")
                + " (RFC 1939 section 4)"
        case .imap: return "The server greets (RFC 9051 section 7.1)"
        case nil: return nil
        }
    }

    private func challenge(_ command: Command, _ reply: Reply, _ state: DialogueState) -> String? {
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
            case .err: return "failure (RFC 1939 section 3)"
            case .plus: return "the server asks for the next response (RFC 5034 section 4)"
            default: return nil
            }
        }
        var parts: [String] = []
        if let code = SMTPReplyMeanings.meaning(of: reply.status.rawValue, to: verb) {
            parts.append("\(code.text) (\(code.reference))")
        }
        if let enhanced = reply.enhanced, !enhanced.hasSuffix(".0.0"),
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
