import MailTapAnalysis
import MailTapCore

extension RecordedSession {
    /// Whether TLS was begun in the recording and nobody knows what was said under it, or it can't be served at all.
    ///
    /// - Parameter servesTLS: whether there is a certificate to serve with.
    func hidesTLS(servesTLS: Bool) -> Bool { usesTLS && (!servesTLS || session.tls?.isDecrypted != true) }

    /// Whether the recorded client began TLS.
    var usesTLS: Bool {
        session.exchanges.contains { exchange in
            ["STARTTLS", "STLS"].contains(exchange.command?.verb ?? "") && exchange.reply?.status.isPositive == true
        }
    }

    /// The session as it can be served: TLS that can't be is not offered, and a dialogue file's patterns are filled in;
    /// all of it the server's doing and not the client's.
    func served(servesTLS: Bool) -> RecordedSession {
        let hidesTLS = hidesTLS(servesTLS: servesTLS)
        var session = session
        for index in session.exchanges.indices {
            session.exchanges[index].fillIn()
            switch session.exchanges[index].command?.verb {
            case "EHLO", "LHLO":
                guard let lines = session.exchanges[index].reply?.lines else { continue }
                session.exchanges[index].reply?.lines = ServedCapabilities.of(lines, hidesTLS: hidesTLS)
            case "CAPA":
                guard let lines = session.exchanges[index].data else { continue }
                session.exchanges[index].data = ServedCapabilities.of(lines, hidesTLS: hidesTLS)
            default: break
            }
        }
        return RecordedSession(session: session, contents: contents)
    }

    /// Says which exchanges can't come about, as TLS can't be served.
    func tlsNotes(servesTLS: Bool) -> [ReplayNote] {
        guard hidesTLS(servesTLS: servesTLS) else { return [] }
        return session.exchanges.indices.compactMap { index in
            let exchange = session.exchanges[index]
            guard let verb = exchange.command?.verb, ["STARTTLS", "STLS"].contains(verb),
                exchange.reply?.status.isPositive == true
            else { return nil }
            return ReplayNote(
                kind: .notPlayed, exchanges: index..<index + 1,
                text: "what followed under TLS is not known: \(verb) was not offered"
            )
        }
    }
}
