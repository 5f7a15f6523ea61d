import MailTapCore

/// Takes from one dialogue's events what is counted: replies with their latency, messages, irregularities.
struct ReplyWatch: DialogueHandler {
    private(set) var proto: MailProtocol?
    /// Whether QUIT was the last command.
    private(set) var endsWithQuit = false
    /// What the newest QUIT was answered.
    private(set) var quitReply: ReplyStatus?

    /// Commands whose reply is waited for; the latency of further ones is not measured.
    private static let maximumPending = 10_000

    private let started: Timestamp
    /// What waits for a reply: what was said and when its last octet came.
    private var pending: [UInt32: (verb: ReplyVerb, sent: Timestamp)] = [:]
    private var quit: UInt32?
    private var hasGreeted = false
    /// Counted since the last `settle`.
    private var latencies: [(verb: ReplyVerb, nanoseconds: Int64)] = []
    private var messages: UInt64 = 0
    private var anomalies: [Anomaly] = []
    private var contentKind = ContentKind.data

    init(started: Timestamp) { self.started = started }

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let found): proto = found
        case .command(let code):
            begin(event, .command(code))
            endsWithQuit = isQuit(code)
            if endsWithQuit {
                quit = event.exchange
                quitReply = nil
            }
        case .continuation: begin(event, .continuation)
        case .contentBegin(let kind):
            contentKind = kind
            if kind == .data { begin(event, .data) }
        case .contentEnd(let isComplete):
            if contentKind != .retr, contentKind != .top { pending[event.exchange]?.sent = event.time }
            if isComplete, contentKind == .data || contentKind == .bdatLast || contentKind == .retr { messages &+= 1 }
        case .reply(let status, _): answered(event, status)
        case .anomaly(let anomaly): anomalies.append(anomaly)
        default: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {}

    /// Adds what was seen since the last time.
    mutating func settle(into counts: inout TrafficCounts) {
        for (verb, nanoseconds) in latencies {
            counts.replies[.init(proto: proto, verb: verb), default: LatencyHistogram()].add(nanoseconds: nanoseconds)
        }
        latencies.removeAll(keepingCapacity: true)
        if messages > 0, let proto { counts.messages[proto, default: 0] &+= messages }
        messages = 0
        for anomaly in anomalies {
            let rule = DialogueAnomaly(kind: .dialogue(anomaly), range: StreamRange(.client, 0, 0), exchange: 0)
            counts.findings[rule.rule(in: proto), default: 0] &+= 1
        }
        anomalies.removeAll(keepingCapacity: true)
    }

    private mutating func begin(_ event: Event, _ verb: ReplyVerb) {
        endsWithQuit = false
        guard pending.count < Self.maximumPending else { return }
        pending[event.exchange] = (verb, event.time)
    }

    private mutating func answered(_ event: Event, _ status: ReplyStatus) {
        if quit == event.exchange { quitReply = status }
        if let asked = pending.removeValue(forKey: event.exchange) {
            latencies.append((asked.verb, event.time.since(asked.sent)))
        } else if event.exchange == 0, !hasGreeted {
            latencies.append((.greeting, event.time.since(started)))
        }
        hasGreeted = true
    }

    private func isQuit(_ code: UInt8) -> Bool {
        proto == .pop3 ? code == POP3Verb.quit.rawValue : proto == .smtp && code == SMTPVerb.quit.rawValue
    }
}
