public import MailTapCore

/// The server that a replay talks to.
public struct ReplayTarget: Sendable, Hashable {
    /// What it is expected to speak; sessions of another protocol are not played.
    public var proto: MailProtocol
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: UInt16
    /// Whether it speaks LMTP, where that is known.
    public var speaksLMTP: Bool?
    /// Whether TLS begins with the first octet (RFC 8314).
    public var isImplicitTLS = false
    /// Whether a certificate that is not in order is only told of (RFC 3207: opportunistic TLS), or refused.
    public var isOpportunistic = true

    /// A server.
    public init(proto: MailProtocol, host: String, port: UInt16) {
        self.proto = proto
        self.host = host
        self.port = port
    }

    /// The server that a URL names; nil where a replay can't speak its scheme yet (IMAP, MX).
    public init?(_ url: MailURL) {
        guard url.scheme != .smtpMX, url.scheme.proto != .imap else { return nil }
        self.init(proto: url.scheme.proto, host: url.host, port: url.port)
        speaksLMTP = url.scheme == .lmtp
        isImplicitTLS = url.scheme.isImplicitTLS
        isOpportunistic = url.scheme == .smtp
    }
}

extension ReplayTarget: CustomStringConvertible {
    /// Host and port, with brackets around IPv6.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a session could not be played.
public struct ReplayError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The server can't be reached: exit status 69.
        case unreachable
        /// The connection was reached, and then broke.
        case connectionLost
        /// TLS with the first octet failed: exit status 69.
        case noTLS
        /// The server's certificate is not in order, and was refused: exit status 69.
        case certificateRefused
    }

    /// What kind of failure.
    public var code: Code
    /// The server.
    public var target: ReplayTarget
    /// What the system said.
    public var reason: String

    /// What failed, on what, and why.
    public var description: String {
        switch code {
        case .unreachable: "can't reach \(target): \(reason). Check the host and the port, and that the server runs"
        case .connectionLost: "the connection to \(target) broke: \(reason)"
        case .noTLS: "can't speak TLS with \(target): \(reason). Is it the port for TLS?"
        case .certificateRefused:
            "the certificate of \(target) is refused: \(reason). Trust it with --upstream-ca FILE, or anything with "
                + "--upstream-insecure"
        }
    }
}
