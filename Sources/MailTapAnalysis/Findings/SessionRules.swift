import MailTapCore

/// The rules that need more than one line: order, meaning, timing, content.
enum SessionRules {
    /// Adds what is wrong; returns what the session did, where that is wanted.
    ///
    /// - Parameter each: called at each exchange.
    static func apply(
        to session: Session, sumsUp: Bool, _ found: inout FindingList, _ each: (DialoguePlace) -> Void
    ) -> SessionOverview? {
        guard session.proto == .smtp || session.proto == .pop3 else {
            return sumsUp ? SessionOverview(of: session) : nil
        }
        var overview = SessionOverview()
        let place = DialoguePlace(session)
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
                LMTPRules.apply(place, &found)
                SMTPArgumentRules.apply(place, &found)
                SMTPParameterRules.apply(place, &found)
                BlankRules.apply(place, &found)
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
                place.advance()
                TLSRules.apply(place, from: before, &found)
                if isSMTP { OfferRules.apply(place, &found) }
            default: place.advance()
            }
            if sumsUp { overview.note(place) }
        }
        if sumsUp { overview.finish(session, place) }
        TLSRules.apply(to: session, &found)
        CaptureRules.apply(to: session, &found)
        EndRules.apply(to: session, place, &found)
        MessageRules.apply(to: session, &found)
        return sumsUp ? overview : nil
    }
}
