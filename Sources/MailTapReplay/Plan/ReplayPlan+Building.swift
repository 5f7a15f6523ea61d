import MailTapAnalysis
import MailTapCore

extension ReplayPlan {
    /// The plan that plays the client's side of a recorded session; nil where the session is neither SMTP nor POP3.
    public init?(_ recorded: RecordedSession) {
        guard let proto = recorded.session.proto, proto == .smtp || proto == .pop3 else { return nil }
        var builder = ReplayPlanBuilder(proto: proto, recorded: recorded)
        builder.build()
        let first = recorded.session.exchanges.first
        let hasGreeting = first.map { $0.command == nil } ?? false
        self.init(
            proto: proto, hasGreeting: hasGreeting, greeting: hasGreeting ? first?.reply?.status : nil,
            steps: builder.steps, beyondReach: builder.beyondReach)
        endsUnreadably = recorded.session.tls.map { !$0.isDecrypted } ?? false
    }
}

/// Turns exchanges into steps.
private struct ReplayPlanBuilder {
    let proto: MailProtocol
    let recorded: RecordedSession
    var steps: [ReplayStep] = []
    var beyondReach: [Int: String] = [:]
    /// How many octets of each message earlier chunks carried.
    private var chunked: [Int: Int] = [:]
    /// Whether a recipient of the present mail was accepted, as far as is known.
    private var acceptsSomebody = false

    init(proto: MailProtocol, recorded: RecordedSession) {
        self.proto = proto
        self.recorded = recorded
    }

    mutating func build() {
        let exchanges = recorded.session.exchanges
        var index = 0
        while index < exchanges.count {
            let exchange = exchanges[index]
            guard let command = exchange.command else {
                if index > 0 { beyondReach[index] = "the server said this on its own" }
                index += 1
                continue
            }
            var next = index + 1
            if command.verb == "AUTH" {
                while next < exchanges.count, exchanges[next].command?.verb == "*auth" { next += 1 }
            }
            var made = step(command, exchange, index..<next)
            made.isPipelined = isPipelined(index)
            made.pause = pause(before: index)
            switch command.verb {
            case "MAIL": acceptsSomebody = false
            case "RCPT": acceptsSomebody = acceptsSomebody || exchange.reply?.status.isPositive ?? true
            default: made.hadNoRecipient = !acceptsSomebody
            }
            steps.append(made)
            // A failed or unfinished login is several steps of plain lines.
            if case .command = made.action, next > index + 1 {
                steps[steps.count - 1].exchanges = index..<index + 1
                steps[steps.count - 1].expected = exchange.reply?.status
                for further in index + 1..<next {
                    guard let line = exchanges[further].command?.line.octets else { continue }
                    steps.append(
                        ReplayStep(
                            action: .command(line), verb: "*auth", exchanges: further..<further + 1,
                            expected: exchanges[further].reply?.status))
                }
            }
            index = next
        }
    }

    private mutating func step(_ command: Command, _ exchange: Exchange, _ range: Range<Int>) -> ReplayStep {
        let last = recorded.session.exchanges[range.upperBound - 1]
        return ReplayStep(
            action: action(command, exchange, range, last), verb: command.verb, exchanges: range,
            expected: last.reply?.status)
    }

    private mutating func action(
        _ command: Command, _ exchange: Exchange, _ range: Range<Int>, _ last: Exchange
    ) -> ReplayStep.Action {
        let succeeded = last.reply?.status.isPositive ?? false
        switch (proto, command.verb) {
        case (.smtp, "*data"):
            guard let message = exchange.message, recorded.session.messages.indices.contains(message),
                recorded.session.messages[message].complete
            else { return .notPlayed("the recording does not hold all of the message") }
            return recorded.content(of: message).map { .content($0) } ?? .notPlayed("the message's octets are missing")
        case (.smtp, "DATA"):
            return data(command, exchange, range)
        case (.smtp, "BDAT"):
            return chunk(command, exchange)
        case (.smtp, "STARTTLS"), (.pop3, "STLS"):
            return succeeded ? .startTLS(command.line.octets) : .command(command.line.octets)
        case (_, "AUTH") where succeeded && command.line.octets.count > 5:
            return .sasl(login(range))
        case (.pop3, "USER"):
            return .user(command.line.octets)
        case (.pop3, "PASS"):
            // A login that failed is played as it stands: a mask fails too.
            guard succeeded else { return .command(command.line.octets) }
            return .password(command.line.isMasked ? nil : command.line.octets)
        case (.pop3, "APOP") where succeeded:
            let words = command.line.octets.split(separator: 0x20)
            return .apop(words.count > 1 ? String(decoding: words[1], as: UTF8.self) : "")
        default:
            return .command(command.line.octets)
        }
    }

