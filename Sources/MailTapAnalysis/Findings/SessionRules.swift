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
        var index = 0
        var exchange: Exchange { _read { yield whole.session.exchanges[index] } }
        /// The argument of MAIL, RCPT and their like, read once for all rules; nil where none can be read.
        var path: SMTPPath?
        /// Before the exchange.
        var state: DialogueState

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
        var serverReply: Reply?

        init(_ session: Session) {
            whole = Whole(session)
            state = DialogueState(proto: session.proto)
        }
    }

    private static func serverReply(of exchange: Exchange) -> Reply? {
        exchange.reply.flatMap { $0.isInjected || $0.acceptable != nil ? nil : $0 }
    }

    /// Commands whose answers offer extensions, or change what is offered.
    private static let offerings: Set<String> = ["EHLO", "LHLO", "CAPA", "STLS"]

    /// Adds what is wrong; returns what the session did, where that is wanted.
    ///
    /// - Parameter each: called at each exchange.
    static func apply(
        to session: Session, sumsUp: Bool, _ found: inout FindingList, _ each: (Exchange, Place) -> Void
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
        for index in session.exchanges.indices {
            // Once, since what is read through a place is copied before it is handed on.
            let exchange = session.exchanges[index]
            place.index = index
            place.serverReply = Self.serverReply(of: exchange)
            place.path = exchange.command.flatMap(SMTPPath.init(of:))
            each(exchange, place)
            LineRules.apply(place, &found)
            LoginRules.apply(place, &found)
            PipeliningRules.apply(place, &found)
            if session.proto == .smtp {
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
            guard let verb = exchange.command?.verb, offerings.contains(verb) else {
                place.state.advance(over: exchange, path: place.path)
                if sumsUp { overview.note(exchange, index, place.state) }
                continue
            }
            var after = place.state
            after.advance(over: exchange)
            TLSRules.apply(place, after: after, &found)
            place.state = after
            if sumsUp { overview.note(exchange, index, place.state) }
        }
        if sumsUp { overview.finish(session, place.state) }
        TLSRules.apply(to: session, &found)
        CaptureRules.apply(to: session, &found)
        EndRules.apply(to: session, place.state, &found)
        MessageRules.apply(to: session, &found)
        return sumsUp ? overview : nil
    }
}
