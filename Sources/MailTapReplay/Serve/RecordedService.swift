import MailTapAnalysis
import MailTapCore

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
    }

    /// What the client's next octets are.
    enum Input {
        case commands
        /// Mail data; the exchange whose reply answers it, nil for a reply of our own.
        case data(ContentEnd, reply: Int?)
        /// Octets of a chunk, and the reply.
        case chunk(Int, reply: [UInt8])
        /// Responses to these further challenges, then the reply of this exchange.
        case sasl(challenges: [[UInt8]], reply: Int)
        case closed
    }

    /// The recorded session that is played, as an index into the candidates; nil until the client's first command.
    public private(set) var chosen: Int?

    let candidates: [RecordedSession]
    var script: RecordedScript
    var input = Input.commands
    private var lines = ClientLines()

    /// A service for one connection.
    ///
    /// - Parameter candidates: the sessions that may be played; the first gives the greeting.
    public init(_ candidates: [RecordedSession]) {
        self.candidates = candidates
        script = RecordedScript(candidates.first)
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
    ///   - effects: what is to be done, appended.
    public mutating func receive(_ bytes: RawSpan, claim: (Int) -> Bool, into effects: inout [Effect]) {
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
                answer(reply, otherwise: "250 2.0.0 Ok", &effects)
            case .chunk(let left, let reply):
                let count = min(left, lines.remaining.count)
                lines.consume(count)
                guard left == count else {
                    input = .chunk(left - count, reply: reply)
                    return
                }
                input = .commands
                effects.append(.send(reply))
            case .commands:
                guard let line = lines.next() else { return }
                choose(line, claim)
                command(line, &effects)
            case .sasl(let challenges, let reply):
                guard let line = lines.next() else { return }
                response(line, challenges, reply, &effects)
            }
        }
    }

    /// Picks the session whose opening is nearest to the client's first command.
    private mutating func choose(_ line: [UInt8], _ claim: (Int) -> Bool) {
        guard chosen == nil else { return }
        let verb = RecordedScript.verb(line)
        let ranked = candidates.indices.sorted { left, right in
            let scores = (rank(candidates[left], verb, line), rank(candidates[right], verb, line))
            return scores.0 == scores.1 ? left < right : scores.0 > scores.1
        }
        chosen = ranked.first { claim($0) } ?? ranked.first ?? 0
        script = RecordedScript(candidates[checked: chosen ?? 0])
    }

    private func rank(_ recorded: RecordedSession, _ verb: String, _ line: [UInt8]) -> Int {
        guard let first = recorded.session.exchanges.first(where: { $0.command != nil })?.command else { return 0 }
        return first.line.octets == line ? 2 : first.verb == verb ? 1 : 0
    }

    // MARK: Answers

    /// Sends the reply of a recorded exchange; where it has none, the recorded server closed without.
    mutating func answer(_ exchange: Int?, otherwise: String, _ effects: inout [Effect]) {
        guard let exchange, let recorded = script.exchanges[checked: exchange] else {
            effects.append(.send([UInt8]("\(otherwise)\r\n".utf8)))
            return
        }
        guard let octets = script.answer(to: exchange) else {
            close(&effects)
            return
        }
        effects.append(.send(octets))
        let isLast = exchange + 1 == script.exchanges.count
        if recorded.command?.verb == "QUIT" || isLast && script.serverCloses { close(&effects) }
    }

    mutating func close(_ effects: inout [Effect]) {
        input = .closed
        effects.append(.close)
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
            answer(reply, otherwise: "", &effects)
        }
    }
}
