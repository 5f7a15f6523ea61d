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
                session.exchanges[index].reply?.lines = WireLines(
                    ServedCapabilities.of(lines.array, hidesTLS: hidesTLS))
            case "CAPA":
                guard let lines = session.exchanges[index].data else { continue }
                session.exchanges[index].data = ServedCapabilities.of(lines, hidesTLS: hidesTLS)
            default: break
            }
        }
        return RecordedSession(session: session, contents: contents)
    }

    /// Says which exchanges can't come about, as TLS can't be served or a login can't be answered.
    ///
    /// - Parameters:
    ///   - servesTLS: whether there is a certificate to serve with.
    ///   - credentials: what SCRAM logins are served with.
    ///   - came: what the client said; a login by another mechanism is no doing of its own then.
    func servedNotes(servesTLS: Bool, credentials: Credentials?, came: RecordedSession) -> [ReplayNote] {
        let logins = loginNotes(credentials)
        let instead = came.session.exchanges.indices.filter {
            ["AUTH", "*auth"].contains(came.session.exchanges[$0].command?.verb ?? "")
        }
        return tlsNotes(servesTLS: servesTLS) + logins
            + (logins.isEmpty ? [] : instead).map {
                ReplayNote(kind: .inserted, exchanges: 0..<0, text: "a login by another mechanism", came: $0)
            }
    }

    private func loginNotes(_ credentials: Credentials?) -> [ReplayNote] {
        session.exchanges.indices.compactMap { index in
            let words = session.exchanges[index].command?.line.text().text.split(separator: " ") ?? []
            guard session.exchanges[index].command?.verb == "AUTH", words.count > 1,
                ServedCapabilities.isUnanswerable(words[1].uppercased(), credentials)
            else { return nil }
            let end = session.exchanges[(index + 1)...].firstIndex { $0.command?.verb != "*auth" }
            return ReplayNote(
                kind: .leftOut, exchanges: index..<(end ?? session.exchanges.count),
                text: "\(words[1].uppercased()) needs the password, which no recording has: it was refused")
        }
    }

    private func tlsNotes(servesTLS: Bool) -> [ReplayNote] {
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
