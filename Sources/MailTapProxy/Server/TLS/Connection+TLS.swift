import MailTapCore
import MailTapTLS
import NIOCore
import NIOSSL

/// TLS of a session's two legs.
extension Connection {
    /// Puts TLS below the relay's handler of a side and begins the handshake.
    func startTLS(_ side: Side, _ opening: TLSOpening) {
        guard let interception = loop.interception else { return }
        do throws(TLSError) {
            switch side {
            case .server: try startServerTLS(opening, interception)
            case .client: try startClientTLS(opening, interception)
            }
        } catch {
            loop.warn("session from \(clientEndpoint) on \(route): \(error.context)")
            handle(.tlsFailed(side, HandshakeFailure(reason: error.context)))
        }
    }

    private func startServerTLS(_ opening: TLSOpening, _ interception: Interception) throws(TLSError) {
        let host = serverHost
        let isAddress = IPAddress(host) != nil
        // The route's name is whom the user means; where it is an address, the client's name serves as well.
        let peer = ClientTLS.Peer(
            serverName: isAddress ? opening.serverName : host,
            expected: [host] + (isAddress ? [opening.serverName].compactMap(\.self) : []),
            applicationProtocols: opening.applicationProtocols, judgement: interception.judgement(of: route.server))
        let handler = try interception.toServers.handler(for: peer, on: loop.eventLoop) { [self] verdict in
            server.handshake?.verdict = verdict
        }
        let watcher = HandshakeWatcher(peerIsServer: true)
        let name = peer.serverName.flatMap { IPAddress($0) == nil ? $0 : nil }
        begin(LegHandshake(handler, watcher, serverName: name), [watcher, handler], .server, opening.octets)
    }

    private func startClientTLS(_ opening: TLSOpening, _ interception: Interception) throws(TLSError) {
        let agreed = server.handshake == nil ? nil : upstreamProtocol
        let prepared = try interception.showing(on: route).prepare(
            names(opening.serverName), applicationProtocols: agreed.map { [$0] } ?? [])
        let handler = NIOSSLServerHandler(context: prepared.context)
        let watcher = HandshakeWatcher(peerIsServer: false)
        let handshake = LegHandshake(handler, watcher, serverName: opening.serverName)
        handshake.shown = prepared.shown
        handshake.shownChain = prepared.chain
        begin(handshake, [watcher, handler], .client, opening.octets)
    }

    /// The names of the certificate that the client is shown: whom it asked for, whom the route leads to, and
    /// whatever the server's own certificate is for.
    private func names(_ serverName: String?) -> ServerNames {
        var names = ServerNames()
        if let serverName { names.add(serverName) }
        names.add(serverHost)
        if let shown = server.handshake?.verdict?.chain.first { names.add(shown.names) }
        if serverName == nil, let address = client.localAddress {
            names.add(address)
            if address.isLoopback { names.add("localhost") }
        }
        return names
    }

    private func begin(
        _ handshake: LegHandshake, _ handlers: [any ChannelHandler], _ side: Side, _ octets: [UInt8]
    ) {
        let leg = side == .client ? client : server
        guard leg.startTLS(handshake, handlers, octets) else {
            handle(.tlsFailed(side, HandshakeFailure(reason: "the connection is gone")))
            return
        }
    }

    /// A handshake ended well; `agreed` is the application protocol.
    func handshakeCompleted(_ side: Side, agreed: String?) {
        guard let handshake = side == .client ? client.handshake : server.handshake, !handshake.isOver else { return }
        handshake.isOver = true
        handshake.agreed = agreed
        if side == .server { upstreamProtocol = agreed }
        handle(.tlsDone(side, handshake.facts))
    }

    /// Something failed on a side; returns whether it was its handshake.
    func handshakeFailed(_ side: Side, _ error: any Error) -> Bool {
        guard let handshake = side == .client ? client.handshake : server.handshake, !handshake.isOver else {
            return false
        }
        handshake.isOver = true
        let failure = handshake.failure(error)
        let whom = side == .client ? "the client" : "\(route.server)"
        loop.warn("session from \(clientEndpoint) on \(route): TLS with \(whom) failed: \(failure.reason)")
        handle(.tlsFailed(side, failure))
        return true
    }
}
