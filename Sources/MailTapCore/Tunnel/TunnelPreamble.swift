/// Follows what two sides say before the mail: the rounds of a tunnel's opening, or a PROXY protocol header.
///
/// Pure: looks at the front of both sides and says what to take from there. The client speaks first in all of them, so
/// a server that greets ends the search.
struct TunnelPreamble: Sendable {
    /// What to do with the front of both sides.
    enum Step {
        /// More has to be said first.
        case wait
        /// The mail, or whatever it is, begins here.
        case absent
        /// Take this; more of the opening follows.
        case take(Round)
        /// Take this; the tunnel stands, and what follows is what it carries.
        case open(Tunnel.Kind, Round)
        /// The opening was refused or went wrong: what follows is no mail.
        case broken
    }

    /// Octets that belong to the opening: a message of the client and the server's answer.
    struct Round {
        var client: Int
        var server: Int
        /// Where the client's message holds a credential.
        var secret: (range: Range<Int>, kind: SecretKind)?
    }

    private enum State: Sendable {
        case start
        /// A proxy refused a CONNECT; the client may ask again, with credentials.
        case refused
        case socksLogin
        case socksRequest
    }

    private var state = State.start

    /// Whether something was taken already, so that what does not fit is no mail.
    var hasBegun: Bool { if case .start = state { false } else { true } }

    /// Whether octets of the client at which the opening stopped may hold a credential.
    func mayHoldSecret(_ client: RawSpan) -> Bool {
        switch state {
        case .socksLogin, .refused: true
        case .socksRequest: false
        case .start: HTTPConnect.request(client) != .none && client.byteCount > 8
        }
    }

    /// Decides by what stands at the front of both sides.
    mutating func step(_ client: RawSpan, _ server: RawSpan) -> Step {
        switch state {
        case .start: start(client, server)
        case .refused: connect(client, server)
        case .socksLogin: socksLogin(client, server)
        case .socksRequest: socksRequest(client, server)
        }
    }

    private mutating func start(_ client: RawSpan, _ server: RawSpan) -> Step {
        guard client.byteCount > 0 else { return server.byteCount > 0 ? .absent : .wait }
        switch client[octet: 0] {
        case UInt8(ascii: "P"): return header(.proxy1, ProxyHeader.line(client), server)
        case 13: return header(.proxy2, ProxyHeader.block(client), server)
        case UInt8(ascii: "C"): return connect(client, server)
        case 4: return socks4(client, server)
        case 5: return socks5(client, server)
        default: return .absent
        }
    }

    /// A header stands alone: who receives it says nothing before it is whole.
    private func header(_ kind: Tunnel.Kind, _ message: PreambleMessage, _ server: RawSpan) -> Step {
        switch message {
        case .whole(let length): .open(kind, Round(client: length, server: 0))
        case .partial: server.byteCount > 0 ? .absent : .wait
        case .none: .absent
        }
    }

    private mutating func connect(_ client: RawSpan, _ server: RawSpan) -> Step {
        let asked = HTTPConnect.request(client)
        guard let (request, head) = both(asked, HTTPConnect.response(server)) else {
            return waits(asked, HTTPConnect.response(server))
        }
        var round = Round(client: request, server: head)
        let message = client.extracting(first: request)
        round.secret = HTTPConnect.credentials(in: message).map { ($0, .password) }
        guard !HTTPConnect.opens(server) else { return .open(.httpConnect, round) }
        switch HTTPConnect.refusal(server, head: head) {
        case .partial: return .wait
        case .none: break
        case .whole(let length): round.server = length
        }
        state = .refused
        return .take(round)
    }

    private func socks4(_ client: RawSpan, _ server: RawSpan) -> Step {
        let asked = SOCKS.request4(client)
        guard let (request, reply) = both(asked, SOCKS.reply4(server)) else {
            return waits(asked, SOCKS.reply4(server))
        }
        guard server[octet: 1] == 90 else { return .broken }
        return .open(SOCKS.namesHost(client) ? .socks4a : .socks4, Round(client: request, server: reply))
    }

    private mutating func socks5(_ client: RawSpan, _ server: RawSpan) -> Step {
        guard let (offer, choice) = both(SOCKS.offer(client), SOCKS.choice(server)) else {
            return waits(SOCKS.offer(client), SOCKS.choice(server))
        }
        switch server[octet: 1] {
        case 0: state = .socksRequest
        case 2: state = .socksLogin
        default: return .broken
        }
        return .take(Round(client: offer, server: choice))
    }

    private mutating func socksLogin(_ client: RawSpan, _ server: RawSpan) -> Step {
        guard let (login, verdict) = both(SOCKS.login(client), SOCKS.verdict(server)) else {
            return waits(SOCKS.login(client), SOCKS.verdict(server))
        }
        guard server[octet: 1] == 0 else { return .broken }
        state = .socksRequest
        return .take(Round(client: login, server: verdict, secret: (SOCKS.password(in: client), .password)))
    }

    private func socksRequest(_ client: RawSpan, _ server: RawSpan) -> Step {
        guard let (request, reply) = both(SOCKS.request5(client), SOCKS.request5(server)) else {
            return waits(SOCKS.request5(client), SOCKS.request5(server))
        }
        // Only CONNECT carries what one client says to one server.
        guard client[octet: 1] == 1, server[octet: 1] == 0 else { return .broken }
        return .open(.socks5, Round(client: request, server: reply))
    }

    /// The lengths of a message and its answer, once both are whole.
    private func both(_ message: PreambleMessage, _ answer: PreambleMessage) -> (Int, Int)? {
        if case .whole(let length) = message, case .whole(let answered) = answer { (length, answered) } else { nil }
    }

    private func waits(_ message: PreambleMessage, _ answer: PreambleMessage) -> Step {
        guard message == .none || answer == .none else { return .wait }
        return hasBegun ? .broken : .absent
    }
}
