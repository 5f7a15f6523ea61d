/// What carries a mail connection inside another protocol's stream, as its first octets said.
public struct Tunnel: Sendable, Hashable {
    /// The protocol of the octets before the mail.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// HTTP CONNECT (RFC 9110 section 9.3.6).
        case httpConnect
        /// SOCKS version 4 with an address.
        case socks4
        /// SOCKS version 4A with a host name.
        case socks4a
        /// SOCKS version 5 (RFC 1928).
        case socks5
        /// A PROXY protocol header in its readable form (version 1).
        case proxy1
        /// A PROXY protocol header in its binary form (version 2).
        case proxy2

        /// The word in JSON.
        public var name: String {
            switch self {
            case .httpConnect: "http-connect"
            case .socks4: "socks4"
            case .socks4a: "socks4a"
            case .socks5: "socks5"
            case .proxy1: "proxy-v1"
            case .proxy2: "proxy-v2"
            }
        }

        /// The protocol's name for a person.
        public var title: String {
            switch self {
            case .httpConnect: "HTTP CONNECT"
            case .socks4: "SOCKS4"
            case .socks4a: "SOCKS4a"
            case .socks5: "SOCKS5"
            case .proxy1, .proxy2: "PROXY protocol"
            }
        }
    }

    /// The protocol.
    public var kind: Kind
    /// Where the tunnel leads; for a PROXY protocol header, where the client had connected to.
    ///
    /// nil where the request does not say.
    public var target: Endpoint?
    /// The client that a PROXY protocol header names; nil otherwise.
    public var client: Endpoint?

    /// A tunnel by its parts.
    public init(kind: Kind, target: Endpoint? = nil, client: Endpoint? = nil) {
        self.kind = kind
        self.target = target
        self.client = client
    }

    /// Reads what a whole request or header of a kind says, as a `tunnel` event carries it.
    public init(_ kind: Kind, reading request: RawSpan) {
        self.kind = kind
        switch kind {
        case .httpConnect: target = HTTPConnect.target(of: request)
        case .socks4, .socks4a: target = SOCKS.target4(of: request)
        case .socks5: target = SOCKS.target5(of: request)
        case .proxy1: (client, target) = ProxyHeader.ends1(of: request)
        case .proxy2: (client, target) = ProxyHeader.ends2(of: request)
        }
    }

    /// The mail protocol that the target's port is registered for.
    var expecting: MailProtocol? { target.flatMap { MailProtocol.registered(on: $0.port)?.proto } }
}
