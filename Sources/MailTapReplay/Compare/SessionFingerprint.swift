import MailTapAnalysis
import MailTapCore

/// What a session is recognised by: its opening, logins, envelopes, mails, and what was asked, each with a weight.
struct SessionFingerprint: Sendable {
    /// Facts of a session that are looked at; longer ones are alike if they begin alike.
    private static let limit = 600

    private struct Fact: Sendable, Equatable {
        var hash: Int
        var weight: Int
    }

    private let proto: MailProtocol?
    /// Sorted by hash.
    private let facts: [Fact]
    private let weight: Int

    init(_ recorded: RecordedSession) {
        proto = recorded.session.proto
        var facts: [Fact] = []
        func add(_ weight: Int, _ parts: [String]) { facts.append(Fact(hash: parts.hashValue, weight: weight)) }
        for exchange in recorded.session.exchanges.prefix(Self.limit) {
            let verb = exchange.command?.verb ?? ""
            add(1, ["verb", verb])
            add(1, ["status", verb, exchange.reply?.status.text ?? ""])
            guard let line = exchange.command?.line else { continue }
            let words = line.text().text.split(separator: " ").map { $0.lowercased() }
            switch verb {
            case "EHLO", "LHLO", "HELO": add(2, ["hello"] + words)
            case "MAIL", "RCPT": add(4, [verb, SMTPGrammar.path(in: line.octets)?.address ?? line.text().text])
            case "AUTH": add(2, words.prefix(2) + [])
            case "USER", "APOP": add(4, ["login"] + words.dropFirst().prefix(1))
            case "VRFY", "EXPN", "RETR", "TOP", "DELE": add(2, words)
            default: break
            }
        }
        for (index, message) in recorded.session.messages.prefix(Self.limit).enumerated() {
            if let id = message.content.messageID { add(4, ["message-id", id]) }
            if let subject = message.content.subject { add(2, ["subject", subject]) }
            add(4, ["content", Self.digest(of: index, recorded, message)])
        }
        self.facts = facts.sorted { $0.hash == $1.hash ? $0.weight < $1.weight : $0.hash < $1.hash }
        weight = facts.reduce(0) { $0 + $1.weight }
    }

    /// What stands for a mail's content, without what changes with each delivery.
    private static func digest(of index: Int, _ recorded: RecordedSession, _ message: Message) -> String {
        // Only what a delivery changes is taken out, and large mails are not looked through for it.
        guard message.bytes < 1 << 20, let content = recorded.content(of: index) else {
            return message.sha256
        }
        let same = MessageNormalization([.dates, .messageIDs, .boundaries, .traceFields])
            .apply(content, isReceived: message.from == nil)
        return String(same.hashValue)
    }

    /// How much of two sessions is the same, from 0 to 1000; 0 where another protocol is spoken.
    func likeness(to other: SessionFingerprint) -> Int {
        guard proto == other.proto else { return 0 }
        let most = max(weight, other.weight)
        guard most > 0 else { return 1000 }
        var common = 0
        var (left, right) = (facts[...], other.facts[...])
        while let one = left.first, let two = right.first {
            if one == two {
                common += one.weight
                left = left.dropFirst()
                right = right.dropFirst()
            } else if one.hash < two.hash || one.hash == two.hash && one.weight < two.weight {
                left = left.dropFirst()
            } else {
                right = right.dropFirst()
            }
        }
        return common * 1000 / most
    }

    /// The same for sessions that are alike in all of it.
    var hash: Int {
        var hasher = Hasher()
        hasher.combine(proto)
        for fact in facts { hasher.combine(fact.hash) }
        return hasher.finalize()
    }
}
