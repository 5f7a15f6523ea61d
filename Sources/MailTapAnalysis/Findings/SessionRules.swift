import MailTapCore

/// The rules that need more than one line: order, meaning, timing, content.
enum SessionRules {
    /// What a rule looks at: an exchange, what came before it, and the session.
    struct Place {
        private final class Whole: Sendable {
            let session: Session
            init(_ session: Session) { self.session = session }
        }

        /// In a box, and read where it lies: a place goes to every rule at every exchange, and is to be small.
        private let whole: Whole
        var session: Session { _read { yield whole.session } }
        private(set) var index = 0
        var exchange: Exchange { _read { yield whole.session.exchanges[index] } }
        /// What the exchange is in short, and the one before it: each rule asks these first.
        private(set) var facts = ExchangeFacts(), before = ExchangeFacts()
        /// Before the exchange.
        var state: DialogueState

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
        var isPatchy: Bool {
            session.clientMissing > 0 || session.serverMissing > 0 || !isBeginningKnown || state.leavesOffersOpen
        }

        /// Whether all that came before is known: EHLO begins SMTP anew (RFC 5321 section 4.1.4), and a dialogue written
        /// by hand is whole, its greeting aside.
        private var isBeginningKnown: Bool {
            session.info.startSeen || session.info.isKnownMail || state.hello != nil
        }

        /// The reply, where the server itself gave it, and not one of several that a dialogue file takes.
        var serverReply: Reply? { facts.isServers ? exchange.reply : nil }

        init(_ session: Session) {
            whole = Whole(session)
            state = DialogueState(proto: session.proto)
        }

        /// Goes to the next exchange; `state` has moved over the one before already.
        mutating func move(to index: Int) {
            before = facts
            self.index = index
            facts = ExchangeFacts(whole.session.exchanges[index])
        }
    }

    /// Adds what is wrong; returns what the session did, where that is wanted.
    ///
    /// - Parameter each: called at each exchange.
    static func apply(
        to session: Session, sumsUp: Bool, _ found: inout FindingList, _ each: (Place) -> Void
    ) -> SessionOverview? {
        guard session.proto == .smtp || session.proto == .pop3 else {
            return sumsUp ? SessionOverview(of: session) : nil
        }
        var overview = SessionOverview()
        // One place moves along: copies of the session would cost more than the rules.
        var place = Place(session)
        var order = SMTPOrderRules()
        var transactions = TransactionRules()
        var maildrop = MaildropRules()
        let isSMTP = session.proto == .smtp
        for index in session.exchanges.indices {
            place.move(to: index)
            each(place)
            LineRules.apply(place, &found)
            LoginRules.apply(place, &found)
            PipeliningRules.apply(place, &found)
            if isSMTP {
                order.apply(place, &found)
                SMTPArgumentRules.apply(place, &found)
                SMTPParameterRules.apply(place, &found)
                EightBitRules.apply(place, &found)
                transactions.apply(place, &found)
                ReplyRules.apply(place, &found)
                TimingRules.apply(place, &found)
                ContentRules.apply(place, &found)
            } else {
                maildrop.apply(place, &found)
            }
            switch place.facts.verb {
            case .ehlo, .lhlo, .capa, .stls:
                let before = place.state
                place.state.advance(over: place.exchange, place.facts)
                TLSRules.apply(place, from: before, &found)
            default: place.state.advance(over: place.exchange, place.facts)
            }
            if sumsUp { overview.note(place.facts, index, place.state) }
        }
        if sumsUp { overview.finish(session, place.state) }
        TLSRules.apply(to: session, &found)
        CaptureRules.apply(to: session, &found)
        EndRules.apply(to: session, place.state, &found)
        MessageRules.apply(to: session, &found)
        return sumsUp ? overview : nil
    }
}
