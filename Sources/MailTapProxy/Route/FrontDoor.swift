public import MailTapCore

/// Where clients come in, and how it is known where they want to go.
public enum FrontDoor: Sendable, Hashable {
    /// A route: all of them to one server.
    case route(Route)
    /// The system redirected them here (`iptables … -j REDIRECT`) and tells where they wanted to go.
    ///
    /// `server`: what is spoken there and how the server is called; nil: the port tells, else what is said.
    case redirected(listen: ListenAddress, server: MailURL?)
    /// They say so in SOCKS version 5 (RFC 1928); `login`: the only one that is let in (RFC 1929).
    case socks(listen: ListenAddress, login: SOCKSLogin?)

    /// Whether this system tells where a redirected connection was going.
    public static var canBeRedirectedTo: Bool { OriginalDestination.isSupported }

    /// Whether the server is expected to begin with TLS; false where each client says where it wants to go.
    public var isImplicitTLS: Bool {
        switch self {
        case .route(let route): route.server.scheme.isImplicitTLS
        case .redirected(_, let server): server?.scheme.isImplicitTLS ?? false
        case .socks: false
        }
    }

    /// Whether IMAP is expected; false where each client says where it wants to go.
    public var isIMAP: Bool {
        switch self {
        case .route(let route): route.server.scheme.proto == .imap
        case .redirected(_, let server): server?.scheme.proto == .imap
        case .socks: false
        }
    }

    /// Where it listens.
    public var listen: ListenAddress {
        switch self {
        case .route(let route): route.listen
        case .redirected(let listen, _), .socks(let listen, _): listen
        }
    }

    /// The server's URL as it was written, or the word that stands for all servers.
    public var urlText: String {
        switch self {
        case .route(let route): route.urlText
        case .redirected(_, let server): server.map { "transparent \($0.scheme.rawValue)" } ?? "transparent"
        case .socks: "socks5"
        }
    }

    /// Whom clients speak to, for a warning.
    var reach: String {
        switch self {
        case .route(let route): route.urlText
        case .redirected: "any server that connections to it were redirected from"
        case .socks(_, .none): "any server that this machine can reach; --socks-user asks for a password"
        case .socks(_, .some(let login)): "any server that this machine can reach, knowing the password of \(login)"
        }
    }

    /// The route of one session to where its client wants to go.
    func route(to target: Endpoint) -> Route {
        let host = target.address?.description ?? target.name ?? ""
        var route: Route
        switch self {
        case .route(let route): return route
        case .redirected(let listen, .some(let named)):
            route = Route(listen: listen, server: MailURL(scheme: named.scheme, host: host, port: target.port))
            route.serverName = IPAddress(named.host) == nil ? named.host : nil
        case .redirected(let listen, .none), .socks(let listen, _):
            let scheme = MailURL.Scheme(port: target.port)
            // Where the port says nothing, a server's certificate is judged as strictly as submission's.
            route = Route(
                listen: listen, server: MailURL(scheme: scheme ?? .submission, host: host, port: target.port))
            route.isGuess = scheme == nil
        }
        route.text = "\(listen)=\(urlText) \(target)"
        return route
    }
}

extension FrontDoor: CustomStringConvertible {
    /// `LISTEN=URL` as it was written, or with the word that stands for all servers.
    public var description: String {
        if case .route(let route) = self { return route.text }
        return "\(listen)=\(urlText)"
    }
}

extension MailURL.Scheme {
    /// What a well-known port stands for.
    init?(port: UInt16) {
        switch port {
        case 25, 2525: self = .smtp
        case 24: self = .lmtp
        case 587: self = .submission
        case 465: self = .smtps
        case 110: self = .pop3
        case 995: self = .pop3s
        case 143: self = .imap
        case 993: self = .imaps
        default: return nil
        }
    }
}
