public import MailTapCore

/// What carried a session inside another protocol's stream.
public struct SessionTunnel: Sendable, Equatable {
    /// What its opening said.
    public var tunnel: Tunnel
    /// The peer that connected, where a PROXY protocol header names another client; nil otherwise.
    public var peer: Endpoint?

    /// A tunnel, and who connected where that is not the client.
    public init(_ tunnel: Tunnel, peer: Endpoint? = nil) {
        self.tunnel = tunnel
        self.peer = peer
    }
}

extension SessionTunnel: CustomStringConvertible {
    /// What happened, in words.
    public var description: String {
        let target = tunnel.target.map { $0.port == 0 ? $0.name ?? "\($0)" : "\($0)" }
        switch tunnel.kind {
        case .proxy1, .proxy2:
            guard let client = tunnel.client else { return "a PROXY protocol header that names no client" }
            let reached = target.map { ", connected to \($0)" } ?? ""
            let through = peer.map { "; \($0) passed it on" } ?? ""
            return "PROXY protocol header: the client is \(client)\(reached)\(through)"
        case .httpConnect, .socks4, .socks4a, .socks5:
            return "inside \(tunnel.kind.title)\(target.map { " to \($0)" } ?? "")"
        }
    }
}
