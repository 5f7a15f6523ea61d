public import NIOCore
public import NIOSSL
import Synchronization

/// Makes the TLS handlers of legs on which MailTap is the client, and judges whom it meets there.
///
/// Any thread may call.
public final class ClientTLS: Sendable {
    /// What is done about a server whose certificate is not in order.
    public enum Judgement: Sendable, Hashable {
        /// The handshake fails.
        case refuses
        /// What is wrong is reported, and the session goes on (RFC 3207: opportunistic TLS).
        case reports
    }

    /// One server to shake hands with.
    public struct Peer: Sendable, Hashable {
        /// Name for SNI (RFC 6066 section 3); nil, or an address: none is sent.
        public var serverName: String?
        /// Names or addresses, one of which the certificate must be for; none: any name will do.
        public var expected: [String]
        /// What is offered (RFC 7301); none: no ALPN.
        public var applicationProtocols: [String]
        /// What is done about a certificate that is not in order.
        public var judgement: Judgement

        /// A server to shake hands with.
        public init(
            serverName: String?, expected: [String], applicationProtocols: [String] = [],
            judgement: Judgement = .refuses
        ) {
            self.serverName = serverName
            self.expected = expected
            self.applicationProtocols = applicationProtocols
            self.judgement = judgement
        }
    }

    private let verifier: PeerVerifier
    private let identity: TLSIdentity?
    private let versions: TLSVersions
    private let keyLog: KeyLogWriter?
    private let contexts = Mutex<[[String]: NIOSSLContext]>([:])
    private let verdicts = VerdictCache()

    /// A maker of handlers.
    ///
    /// - Parameters:
    ///   - verifier: judges the servers' certificates.
    ///   - identity: shown to servers that ask for a client certificate.
    ///   - versions: of TLS, that are offered.
    ///   - keyLog: takes every session's secrets.
    public init(
        _ verifier: PeerVerifier, identity: TLSIdentity? = nil, versions: TLSVersions = TLSVersions(),
        keyLog: KeyLogWriter? = nil
    ) {
        self.verifier = verifier
        self.identity = identity
        self.versions = versions
        self.keyLog = keyLog
    }

    /// A handler that begins a handshake when it is added to a channel of `eventLoop`.
    ///
    /// - Parameters:
    ///   - peer: whom to expect.
    ///   - eventLoop: the channel's.
    ///   - found: called on the event loop, once, before the handshake ends either way, unless it fails earlier.
    /// - Throws: `TLSError` where the TLS library refuses the versions, the certificate or the name.
    public func handler(
        for peer: Peer, on eventLoop: any EventLoop, found: @escaping (PeerVerdict) -> Void
    ) throws(TLSError) -> NIOSSLClientHandler {
        let context = try context(peer.applicationProtocols)
        let bound = NIOLoopBound(found, eventLoop: eventLoop)
        let verifier = verifier
        let verdicts = verdicts
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: Self.serverName(peer)) { shown, promise in
                let question = VerdictCache.Question(shown: shown, names: peer.expected)
                let verdict = eventLoop.makePromise(of: PeerVerdict.self)
                if let known = verdicts.verdict(on: question) {
                    // Later all the same: the library is in the midst of the handshake.
                    eventLoop.execute { verdict.succeed(known) }
                } else {
                    verdict.completeWithTask {
                        let found = await verifier.verdict(on: shown, for: peer.expected)
                        verdicts.keep(found, on: question)
                        return found
                    }
                }
                verdict.futureResult.whenComplete { result in
                    let verdict = (try? result.get()) ?? PeerVerdict(problem: "it could not be checked", chain: [])
                    bound.value(verdict)
                    promise.succeed(
                        verdict.isVerified || peer.judgement == .reports ? .certificateVerified : .failed)
                }
            }
        } catch {
            throw TLSError(code: .refused, context: "the TLS library refuses to begin: \(error)")
        }
    }

    /// RFC 6066 section 3: no address is a server name.
    private static func serverName(_ peer: Peer) -> String? {
        guard let name = peer.serverName, (1...253).contains(name.utf8.count), !ServerNames.isAddress(name) else {
            return nil
        }
        return name
    }

    /// Contexts are kept for each list of application protocols; the lists come from clients, so only a few are.
    private func context(_ applicationProtocols: [String]) throws(TLSError) -> NIOSSLContext {
        if let known = contexts.withLock({ $0[applicationProtocols] }) { return known }
        let made: NIOSSLContext
        do { made = try NIOSSLContext(configuration: configuration(applicationProtocols)) } catch {
            throw TLSError(code: .refused, context: "the TLS library refuses its configuration: \(error)")
        }
        contexts.withLock { contexts in
            if contexts.count >= 64 { contexts.removeAll() }
            contexts[applicationProtocols] = made
        }
        return made
    }

    private func configuration(_ applicationProtocols: [String]) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // The verifier has the anchors; the library's own would only be read and never asked.
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification = .noHostnameVerification
        configuration.minimumTLSVersion = versions.minimum.library
        configuration.maximumTLSVersion = versions.maximum.library
        configuration.applicationProtocols = applicationProtocols
        // How long an end of TLS is waited for; most peers just close.
        configuration.shutdownTimeout = .milliseconds(500)
        if let identity {
            configuration.certificateChain = identity.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(identity.key)
        }
        configuration.keyLogCallback = keyLog?.callback
        return configuration
    }
}
