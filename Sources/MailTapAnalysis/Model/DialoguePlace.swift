import MailTapCore

/// What rules and notes look at: an exchange, what came before it, and the session.
///
/// One place moves along a session. A class, since it goes to every rule at every exchange: copies of it, and of what it
/// holds, would cost more than the rules.
final class DialoguePlace {
    let session: Session
    // One thread moves a place, and whoever looks at a part of it has done so before it moves on: no two accesses can
    // overlap, and the check for that would be made at every rule.
    @exclusivity(unchecked) private(set) var index = 0
    var exchange: Exchange { _read { yield session.exchanges[index] } }
    /// What the exchange is in short, and the one before it: each rule asks these first.
    @exclusivity(unchecked) private(set) var facts = ExchangeFacts()
    @exclusivity(unchecked) private(set) var before = ExchangeFacts()
    /// Before the exchange.
    @exclusivity(unchecked) private(set) var state: DialogueState

    /// The argument of MAIL, RCPT and their like; nil where none can be read.
    var path: SMTPPath? { facts.path == nil ? nil : SMTPGrammar.pathArgument(in: exchange.commandOctets) }

    /// The message that the exchange carried, where it is the last that did.
    var message: Int? {
        guard let number = facts.message, session.messages.indices.contains(number),
            session.messages[number].exchange == index
        else { return nil }
        return number
    }

    /// Whether octets are known to be missing, the beginning was not seen, or a dialogue file leaves open what the
    /// server offers: absence then proves nothing.
    var isPatchy: Bool { lacksOctets || state.leavesOffersOpen }

    /// Whether octets are known to be missing, or the beginning was not seen.
    var lacksOctets: Bool { hasGaps || !isBeginningKnown }

    /// Whether the session has gaps: a reply may then stand with another command, and a line be half of one.
    var hasGaps: Bool { session.clientMissing > 0 || session.serverMissing > 0 }

    /// Whether a reply without a command is the greeting, and not one too many.
    ///
    /// Where the beginning was not seen, only what comes first and reads like one is taken for it: it may as well answer
    /// a command of which the input knows nothing.
    var isGreeting: Bool {
        guard facts.verb == .none, !state.isGreeted else { return false }
        return session.info.startSeen || !state.hasBegun && readsLikeGreeting
    }

    /// Whether nothing but a greeting is likely to read so (RFC 5321 section 4.3.2, RFC 1939 sections 4 and 7).
    private var readsLikeGreeting: Bool {
        guard let reply = session.exchanges[index].reply else { return false }
        if state.proto == .smtp { return reply.status.rawValue == 220 }
        guard reply.status == .ok, let line = reply.lines.first else { return false }
        return line.holdsTimestamp || line.text().text.lowercased().contains("pop")
    }

    /// Whether all that came before is known: EHLO begins SMTP anew (RFC 5321 section 4.1.4), and a dialogue written
    /// by hand is whole, its greeting aside.
    private var isBeginningKnown: Bool {
        session.info.startSeen || session.info.isKnownMail || state.hello != nil
    }

    /// The reply, where the server itself gave it, and not one of several that a dialogue file takes.
    var serverReply: Reply? { facts.isServers ? exchange.reply : nil }

    /// Calls `body` with the command line's octets, where they lie; with none where there is no command.
    ///
    /// The exchange itself would be copied to ask it.
    func withCommand<Result>(_ body: (RawSpan) -> Result) -> Result {
        guard let line = session.exchanges[index].command?.line else { return body(RawSpan()) }
        return line.withBytes(body)
    }

    init(_ session: Session) {
        self.session = session
        state = DialogueState(proto: session.proto)
    }

    /// At an exchange, the dialogue having come to `state` before it.
    convenience init(_ session: Session, _ index: Int, after state: DialogueState) {
        self.init(session)
        self.state = state
        move(to: index)
    }

    /// Moves the state over the exchange.
    func advance() { state.advance(over: session.exchanges, index, facts) }

    /// Goes to the next exchange; `state` has moved over the one before already.
    func move(to index: Int) {
        before = facts
        self.index = index
        facts = ExchangeFacts(session.exchanges, index)
    }
}
