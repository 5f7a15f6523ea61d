import MailTapAnalysis
import MailTapCore

/// The replies of one recorded session, to be found by what they answered.
struct RecordedScript: Sendable {
    /// The recorded exchanges.
    let exchanges: [Exchange]
    /// Whether it is POP3; SMTP otherwise.
    let isPOP3: Bool
    /// Whether the recorded server closed behind its last reply.
    let serverCloses: Bool
    /// The messages that the recorded client fetched, by their number.
    let messages: [Int: [UInt8]]
    private let recorded: RecordedSession?
    /// Whether TLS is not begun: the recorded client used it, and it can't be served.
    let hidesTLS: Bool
    private var used: Set<Int> = []
    private var position = 0

    init(_ recorded: RecordedSession?, servesTLS: Bool = false) {
        self.recorded = recorded
        exchanges = recorded?.session.exchanges ?? []
        isPOP3 = recorded?.session.proto == .pop3
        hidesTLS = recorded?.hidesTLS(servesTLS: servesTLS) ?? false
        serverCloses = recorded?.session.ending == .serverClosed
        var messages: [Int: [UInt8]] = [:]
        for exchange in exchanges where exchange.command?.verb == "RETR" {
            let words = exchange.command?.line.octets.split(separator: 0x20) ?? []
            guard words.count > 1, let number = Int(String(decoding: words[1], as: UTF8.self)),
                let content = exchange.message.flatMap({ recorded?.content(of: $0) })
            else { continue }
            messages[number] = content
        }
        self.messages = messages
    }

    /// The keyword of a command line in capitals.
    static func verb(_ line: [UInt8]) -> String {
        WireText.decode(line.prefix(64).prefix { $0 != 0x20 && $0 != 0x09 }.map { $0 }).text.uppercased()
    }

    mutating func use(_ index: Int) {
        used.insert(index)
        position = index + 1
    }

    /// Whether LHLO is spoken (RFC 2033).
    var isLMTP: Bool { exchanges.contains { $0.command?.verb == "LHLO" } }

    /// Whether the recorded client introduced itself.
    var hasHello: Bool { exchanges.contains { ["EHLO", "HELO", "LHLO"].contains($0.command?.verb ?? "") } }

    /// POP3: whether the recording begins behind the login.
    var beginsLoggedIn: Bool {
        isPOP3 && !exchanges.contains { ["USER", "PASS", "APOP", "AUTH"].contains($0.command?.verb ?? "") }
    }

    /// The exchange that this very line began: one not played yet if there is one, the next in order first.
    @discardableResult
    mutating func findExactly(
        _ verb: String, _ line: [UInt8], where fits: (Int, RecordedScript) -> Bool = { _, _ in true }
    ) -> Int? {
        let found = exchanges.indices.filter {
            exchanges[$0].command?.verb == verb && exchanges[$0].command?.line.octets == line && fits($0, self)
        }
        return pick(found)
    }

    /// An exchange with this very line that the recorded server refused.
    mutating func findRefusal(_ verb: String, _ line: [UInt8]) -> Int? {
        findExactly(verb, line) { index, script in
            script.exchanges[index].reply.map { !$0.status.isPositive && !$0.status.isIntermediate } ?? false
        }
    }

    /// The exchange that this line, or failing that one with its address, or another with its verb, began.
    mutating func find(_ verb: String, _ line: [UInt8]) -> Int? {
        if let exact = findExactly(verb, line) { return exact }
        let alike = exchanges.indices.filter { exchanges[$0].command?.verb == verb }
        if ["MAIL", "RCPT"].contains(verb), let address = SMTPGrammar.path(in: line)?.address {
            let same = alike.filter {
                (exchanges[$0].command?.line.octets).flatMap { SMTPGrammar.path(in: $0)?.address } == address
            }
            if let found = pick(same) { return found }
        }
        return pick(alike)
    }

    /// The last exchange of a login that succeeded, by whatever means.
    mutating func findAnyLogin() -> Int? {
        let logins = exchanges.indices.filter { index in
            let command = exchanges[index].command
            let isLogin = command.map { ["AUTH", "*auth", "PASS", "APOP"].contains($0.verb) } ?? false
            return isLogin && exchanges[index].reply?.status.isPositive == true
        }
        return pick(logins)
    }

    /// The next login with a mechanism.
    mutating func findLogin(_ mechanism: String) -> Int? {
        pick(
            exchanges.indices.filter {
                guard let command = exchanges[$0].command, command.verb == "AUTH" else { return false }
                let words = command.line.octets.split(separator: 0x20)
                return words.count > 1 && String(decoding: words[1], as: UTF8.self).uppercased() == mechanism
            })
    }

    /// The next exchange that ended a message: the last chunk, or the content after DATA.
    mutating func findLastChunk() -> Int? {
        let chunks = exchanges.indices.filter {
            guard let command = exchanges[$0].command, command.verb == "BDAT" else { return false }
            return command.line.octets.split(separator: 0x20).count > 2
        }
        return pick(chunks) ?? pick(exchanges.indices.filter { exchanges[$0].command?.verb == "*data" })
    }

    private mutating func pick(_ found: [Int]) -> Int? {
        let fresh = found.filter { !used.contains($0) }
        guard let index = fresh.first(where: { $0 >= position }) ?? fresh.first ?? found.last else { return nil }
        use(index)
        return index
    }

    // MARK: Octets

    /// The recorded answer as it travels, body and all; nil where none was seen.
    func answer(to index: Int) -> [UInt8]? {
        guard let exchange = exchanges[checked: index], let reply = exchange.reply else { return nil }
        var octets = render(reply)
        for further in exchange.furtherReplies { octets += render(further) }
        guard isPOP3, reply.status == .ok else { return octets }
        if let data = exchange.data {
            for line in data {
                octets += (line.octets.first == 0x2E ? [0x2E] : []) + line.octets + [0x0D, 0x0A]
            }
            octets += [0x2E, 0x0D, 0x0A]
        } else if let verb = exchange.command?.verb, verb == "RETR" || verb == "TOP" {
            octets += WireContent.stuffed(exchange.message.flatMap { recorded?.content(of: $0) } ?? [])
        }
        return octets
    }

    /// The replies to a mail's content, so many of them: LMTP answers for each recipient.
    func contentReplies(to index: Int, count: Int) -> [UInt8]? {
        guard let exchange = exchanges[checked: index], let first = exchange.reply else { return nil }
        let all = [first] + exchange.furtherReplies
        return (0..<count).flatMap { render(all[min($0, all.count - 1)]) }
    }

    /// A reply as it travels.
    func render(_ reply: Reply) -> [UInt8] {
        let status = [UInt8](reply.status.text.utf8)
        guard !isPOP3 else {
            let text = reply.lines.first?.octets ?? []
            let needsSpace = !text.isEmpty || reply.status == .plus
            return status + (needsSpace ? [0x20] : []) + text + [0x0D, 0x0A]
        }
        var octets: [UInt8] = []
        for (index, line) in reply.lines.enumerated() {
            octets += status + [index == reply.lines.count - 1 ? 0x20 : 0x2D] + line.octets + [0x0D, 0x0A]
        }
        return octets
    }

    /// A SASL challenge, from its base 64.
    func challenge(_ base64: String) -> [UInt8] { [UInt8]("\(isPOP3 ? "+" : "334") \(base64)\r\n".utf8) }
}
