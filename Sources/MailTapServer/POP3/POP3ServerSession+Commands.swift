import MailTapCore

extension POP3ServerSession {
    /// Takes a command line, without its CRLF.
    mutating func command(_ line: [UInt8], _ open: () -> [StoredMessage]?, _ effects: inout [Effect]) {
        let text = String(decoding: line, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let verb = words[0].uppercased()
        let rest = words.count > 1 ? String(words[1]) : ""
        let arguments = rest.split(separator: " ").map(String.init)
        switch (verb, state) {
        case ("CAPA", _): capabilities(&effects)
        case ("QUIT", _): quit(&effects)
        case ("USER", .authorization):
            // The name is never refused here: that would tell which accounts exist.
            state = .authorization(user: rest)
            reply(!rest.isEmpty, rest.isEmpty ? "A name is missing" : "Password, please", &effects)
        case ("PASS", .authorization(let user?)):
            // A password may hold spaces: the argument is the whole rest (RFC 1939 section 7).
            state = .authorization(user: nil)
            login(configuration.accounts[user] == rest && !rest.isEmpty, open, &effects)
        case ("PASS", .authorization): reply(false, "USER comes first", &effects)
        case ("APOP", .authorization):
            guard arguments.count == 2 else {
                reply(false, "APOP name digest expected", &effects)
                return
            }
            let password = configuration.accounts[arguments[0]]
            let expected = password.map { Digests.apop(stamp: stamp, password: $0) }
            login(expected == arguments[1].lowercased(), open, &effects)
        case ("AUTH", .authorization): authenticate(arguments, open, &effects)
        case (_, .transaction): transactionCommand(verb, arguments, &effects)
        case ("STAT", _), ("LIST", _), ("UIDL", _), ("RETR", _), ("TOP", _), ("DELE", _), ("RSET", _), ("NOOP", _):
            reply(false, "Log in first", &effects)
        default: reply(false, "Command not known", &effects)
        }
    }

    private mutating func transactionCommand(_ verb: String, _ arguments: [String], _ effects: inout [Effect]) {
        switch (verb, arguments.count) {
        case ("STAT", _):
            let present = presentIndices
            reply(true, "\(present.count) \(octets(present))", &effects)
        case ("LIST", 0):
            let present = presentIndices
            let lines = present.map { "\($0 + 1) \(messages[$0].content.count)" }
            reply("\(present.count) messages (\(octets(present)) octets)", listing: lines, &effects)
        case ("UIDL", 0):
            reply("unique-ids follow", listing: presentIndices.map { "\($0 + 1) \(messages[$0].uniqueID)" }, &effects)
        case ("LIST", 1):
            withMessage(arguments, &effects) { reply(true, "\($0 + 1) \(messages[$0].content.count)", &$1) }
        case ("UIDL", 1):
            withMessage(arguments, &effects) { reply(true, "\($0 + 1) \(messages[$0].uniqueID)", &$1) }
        case ("RETR", 1):
            withMessage(arguments, &effects) { index, effects in
                let content = messages[index].content
                reply(true, "\(content.count) octets", &effects)
                effects.append(.send(WireContent.stuffed(content)))
            }
        case ("TOP", 2):
            guard let count = UInt32(arguments[1]) else {
                reply(false, "TOP message lines expected", &effects)
                return
            }
            withMessage(arguments, &effects) { index, effects in
                reply(true, "the top follows", &effects)
                let top = WireContent.top(of: messages[index].content, lines: count)
                effects.append(.send(WireContent.stuffed(top)))
            }
        case ("DELE", 1):
            guard let index = message(arguments) else {
                reply(false, "No such message", &effects)
                return
            }
            deleted.insert(index)
            reply(true, "message \(index + 1) marked for deletion", &effects)
        case ("RSET", _):
            deleted = []
            reply(true, "\(messages.count) messages (\(octets(presentIndices)) octets)", &effects)
        case ("NOOP", _): reply(true, "nothing done", &effects)
        case ("RETR", _), ("DELE", _), ("TOP", _), ("LIST", _), ("UIDL", _):
            reply(false, "Wrong number of arguments", &effects)
        case ("USER", _), ("PASS", _), ("APOP", _), ("AUTH", _): reply(false, "Logged in already", &effects)
        default: reply(false, "Command not known", &effects)
        }
    }

    private func capabilities(_ effects: inout [Effect]) {
        var lines = ["TOP", "UIDL", "USER", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"]
        if !configuration.mechanisms.isEmpty {
            lines.insert("SASL " + configuration.mechanisms.map(\.rawValue).joined(separator: " "), at: 3)
        }
        if case .transaction = state { lines.append("IMPLEMENTATION MailTap") }
        reply("capabilities follow", listing: lines, &effects)
    }

    private mutating func quit(_ effects: inout [Effect]) {
        if case .transaction = state, !deleted.isEmpty {
            effects.append(.remove(Set(deleted.map { messages[$0].id })))
        }
        state = .closed
        reply(true, "\(configuration.hostName) closes the connection", &effects)
        effects.append(.close)
    }

    private mutating func login(_ isRight: Bool, _ open: () -> [StoredMessage]?, _ effects: inout [Effect]) {
        guard isRight else {
            // RFC 3206 section 4.
            reply(false, "[AUTH] Credentials invalid", &effects)
            return
        }
        guard let found = open() else {
            // RFC 2449 section 8.1.1.
            reply(false, "[IN-USE] Another session holds the maildrop", &effects)
            return
        }
        messages = found
        state = .transaction
        reply(true, "maildrop has \(messages.count) messages", &effects)
    }

    private mutating func authenticate(
        _ arguments: [String], _ open: () -> [StoredMessage]?, _ effects: inout [Effect]
    ) {
        guard let name = arguments.first else {
            reply("mechanisms follow", listing: configuration.mechanisms.map(\.rawValue), &effects)
            return
        }
        guard let mechanism = SASLMechanism(rawValue: name.uppercased()), configuration.mechanisms.contains(mechanism)
        else {
            reply(false, "Mechanism not known", &effects)
            return
        }
        var initial: [UInt8]?
        if arguments.count > 1 {
            guard let octets = arguments[1] == "=" ? [] : Base64.decode(arguments[1].utf8) else {
                reply(false, "The response is no base 64", &effects)
                return
            }
            initial = octets
        }
        var exchange = SASLServerExchange(mechanism, accounts: configuration.accounts, stamp: stamp)
        let step = exchange.start(initial)
        follow(step, exchange, open, &effects)
    }

    /// Takes the client's response to a challenge (RFC 5034 section 4).
    mutating func response(
        _ line: [UInt8], _ exchange: SASLServerExchange, _ open: () -> [StoredMessage]?, _ effects: inout [Effect]
    ) {
        state = .authorization(user: nil)
        guard line != [0x2A] else {
            reply(false, "Authentication cancelled", &effects)
            return
        }
        guard let octets = Base64.decode(line) else {
            reply(false, "The response is no base 64", &effects)
            return
        }
        var exchange = exchange
        let step = exchange.receive(octets)
        follow(step, exchange, open, &effects)
    }

    private mutating func follow(
        _ step: SASLServerExchange.Step, _ exchange: SASLServerExchange, _ open: () -> [StoredMessage]?,
        _ effects: inout [Effect]
    ) {
        switch step {
        case .challenge(let octets):
            state = .sasl(exchange)
            effects.append(.send([0x2B, 0x20] + Base64.encode(octets) + [0x0D, 0x0A]))
        case .success: login(true, open, &effects)
        case .failure: login(false, open, &effects)
        }
    }

    private var presentIndices: [Int] { messages.indices.filter { !deleted.contains($0) } }

    private func octets(_ indices: [Int]) -> Int { indices.reduce(0) { $0 + messages[$1].content.count } }

    /// Index of the message that the first argument names, unless it is marked for deletion.
    private func message(_ arguments: [String]) -> Int? {
        guard let first = arguments.first, let number = UInt32(first), number > 0, number <= messages.count,
            !deleted.contains(Int(number) - 1)
        else { return nil }
        return Int(number) - 1
    }

    private func withMessage(_ arguments: [String], _ effects: inout [Effect], _ body: (Int, inout [Effect]) -> Void) {
        guard let index = message(arguments) else {
            reply(false, "No such message", &effects)
            return
        }
        body(index, &effects)
    }
}
