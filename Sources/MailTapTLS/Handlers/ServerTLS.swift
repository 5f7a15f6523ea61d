import Crypto
public import MailTapCore
import NIOCore
public import NIOSSL
import Synchronization

/// Makes ready the TLS of legs on which MailTap is the server.
///
/// With certificates of its own authority, or the user's own. Any thread may call.
public final class ServerTLS: Sendable {
    /// Where certificates come from.
    public enum Source: Sendable {
        /// Minted for each server by the authority of this store, which is made on first need.
        case authority(AuthorityStore)
        /// One certificate for every server.
        case identity(TLSIdentity)
    }

    /// What is ready to be shown to a client.
    public struct Prepared: Sendable {
        /// For the handler: `NIOSSLServerHandler(context:)`.
        public let context: NIOSSLContext
        /// The certificate that the client is shown.
        public let shown: CertificateFacts
        /// The same and those that follow it, for a record.
        public let chain: [TLSMark.Certificate]
    }

    private struct Wish: Hashable {
        var names: ServerNames
        var applicationProtocols: [String]
    }

    private struct State {
        var authority: CertificateAuthority?
        var leafKey: P256.Signing.PrivateKey?
        var prepared: [Wish: Prepared] = [:]
        /// Wishes in the order in which they came, the oldest first; some of them met no more.
        var order: [Wish] = []
    }

    private let source: Source
    private let versions: TLSVersions
    private let keyLog: KeyLogWriter?
    private let capacity: Int
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    /// A maker of handlers.
    ///
    /// - Parameters:
    ///   - source: where certificates come from.
    ///   - versions: of TLS, that clients may use.
    ///   - keyLog: takes every session's secrets.
    ///   - capacity: how many certificates are kept for the next client that asks for the same names.
    ///   - now: the present moment, for the certificates' times.
    public init(
        _ source: Source, versions: TLSVersions = TLSVersions(), keyLog: KeyLogWriter? = nil, capacity: Int = 1_024,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.source = source
        self.versions = versions
        self.keyLog = keyLog
        self.capacity = max(1, capacity)
        self.now = now
    }

    /// Reads the authority now, or makes it, and goes on with that one, whatever becomes of its files.
    ///
    /// - Throws: `TLSError` where it can't be used.
    public func loadAuthority() throws(TLSError) {
        guard case .authority(let store) = source else { return }
        let loaded = try store.load(at: now())
        state.withLock { $0.authority = loaded }
    }

    /// A certificate for these names, new or from earlier, ready for a handshake.
    ///
    /// - Parameter applicationProtocols: what is agreed to of what a client offers (RFC 7301).
    /// - Throws: `TLSError` where the authority can't be used.
    public func prepare(_ names: ServerNames, applicationProtocols: [String] = []) throws(TLSError) -> Prepared {
        let wish =
            switch source {
            case .authority: Wish(names: names, applicationProtocols: applicationProtocols)
            case .identity: Wish(names: ServerNames(), applicationProtocols: applicationProtocols)
            }
        let time = now()
        let result = state.withLock { state -> Result<Prepared, TLSError> in
            // A certificate that ends within the hour is made anew.
            if let ready = state.prepared[wish], ready.shown.notAfter > time.advanced(by: 3_600_000_000_000) {
                return .success(ready)
            }
            do throws(TLSError) {
                let made = try self.make(wish, at: time, &state)
                self.keep(made, wish, &state)
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func keep(_ prepared: Prepared, _ wish: Wish, _ state: inout State) {
        if state.prepared.updateValue(prepared, forKey: wish) == nil { state.order.append(wish) }
        guard state.prepared.count > capacity else { return }
        // The oldest quarter goes, so that making room is rare.
        let leaving = state.order.prefix(max(1, capacity / 4))
        for wish in leaving { state.prepared[wish] = nil }
        state.order.removeFirst(leaving.count)
    }

    private func make(_ wish: Wish, at time: Timestamp, _ state: inout State) throws(TLSError) -> Prepared {
        let identity = try identity(wish.names, at: time, &state)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain.map { .certificate($0) }, privateKey: .privateKey(identity.key))
        configuration.minimumTLSVersion = versions.minimum.library
        configuration.maximumTLSVersion = versions.maximum.library
        configuration.applicationProtocols = wish.applicationProtocols
        // How long an end of TLS is waited for; most peers just close.
        configuration.shutdownTimeout = .milliseconds(500)
        configuration.keyLogCallback = keyLog?.callback
        do {
            return Prepared(
                context: try NIOSSLContext(configuration: configuration), shown: identity.facts,
                chain: identity.chain.prefix(4).map { TLSMark.Certificate(CertificateFacts($0)) })
        } catch {
            throw TLSError(code: .refused, context: "the TLS library refuses the certificate: \(error)")
        }
    }

    private func identity(_ names: ServerNames, at time: Timestamp, _ state: inout State) throws(TLSError)
        -> TLSIdentity
    {
        switch source {
        case .identity(let identity): return identity
        case .authority(let store):
            let authority = if let known = state.authority { known } else { try store.load(at: time) }
            let leafKey = state.leafKey ?? P256.Signing.PrivateKey()
            state.authority = authority
            state.leafKey = leafKey
            return try authority.mint(names, leafKey: leafKey, at: time)
        }
    }
}
