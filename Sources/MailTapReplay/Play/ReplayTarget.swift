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

    /// A server.
    public init(proto: MailProtocol, host: String, port: UInt16) {
        self.proto = proto
        self.host = host
        self.port = port
    }

    /// The server that a URL names; nil where a replay can't speak its scheme yet (TLS from the first octet, IMAP, MX).
    public init?(_ url: MailURL) {
        guard !url.scheme.isImplicitTLS, url.scheme != .smtpMX, url.scheme.proto != .imap else { return nil }
        self.init(proto: url.scheme.proto, host: url.host, port: url.port)
        speaksLMTP = url.scheme == .lmtp
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
        }
    }
}
