import MailTapAnalysis
public import MailTapCore

/// Plays the server's side of recorded sessions to one real client: octets in, effects out; no I/O, no clock.
///
/// Follows the client by what it says, not by position: a command is answered with the reply that the recording has
/// for it, wherever it stands there; what the recording does not have is answered in the way that disturbs least.
public struct RecordedService: Sendable {
    /// What the service wants done, in this order.
    public enum Effect: Sendable, Equatable {
        /// Send these octets.
        case send([UInt8])
        /// Close the connection once all is sent.
        case close
        /// Begin TLS once all is sent; what the client says next comes under it.
        case startTLS
    }

    /// What the client's next octets are.
    enum Input {
        case commands
        /// Mail data; the exchange whose reply answers it, nil for a reply of our own.
        case data(ContentEnd, reply: Int?)
        /// Octets of a chunk, the reply, and whether the mail is over then.
        case chunk(Int, reply: [UInt8], isLast: Bool)
        /// Responses to these further challenges, then the reply of this exchange.
        case sasl(challenges: [[UInt8]], reply: Int)
        /// A response of a SCRAM login, then the reply of this exchange.
        case scram(ServedScram, reply: Int)
        case closed
    }

    /// The recorded session that is played, as an index into the candidates; nil until the client's first command.
    public private(set) var chosen: Int?
    /// What is spoken: the protocol of the first candidate.
    public var proto: MailProtocol? { candidates.first?.session.proto }

    /// How many commands count as the opening, by which the session is chosen.
    private static let openingLimit = 16
    let candidates: [RecordedSession]
    private let servesTLS: Bool
    /// What a login has to prove to know, where the mechanism does not tell it; nil where no such login is served.
    let credentials: Credentials?
    /// Unique text for SCRAM's nonce.
    let nonce: String
    var script: RecordedScript
    var input = Input.commands
    /// Where the session stands; nothing is answered that this does not allow.
    var state = ServedState()
    private var lines = ClientLines()
    private var opening: [[UInt8]] = []

    /// A service for one connection.
    ///
    /// - Parameters:
    ///   - candidates: the sessions that may be played; the first gives the greeting.
    ///   - servesTLS: whether there is a certificate to begin TLS with.
    ///   - credentials: the user and password of SCRAM logins; nil where none is served.
    ///   - nonce: unique text that nobody can guess, for SCRAM.
    public init(
        _ candidates: [RecordedSession], servesTLS: Bool = false, credentials: Credentials? = nil, nonce: String = ""
    ) {
        self.init(
            prepared: candidates.map { $0.served(servesTLS: servesTLS) }, servesTLS: servesTLS,
            credentials: credentials, nonce: nonce)
    }

    /// A service for one connection, of sessions as they can be served.
    init(
        prepared candidates: [RecordedSession], servesTLS: Bool, credentials: Credentials? = nil, nonce: String = ""
    ) {
        self.credentials = credentials
        self.nonce = nonce
        self.candidates = candidates
        self.servesTLS = servesTLS
        script = RecordedScript(self.candidates.first, servesTLS: servesTLS)
    }

    /// The greeting of the first candidate.
    public func greeting() -> [UInt8] {
        guard let first = script.exchanges.first, first.command == nil, let reply = first.reply else {
            return script.isPOP3 ? [UInt8]("+OK\r\n".utf8) : [UInt8]("220 recorded\r\n".utf8)
        }
        return script.render(reply)
    }

    /// Takes octets of the client.
    ///
    /// - Parameters:
    ///   - bytes: the octets.
    ///   - claim: asked with the candidate to play, best first, until it says yes: another connection may have it.
    ///   - release: told of a claimed candidate that another one replaces, as it fits better.
    ///   - effects: what is to be done, appended.
    public mutating func receive(
        _ bytes: RawSpan, claim: (Int) -> Bool, release: (Int) -> Void = { _ in }, into effects: inout [Effect]
    ) {
        lines.append(bytes)
        while true {
            switch input {
            case .closed: return
            case .data(var end, let reply):
                let (count, isOver) = end.take(lines.remaining)
                lines.consume(count)
                guard isOver else {
                    input = .data(end, reply: reply)
                    return
                }
                input = .commands
                content(reply, &effects)
            case .chunk(let left, let reply, let isLast):
                let count = min(left, lines.remaining.count)
                lines.consume(count)
                guard left == count else {
                    input = .chunk(left - count, reply: reply, isLast: isLast)
                    return
                }
                input = .commands
                if isLast { state.answered("BDAT LAST", .none) }
                effects.append(.send(reply))
            case .commands:
                guard let line = lines.next() else { return }
                choose(line, claim, release)
                guard chosen != nil else {
                    effects.append(
                        .send(
                            [UInt8]((script.isPOP3 ? "-ERR" : "421 4.3.2").utf8)
                                + [UInt8](" All sessions are played\r\n".utf8)))
                    close(&effects)
                    return
                }
                let verb = RecordedScript.verb(line)
                if script.isPOP3 { pop3(verb, line, &effects) } else { smtp(verb, line, &effects) }
            case .sasl(let challenges, let reply):
                guard let line = lines.next() else { return }
                response(line, challenges, reply, &effects)
            case .scram(let login, let reply):
                guard let line = lines.next() else { return }
                if line == [0x2A] {
                    response(line, [], reply, &effects)
                } else {
                    scram(line, login, reply, &effects)
                }
            }
        }
    }

