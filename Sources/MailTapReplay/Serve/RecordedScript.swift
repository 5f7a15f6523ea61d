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
    /// Whether TLS is left out of what is offered: the recorded client used it, and it can't be served.
    private let hidesTLS: Bool
    private var used: Set<Int> = []
    private var position = 0

    init(_ recorded: RecordedSession?) {
        self.recorded = recorded
        exchanges = recorded?.session.exchanges ?? []
        isPOP3 = recorded?.session.proto == .pop3
        hidesTLS = recorded?.usesTLS ?? false
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

    /// The exchange that this very line began: one not played yet if there is one, the next in order first.
    @discardableResult
    mutating func findExactly(_ verb: String, _ line: [UInt8]) -> Int? {
        let found = exchanges.indices.filter {
            exchanges[$0].command?.verb == verb && exchanges[$0].command?.line.octets == line
        }
        return pick(found)
    }

    /// The exchange that this line, or failing that another with its verb, began.
    mutating func find(_ verb: String, _ line: [UInt8]) -> Int? {
        if let exact = findExactly(verb, line) { return exact }
        return pick(exchanges.indices.filter { exchanges[$0].command?.verb == verb })
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
        var octets = render(reply, isHello: ["EHLO", "LHLO", "CAPA"].contains(exchange.command?.verb ?? ""))
        for further in exchange.furtherReplies { octets += render(further) }
        guard isPOP3, reply.status == .ok else { return octets }
        if let data = exchange.data {
            for line in data where !hidesTLS || !Self.isTLSOffer(line) {
                octets += (line.octets.first == 0x2E ? [0x2E] : []) + line.octets + [0x0D, 0x0A]
            }
            octets += [0x2E, 0x0D, 0x0A]
        } else if let verb = exchange.command?.verb, verb == "RETR" || verb == "TOP" {
            octets += Replayer.stuff(exchange.message.flatMap { recorded?.content(of: $0) } ?? [])
        }
        return octets
    }

    /// A reply as it travels.
    func render(_ reply: Reply, isHello: Bool = false) -> [UInt8] {
        let status = [UInt8](reply.status.text.utf8)
        guard !isPOP3 else {
            let text = reply.lines.first?.octets ?? []
            let needsSpace = !text.isEmpty || reply.status == .plus
            return status + (needsSpace ? [0x20] : []) + text + [0x0D, 0x0A]
        }
        let lines = reply.lines.filter { !isHello || !hidesTLS || !Self.isTLSOffer($0) }
        var octets: [UInt8] = []
        for (index, line) in lines.enumerated() {
            octets += status + [index == lines.count - 1 ? 0x20 : 0x2D] + line.octets + [0x0D, 0x0A]
        }
        return octets
    }

    static func isTLSOffer(_ line: WireText) -> Bool {
        let word = String(decoding: line.octets, as: UTF8.self).uppercased()
        return word == "STARTTLS" || word == "STLS"
    }

    /// A SASL challenge, from its base 64.
    func challenge(_ base64: String) -> [UInt8] { [UInt8]("\(isPOP3 ? "+" : "334") \(base64)\r\n".utf8) }

    // MARK: The maildrop

    /// What LIST or UIDL told of a message.
    func listed(_ verb: String, _ number: Int) -> String? {
        for exchange in exchanges where exchange.command?.verb == verb {
            let lines = (exchange.data ?? []) + (exchange.data == nil ? exchange.reply?.lines ?? [] : [])
            for line in lines {
                let words = line.text().text.split(separator: " ")
                if words.count >= 2, Int(words[0]) == number { return String(words[1]) }
            }
        }
        return verb == "LIST" ? messages[number].map { String($0.count) } : nil
    }

    /// Whether a listing names the message.
    func isListed(_ number: Int) -> Bool { listed("LIST", number) != nil || listed("UIDL", number) != nil }

    /// The header section, the empty line and that many lines of the body (RFC 1939 section 7).
    static func top(of content: [UInt8], lines: UInt32) -> [UInt8] {
        var start = 0
        var left: UInt32?
        while start < content.count, left != 0 {
            let end = content[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? content.count
            if let count = left {
                left = count - 1
            } else if content[start..<end].elementsEqual([0x0D, 0x0A]) {
                left = lines
            }
            start = end
        }
        return [UInt8](content[..<start])
    }
}
