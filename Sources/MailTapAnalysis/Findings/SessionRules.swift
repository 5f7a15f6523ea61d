import MailTapCore

/// The rules that need more than one line: order, meaning, timing, content.
enum SessionRules {
    /// What a rule looks at: an exchange, what came before it, and the session.
    struct Place {
        var session: Session
        var index: Int
        var exchange: Exchange
        /// Before the exchange.
        var state: DialogueState

        /// Whether octets are known to be missing, or the beginning was not seen: absence then proves nothing.
        var isPatchy: Bool {
            !session.info.startSeen || session.clientMissing > 0 || session.serverMissing > 0
        }

        /// Whether the server itself gave the reply.
        var serverReply: Reply? { exchange.reply.flatMap { $0.isInjected ? nil : $0 } }
    }

    static func apply(to session: Session, _ found: inout FindingList) {
        guard session.proto == .smtp || session.proto == .pop3 else { return }
        var state = DialogueState(proto: session.proto)
        var order = SMTPOrderRules()
        var transactions = TransactionRules()
        var maildrop = MaildropRules()
        for (index, exchange) in session.exchanges.enumerated() {
            let place = Place(session: session, index: index, exchange: exchange, state: state)
            LineRules.apply(place, &found)
            LoginRules.apply(place, &found)
            PipeliningRules.apply(place, &found)
            if session.proto == .smtp {
                order.apply(place, &found)
                SMTPArgumentRules.apply(place, &found)
                SMTPParameterRules.apply(place, &found)
                transactions.apply(place, &found)
                ReplyRules.apply(place, &found)
                TimingRules.apply(place, &found)
                ContentRules.apply(place, &found)
            } else {
                maildrop.apply(place, &found)
            }
            state.advance(over: exchange)
            TLSRules.apply(place, after: state, &found)
        }
        TLSRules.apply(to: session, &found)
        EndRules.apply(to: session, state, &found)
        MessageRules.apply(to: session, &found)
    }
}
