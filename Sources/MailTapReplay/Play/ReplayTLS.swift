import MailTapCore
import MailTapTLS
import NIOCore
import NIOSSL

/// How a replay makes its connections secure.
struct ReplayTLS: Sendable {
    private let client: ClientTLS
    private let peer: ClientTLS.Peer

    init(_ client: ClientTLS, target: ReplayTarget) {
        self.client = client
        peer = ClientTLS.Peer(
            serverName: target.host, expected: [target.host],
            judgement: target.isOpportunistic ? .reports : .refuses)
    }

    /// Whether a certificate that is not in order is only told of.
    var isOpportunistic: Bool { peer.judgement == .reports }
    /// The name that is asked for; nil for an address.
    var serverName: String? { peer.serverName.flatMap { IPAddress($0) == nil ? $0 : nil } }

    func handler(
        on eventLoop: any EventLoop, found: @escaping (PeerVerdict) -> Void
    ) throws(TLSError) -> NIOSSLClientHandler {
        try client.handler(for: peer, on: eventLoop, found: found)
    }
}

/// One handshake of a replay, from its beginning to its end.
final class ReplayHandshake {
    let start: TLSMark.Start
    var handler: NIOSSLClientHandler?
    /// What was found of the server's certificate.
    var verdict: PeerVerdict?
    /// Whether it succeeded or failed.
    var isOver = false

    init(_ start: TLSMark.Start) { self.start = start }

    /// What the trace keeps of it.
    func mark(serverName: String?) -> TLSMark {
        TLSMark(
            start: start, isDecrypted: true,
            client: TLSMark.Leg(
                version: handler?.versionWords, sni: serverName, verified: verdict?.isVerified,
                problem: verdict?.problem, reason: verdict?.reason))
    }

    /// What the TLS library said, in words.
    static func reason(of error: any Error) -> String {
        switch error {
        case let error as TLSError: error.description
        case let error as NIOSSLError:
            switch error {
            case .handshakeFailed(let inner): reason(of: inner)
            case .uncleanShutdown: "the server closed the connection"
            default: String(describing: error)
            }
        case let error as BoringSSLError:
            String(describing: error).contains("WRONG_VERSION_NUMBER")
                ? "the server answers without TLS" : String(describing: error)
        default: ReplayClient.reason(of: error)
        }
    }
}

@available(*, unavailable)
extension ReplayHandshake: Sendable {}