    /// DATA is not said where the content that has to follow it can't be sent.
    private func data(_ command: Command, _ exchange: Exchange, _ range: Range<Int>) -> ReplayStep.Action {
        guard exchange.reply?.status.isIntermediate ?? false else { return .command(command.line.octets) }
        let exchanges = recorded.session.exchanges
        guard range.upperBound < exchanges.count, exchanges[range.upperBound].command?.verb == "*data",
            let message = exchanges[range.upperBound].message,
            recorded.session.messages[checked: message]?.complete == true,
            recorded.content(of: message) != nil
        else { return .notPlayed("the recording does not hold all of the message") }
        return .command(command.line.octets)
    }

    private mutating func chunk(_ command: Command, _ exchange: Exchange) -> ReplayStep.Action {
        let words = command.line.octets.split(separator: 0x20)
        guard words.count > 1, let size = Int(String(decoding: words[1], as: UTF8.self)), size >= 0 else {
            return .command(command.line.octets)
        }
        guard size > 0 else { return .chunk(line: command.line.octets, octets: []) }
        guard let message = exchange.message, let content = recorded.content(of: message) else {
            return .notPlayed("the chunk's octets are missing")
        }
        let start = chunked[message] ?? 0
        guard size <= content.count - start else { return .notPlayed("the recording does not hold all of the chunk") }
        chunked[message] = start + size
        return .chunk(line: command.line.octets, octets: [UInt8](content[start..<start + size]))
    }

    private func login(_ range: Range<Int>) -> SASLLogin {
        let lines = recorded.session.exchanges[range].compactMap { $0.command?.line }
        let words = (lines.first?.octets ?? []).split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        let mechanism = words.count > 1 ? words[1] : ""
        let hasInitial = words.count > 2
        let isRepeatable =
            ["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"].contains(mechanism.uppercased())
            && !lines.contains { $0.isMasked }
        let response = hasInitial ? [UInt8](words[2].utf8) : lines.count > 1 ? lines[1].octets : []
        let user = Base64.decode(response).flatMap { Self.user(in: $0, mechanism.uppercased()) }
        return SASLLogin(
            mechanism: mechanism, hasInitialResponse: hasInitial, user: user,
            verbatim: isRepeatable ? lines.map(\.octets) : nil)
    }

    /// The user name in a mechanism's first response; it is no secret, so masking keeps it.
    private static func user(in response: [UInt8], _ mechanism: String) -> String? {
        let text: [UInt8]?
        switch mechanism {
        case "PLAIN":
            let fields = response.split(separator: 0, omittingEmptySubsequences: false)
            text = fields.count >= 2 ? [UInt8](fields[1]) : nil
        case "LOGIN": text = response
        case "CRAM-MD5": text = response.lastIndex(of: 0x20).map { [UInt8](response[..<$0]) }
        case "SCRAM-SHA-1", "SCRAM-SHA-256":
            let attribute = response.split(separator: 0x2C).first { $0.starts(with: [0x6E, 0x3D]) }
            text = attribute.map { [UInt8]($0.dropFirst(2)) }
        case "XOAUTH2", "OAUTHBEARER":
            let mark = [UInt8]((mechanism == "XOAUTH2" ? "user=" : "n,a=").utf8)
            let end: UInt8 = mechanism == "XOAUTH2" ? 1 : 0x2C
            text = response.starts(with: mark) ? [UInt8](response.dropFirst(mark.count).prefix { $0 != end }) : nil
        default: text = nil
        }
        return text.flatMap { $0.isEmpty ? nil : String(validating: $0, as: UTF8.self) }
    }

    /// How long the recorded client thought, once it had the reply before.
    private func pause(before index: Int) -> Int64 {
        guard let before = recorded.session.exchanges[checked: index - 1] else { return 0 }
        // A greeting's time is that of the reply itself.
        let latency = before.command == nil ? 0 : before.reply?.latency ?? 0
        let (answered, overflow) = before.at.addingReportingOverflow(latency)
        let (pause, isOdd) = recorded.session.exchanges[index].at.subtractingReportingOverflow(answered)
        return overflow || isOdd ? 0 : max(0, pause)
    }

    /// Whether the command came before the reply to the one before it was there.
    private func isPipelined(_ index: Int) -> Bool {
        guard index > 0 else { return false }
        let before = recorded.session.exchanges[index - 1]
        guard before.command != nil, let reply = before.reply else { return false }
        return recorded.session.exchanges[index].isSent(before: reply)
    }
}

extension Array {
    /// The element at `index`; nil outside.
    subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
