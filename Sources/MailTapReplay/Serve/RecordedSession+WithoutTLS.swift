import MailTapAnalysis
import MailTapCore

extension RecordedSession {
    /// Whether the recorded client began TLS.
    var usesTLS: Bool {
        session.exchanges.contains { exchange in
            ["STARTTLS", "STLS"].contains(exchange.command?.verb ?? "") && exchange.reply?.status.isPositive == true
        }
    }

    /// The session as it can be served: where TLS was used it is not offered, the server's doing and not the client's.
    var withoutTLSOffer: RecordedSession {
        guard usesTLS else { return self }
        var session = session
        for index in session.exchanges.indices {
            switch session.exchanges[index].command?.verb {
            case "EHLO", "LHLO": session.exchanges[index].reply?.lines.removeAll(where: RecordedScript.isTLSOffer)
            case "CAPA": session.exchanges[index].data?.removeAll(where: RecordedScript.isTLSOffer)
            default: break
            }
        }
        return RecordedSession(session: session, contents: contents)
    }

    /// Says which exchanges can't come about, as TLS can't be served.
    var tlsNotes: [ReplayNote] {
        session.exchanges.indices.compactMap { index in
            let exchange = session.exchanges[index]
            guard let verb = exchange.command?.verb, ["STARTTLS", "STLS"].contains(verb),
                exchange.reply?.status.isPositive == true
            else { return nil }
            return ReplayNote(
                kind: .notPlayed, exchanges: index..<index + 1, text: "TLS can't be served yet: \(verb) was not offered"
            )
        }
    }
}
