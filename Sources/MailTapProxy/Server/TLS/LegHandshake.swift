import MailTapCore
import MailTapTLS
import NIOSSL

/// The handlers of one leg's TLS, and what is known of it beside them.
final class LegHandshake {
    private let handler: NIOSSLHandler
    private let watcher: HandshakeWatcher
    /// The server's name that was asked for on this leg.
    private let serverName: String?
    /// What was found about the server's certificate.
    var verdict: PeerVerdict?
    /// The certificate that the client is shown.
    var shown: CertificateFacts?
    /// The same with its chain.
    var shownChain: [TLSMark.Certificate] = []
    /// The application protocol that was agreed on (RFC 7301).
    var agreed: String?
    /// Whether the handshake is over, well or badly.
    var isOver: Bool {
        get { watcher.isOver }
        set { watcher.isOver = newValue }
    }

    init(_ handler: NIOSSLHandler, _ watcher: HandshakeWatcher, serverName: String?) {
        self.handler = handler
        self.watcher = watcher
        self.serverName = serverName
    }

    /// What is known of the leg, for the record.
    var facts: TLSMark.Leg {
        TLSMark.Leg(
            version: handler.versionWords, cipher: watcher.cipher, sni: serverName, verified: verdict?.isVerified,
            problem: verdict?.problem, reason: verdict?.reason, alpn: agreed, chain: chain)
    }

    /// What was shown on this leg, to the client or by the server; of a longer chain its beginning.
    private var chain: [TLSMark.Certificate] {
        verdict?.chain.prefix(4).map { TLSMark.Certificate($0) } ?? shownChain
    }

    /// Why the handshake failed, for the record.
    func failure(_ error: any Error) -> HandshakeFailure {
        let alert = TLSFailure.alert(error) ?? watcher.alert
        let words = alert.map { "the peer's alert: \($0)" } ?? TLSFailure.words(error)
        return HandshakeFailure(
            reason: verdict?.problem ?? words, alert: alert,
            shown: shown.map { "\($0.subject) for \($0.names.list) (SHA-256 \($0.fingerprint.prefix(16))…)" },
            leg: TLSMark.Leg(sni: serverName, verified: verdict?.isVerified, problem: verdict?.problem, chain: chain))
    }

    /// Closes the socket without a word of TLS.
    func closeBelow() { watcher.closeBelowTLS() }
}

@available(*, unavailable)
extension LegHandshake: Sendable {}
