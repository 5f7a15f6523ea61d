import MailTapAnalysis
import MailTapCore

/// Builds a session by hand, exchange by exchange, for tests.
struct SessionScript {
    var session: Session
    private var clock: Int64 = 0

    init(_ proto: MailProtocol, greeting: String? = nil) {
        let info = SessionInfo(
            source: "test", client: Endpoint(address: IPAddress("192.0.2.7"), port: 50_000),
            server: Endpoint(address: IPAddress("192.0.2.25"), port: 25), started: Timestamp(nanoseconds: 0))
        session = Session(info: info)
        session.proto = proto
        session.ending = .quit
        say(nil, greeting ?? (proto == .smtp ? "220 mx.example.org ESMTP" : "+OK ready"))
    }

    /// A command and its reply, whose lines a line feed separates.
    ///
    /// Each takes a millisecond unless told otherwise.
    mutating func say(
        _ line: String?, _ reply: String?, verb: String? = nil, data: [String]? = nil, after wait: Int64 = 1_000_000,
        latency: Int64 = 1_000_000, encrypted: Bool = false
    ) {
        var exchange = Exchange()
        clock += wait
        exchange.at = clock
        exchange.isEncrypted = encrypted
        if let line {
            let keyword = verb ?? line.prefix { $0 != " " }.uppercased()
            exchange.command = Command(verb: keyword, line: WireText(Array(line.utf8)))
        }
        if let reply { exchange.reply = Self.reply(reply, session.proto, latency) }
        exchange.reply?.at = clock + latency
        if reply != nil { clock += latency }
        exchange.data = data?.map { WireText(Array($0.utf8)) }
        session.exchanges.append(exchange)
        session.duration = clock
    }

    /// A message carried by the last exchange.
    mutating func carry(
        _ text: String, kind: ContentKind, complete: Bool = true, _ edit: (inout Message) -> Void = { _ in }
    ) {
        let scanned = MessageScanner.scan(Array(text.utf8))
        var message = Message(kind: kind)
        message.bytes = scanned.bytes
        message.digest = scanned.digest
        message.content = scanned.content
        message.complete = complete
        message.exchange = session.exchanges.count - 1
        edit(&message)
        session.messages.append(message)
        session.exchanges[session.exchanges.count - 1].message = session.messages.count - 1
    }

    private static func reply(_ text: String, _ proto: MailProtocol?, _ latency: Int64) -> Reply {
        var status = ReplyStatus.none
        var lines: [WireText] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if proto == .pop3 {
                let word = line.prefix { $0 != " " }
                status = word == "+OK" ? .ok : word == "-ERR" ? .err : .plus
                lines.append(WireText(Array(line.dropFirst(word.count + 1).utf8)))
            } else {
                status = ReplyStatus(rawValue: UInt16(line.prefix(3)) ?? 0)
                lines.append(WireText(Array(line.dropFirst(4).utf8)))
            }
        }
        var reply = Reply(status: status, lines: lines)
        reply.latency = latency
        reply.isComplete = true
        let first = lines.last.map { $0.text().text.prefix { $0 != " " } } ?? ""
        if first.split(separator: ".").count == 3, first.allSatisfy({ $0.isNumber || $0 == "." }) {
            reply.enhanced = String(first)
        }
        return reply
    }

    /// The notes of all exchanges.
    func notes() -> [String?] {
        var annotator = Annotator(proto: session.proto)
        return session.exchanges.map { annotator.note(for: $0, in: session) }
    }
}
