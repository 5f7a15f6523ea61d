import MailTapCore
public import MailTapTLS

/// What a proxy needs to terminate TLS on both legs (`--tls intercept`).
public struct Interception: Sendable {
    /// How TLS begins on the leg to the client; nil: as on the other.
    public var clientTLS: LegTLS?
    /// How TLS begins on the leg to the server; nil: as on the other, or as the route's scheme says.
    public var serverTLS: LegTLS?
    /// Whether any certificate of a server is taken (`--upstream-insecure`).
    public var trustsAnything = false
    /// Shows clients their certificates.
    public var toClients: ServerTLS
    /// The same for routes with a certificate of their own.
    public var ofRoutes: [ListenAddress: ServerTLS] = [:]
    /// Meets the servers.
    public var toServers: ClientTLS

    /// An interception that follows what client and server agree on.
    public init(toClients: ServerTLS, toServers: ClientTLS) {
        self.toClients = toClients
        self.toServers = toServers
    }

    /// RFC 3207: between mail servers TLS is opportunistic, so what is wrong there is recorded and passed over.
    func judgement(of server: MailURL) -> ClientTLS.Judgement {
        switch server.scheme {
        case .smtp, .smtpMX: .reports
        case .submission, .smtps, .lmtp, .pop3, .pop3s, .imap, .imaps: trustsAnything ? .reports : .refuses
        }
    }

    /// Who shows certificates to the clients of a route.
    func showing(on route: Route) -> ServerTLS { ofRoutes[route.listen] ?? toClients }
}
