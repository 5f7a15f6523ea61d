import NIOCore

/// How the proxy treats every session.
public struct ProxyOptions: Sendable {
    /// What the proxy does about TLS (`--tls MODE`).
    public enum TLS: Sendable {
        /// Terminate it on both legs.
        case intercept(Interception)
        /// Relay ciphertext as it is.
        case pass
        /// Keep STARTTLS and STLS from the client's view.
        case strip
    }

    /// What the proxy does about TLS.
    public var tls = TLS.pass
    /// Seconds of silence on both sides after which a session is ended; nil: never.
    public var idleTimeout: Double?
    /// Seconds until a server that does not answer counts as unreachable.
    public var connectTimeout: Double = 10
    /// Event loops; nil: one for each core, at most four.
    public var threads: Int?
    /// Sessions that may be open at once; while there are as many, new connections wait in the listeners' queues.
    public var maximumSessions = Int.max
    /// The DNS server that `smtp+mx` routes ask; nil: those of the system.
    public var nameServer: ListenAddress?
    /// Whether every client begins with a header of the PROXY protocol, of version 1 or 2.
    public var acceptsProxyProtocol = false
    /// The version (1 or 2) of such a header that servers are sent; nil: none.
    public var sendsProxyProtocol: Int?
    /// The `source` of the sessions.
    public var source = "proxy"

    /// The defaults: pass, no idle timeout, ten seconds to connect.
    public init() {}

    static func nanoseconds(_ seconds: Double) -> Int64 {
        Int64(min(max(seconds, 0), 1e9) * 1e9)
    }
}