    /// Picks the session whose opening is nearest to what the client said so far.
    ///
    /// A session once chosen is left only for one that fits better, and only while the mail or login has not begun to
    /// depend on it.
    private mutating func choose(_ line: [UInt8], _ claim: (Int) -> Bool, _ release: (Int) -> Void) {
        guard opening.count < Self.openingLimit else { return }
        opening.append(line)
        let scores = candidates.map { score($0) }
        let ranked = candidates.indices.filter { isAlike(candidates[$0]) }.sorted {
            scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1]
        }
        guard let present = chosen else {
            chosen = ranked.first { claim($0) }
            if let chosen {
                script = script(of: chosen)
                state = ServedState(isLoggedIn: script.beginsLoggedIn)
            }
            return
        }
        guard let better = ranked.first(where: { scores[$0] > scores[present] && claim($0) }) else { return }
        release(present)
        chosen = better
        script = script(of: better)
        // What was answered counts as played there too.
        for line in opening.dropLast() { script.findExactly(RecordedScript.verb(line), line) }
    }

    private func script(of candidate: Int) -> RecordedScript {
        RecordedScript(candidates[checked: candidate], servesTLS: servesTLS)
    }

    /// Whether the session begins as the greeting that was sent said.
    private func isAlike(_ recorded: RecordedSession) -> Bool {
        guard let first = candidates.first?.session, recorded.session.proto == first.proto else { return false }
        return Self.greetingStatus(recorded.session) == Self.greetingStatus(first)
    }

    private static func greetingStatus(_ session: Session) -> ReplyStatus {
        if let first = session.exchanges.first, first.command == nil, let reply = first.reply { return reply.status }
        return session.proto == .pop3 ? .ok : ReplyStatus(rawValue: 220)
    }

    /// 3 for each line of the opening that the session has, 1 for one whose verb it has.
    private func score(_ recorded: RecordedSession) -> Int {
        var used: Set<Int> = []
        var score = 0
        let exchanges = recorded.session.exchanges.prefix(4 * Self.openingLimit)
        for line in opening {
            let verb = RecordedScript.verb(line)
            let alike = exchanges.indices.filter { !used.contains($0) && exchanges[$0].command?.verb == verb }
            let exact = alike.first { exchanges[$0].command?.line.octets == line }
            guard let found = exact ?? alike.first else { continue }
            used.insert(found)
            score += exact == nil ? 1 : 3
        }
        return score
    }

    // MARK: Answers

    /// Sends the reply of a recorded exchange; where it has none, the recorded server closed without.
    ///
    /// - Returns: the status that was answered.
    @discardableResult
    mutating func answer(_ exchange: Int?, otherwise: String, _ effects: inout [Effect]) -> ReplyStatus {
        guard let exchange, let recorded = script.exchanges[checked: exchange] else {
            effects.append(.send([UInt8]("\(otherwise)\r\n".utf8)))
            if script.isPOP3 { return otherwise.hasPrefix("+OK") ? .ok : .err }
            return ReplyStatus(rawValue: UInt16(otherwise.prefix(3)) ?? 0)
        }
        guard let octets = script.answer(to: exchange), let reply = recorded.reply else {
            close(&effects)
            return .none
        }
        effects.append(.send(octets))
        closeBehindLast(exchange, &effects)
        return reply.status
    }

    /// Closes where the recorded server did: behind QUIT, or behind what it said last.
    mutating func closeBehindLast(_ exchange: Int, _ effects: inout [Effect]) {
        let isLast = exchange + 1 == script.exchanges.count
        if script.exchanges[checked: exchange]?.command?.verb == "QUIT" || isLast && script.serverCloses {
            close(&effects)
        }
    }

    mutating func close(_ effects: inout [Effect]) {
        input = .closed
        effects.append(.close)
    }

    /// Begins TLS; what the client said in clear behind the command is not taken for said under it (RFC 3207 section 6).
    mutating func beginTLS(_ effects: inout [Effect]) {
        lines.consume(lines.remaining.count)
        effects.append(.startTLS)
    }

    private mutating func response(
        _ line: [UInt8], _ challenges: [[UInt8]], _ reply: Int, _ effects: inout [Effect]
    ) {
        input = .commands
        if line == [0x2A] {
            effects.append(.send([UInt8]((script.isPOP3 ? "-ERR cancelled" : "501 5.7.0 cancelled").utf8) + [13, 10]))
        } else if let next = challenges.first {
            input = .sasl(challenges: Array(challenges.dropFirst()), reply: reply)
            effects.append(.send(next))
        } else {
            finishLogin(reply, &effects)
        }
    }
}
