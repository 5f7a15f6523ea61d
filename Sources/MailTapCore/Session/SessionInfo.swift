/// What is known of a session when it opens, before anybody has spoken.
public struct SessionInfo: Sendable, Equatable {
    /// The INPUT that the session comes from, or `proxy`.
    public var source: String
    /// The peer that connected.
    public var client: Endpoint
    /// The server as it was reached (behind a proxy: the real server).
    public var server: Endpoint
    /// When the connection began: the first packet, or the accept.
    public var started: Timestamp
    /// What the route's scheme or the server's port says to expect; what the server says first overrules it.
    public var expecting: MailProtocol?
    /// Whether the route's scheme is one with TLS from the first octet (`smtps`, `pop3s`, ports 465, 995).
    public var expectsTLS: Bool
    /// Whether the connection's beginning was seen.
    ///
    /// False for a capture that starts in mid-connection.
    public var startSeen: Bool
    /// Whether the session counts even if nothing in it looks like mail: true for what a proxy relayed.
    public var isKnownMail: Bool
    /// The route of the proxy that carried it (`LISTEN=URL`), or a tunnel's description; nil otherwise.
    public var route: String?
    /// The DNS answers that led the client to the server; nil where the capture holds none.
    public var lookup: NameLookup?
    /// About how many connections the source has open together with it, from 1; 0 where the source does not count.
    ///
    /// What a session may hold back goes by it (`Limits.shared(among:)`).
    public var openTogether = 0

    /// What is known of a session when it opens.
    public init(
        source: String, client: Endpoint, server: Endpoint, started: Timestamp, expecting: MailProtocol? = nil,
        expectsTLS: Bool = false, startSeen: Bool = true, isKnownMail: Bool = false, route: String? = nil
    ) {
        self.source = source
        self.client = client
        self.server = server
        self.started = started
        self.expecting = expecting
        self.expectsTLS = expectsTLS
        self.startSeen = startSeen
        self.isKnownMail = isKnownMail
        self.route = route
    }
}
