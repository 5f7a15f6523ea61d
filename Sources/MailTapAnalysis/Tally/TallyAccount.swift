import MailTapCore

/// What a tally counts of a dialogue's events.
struct TallyAccount: Sendable {
    /// A MAIL or RCPT command.
    private struct EnvelopeLine {
        var exchange: Int
        var isMail: Bool
        /// Where its octets stand in `texts`.
        var text: Range<Int>
        /// Whether a credential stands in it, see `hidden`.
        var hasSecrets: Bool
    }

    /// A message, and which of the envelope lines are its own.
    struct Message {
        var kind: ContentKind
        var exchange: Int
        var bytes: UInt64 = 0
        var envelope = 0..<0
    }

    private(set) var info: SessionInfo
    private(set) var proto: MailProtocol?
    private(set) var tls: TLSMark?
    private(set) var duration: Int64 = 0
    private(set) var clientBytes: UInt64 = 0
    private(set) var serverBytes: UInt64 = 0
    private(set) var ending = Ending.open
    private(set) var messages: [Message] = []
    private(set) var replies = TallyReplies()

    private var login = LoginName()
    /// The exchanges whose replies decide on a login, and whose it is.
    private var logins: [(exchange: Int, name: String)] = []
    private var lines: [EnvelopeLine] = []
    /// The octets of all lines, one behind the other.
    private var texts: [UInt8] = []
    /// The credentials in lines, by the line's index.
    private var hidden: [Int: [WireText.Secret]] = [:]
    /// Index of the first envelope line of the mail transaction that is open.
    private var transaction = 0
    /// Whether the last message is still on its way.
    private var isTransferring = false
    /// Whether the end mark of the newest content, or all of the newest chunk, was seen.
    private var contentHasEnded = false
    private var last: Timestamp
    private var tracker = EndingTracker()
    private var edits = StreamEdits()
    /// Credentials in the line that comes next.
    private var secrets: [StreamRange] = []
    /// The exchange of the newest QUIT.
    private var quit: Int?

    init(_ info: SessionInfo) {
        self.info = info
        last = info.started
    }

    // MARK: From the trace

    mutating func count(_ octets: Int, of side: Side, at time: Timestamp) {
        if side == .client { clientBytes &+= UInt64(octets) } else { serverBytes &+= UInt64(octets) }
        last = max(last, time)
    }

    mutating func note(_ mark: Mark, at time: Timestamp) {
        if mark.isStep { last = max(last, time) }
        edits.note(mark)
        tracker.note(mark)
        if case .tls(let tls) = mark { self.tls = tls }
    }

    mutating func finish() {
        endMessage()
        duration = max(0, last.since(info.started))
        ending = tracker.ending(quitReply: quit.map { replies[$0] })
        serverBytes -= min(serverBytes, edits.injected(by: .server))
        clientBytes -= min(clientBytes, edits.injected(by: .client))
    }

    // MARK: Commands and messages

    private mutating func command(_ verb: TallyVerb, _ event: Event, _ bytes: RawSpan) {
        let exchange = Int(event.exchange)
        let textLength = bytes.textLength
        let text = StreamRange(event.range.side, event.range.start, event.range.start &+ UInt64(textLength))
        let found = edits.masks(in: text) ?? Self.secrets(secrets, in: text)
        secrets.removeAll(keepingCapacity: true)
        // A line that is a credential from its first octet on has no keyword.
        let isHidden = found.first?.range.lowerBound == 0
        tracker.command(isQuit: verb == .quit)
        switch verb {
        case .mail, .recipient:
            guard !isHidden else { break }
            if verb == .mail, let open = messages.last, open.kind == .bdat,
                !contentHasEnded || replies[open.exchange].isNegative
            {
                endMessage()
            }
            if lines.isEmpty {
                lines.reserveCapacity(4)
                texts.reserveCapacity(160)
            }
            let start = texts.count
            bytes.extracting(0..<textLength).withUnsafeBytes { texts.append(contentsOf: $0) }
            if !found.isEmpty { hidden[lines.count] = found }
            lines.append(
                EnvelopeLine(
                    exchange: exchange, isMail: verb == .mail, text: start..<texts.count, hasSecrets: !found.isEmpty))
        case .reset:
            endMessage()
            transaction = lines.count
        case .quit: if !isHidden { quit = exchange }
        case .login(let step):
            guard !isHidden || step == .response else { break }
            if step != .password {
                let octets = [UInt8](copying: bytes.extracting(0..<textLength))
                login.note(step, octets, hasSecret: !found.isEmpty)
            }
            if step != .user, let name = login.name { logins.append((exchange, name)) }
        case .other: break
        }
    }

    private static func secrets(_ ranges: [StreamRange], in line: StreamRange) -> [WireText.Secret] {
        guard !ranges.isEmpty else { return [] }
        return ranges.filter { $0.side == line.side && $0.start >= line.start && $0.end <= line.end }.map {
            WireText.Secret(range: Int($0.start - line.start)..<Int($0.end - line.start), kind: .opaque)
        }
    }

    private mutating func beginContent(_ kind: ContentKind, _ exchange: Int) {
        if kind == .data { tracker.command(isQuit: false) }
        if isTransferring, kind == .bdat || kind == .bdatLast {
            messages[messages.count - 1].exchange = exchange
            messages[messages.count - 1].kind = kind
            return
        }
        endMessage()
        messages.append(Message(kind: kind, exchange: exchange))
        isTransferring = true
    }

    private mutating func endContent(isComplete: Bool) {
        // A chunk that is not the last leaves its message open.
        contentHasEnded = isComplete
        guard isTransferring, messages.last?.kind != .bdat else { return }
        endMessage()
    }

    private mutating func endMessage() {
        guard isTransferring else { return }
        isTransferring = false
        guard messages[messages.count - 1].kind.isSubmitted else { return }
        messages[messages.count - 1].envelope = transaction..<lines.count
        transaction = lines.count
    }

    /// Who logged in last, the server having agreed.
    var user: String? { logins.last { replies[$0.exchange].grantsLogin }?.name }

    // MARK: Envelopes

    /// As `Envelope.resolve` finds them, over all messages; where no content came, the commands alone tell.
    var envelope: (from: String?, to: [String], rejected: [String]) {
        guard !messages.isEmpty else { return envelopeWithoutContent }
        var from: String?
        var to: [String] = []
        var rejected: [String] = []
        for message in messages where message.kind.isSubmitted {
            let own = message.envelope
            let sender = own.last { lines[$0].isMail && !replies[lines[$0].exchange].isNegative }
            if from == nil { from = sender.flatMap { address(in: lines[$0]) } }
            let senderExchange = sender.map { lines[$0].exchange } ?? -1
            let verdicts = replies.verdicts(message.exchange)
            var accepted = 0
            if to.isEmpty { to.reserveCapacity(own.count) }
            for index in own where !lines[index].isMail {
                let line = lines[index]
                guard line.exchange > senderExchange, line.exchange < message.exchange,
                    let recipient = address(in: line)
                else { continue }
                var isRefused = replies[line.exchange].isNegative
                if !isRefused {
                    isRefused = accepted < verdicts.count && verdicts[accepted].isNegative
                    accepted += 1
                }
                if isRefused { rejected.append(recipient) } else { to.append(recipient) }
            }
        }
        return (from, to, rejected)
    }

    private var envelopeWithoutContent: (from: String?, to: [String], rejected: [String]) {
        var from: String?
        var to: [String] = []
        var rejected: [String] = []
        for (index, line) in lines.enumerated() {
            let text = WireText(Array(texts[line.text]), secrets: line.hasSecrets ? hidden[index] ?? [] : [])
            guard let path = text.bracketedText else { continue }
            if line.isMail {
                from = from ?? path
            } else if replies[line.exchange].isNegative {
                rejected.append(path)
            } else {
                to.append(path)
            }
        }
        return (from, to, rejected)
    }

    private func address(in line: EnvelopeLine) -> String? { SMTPGrammar.address(in: texts[line.text]) }
}

extension TallyAccount: DialogueHandler {
    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let proto): self.proto = proto
        case .command(let code): command(TallyVerb(code, proto, bytes), event, bytes)
        case .continuation: command(.login(.response), event, bytes)
        case .reply(let status, let isLast):
            replies.note(status, isLast: isLast, exchange: Int(event.exchange))
            if !secrets.isEmpty { secrets.removeAll(keepingCapacity: true) }
        case .contentBegin(let kind): beginContent(kind, Int(event.exchange))
        case .contentEnd(let isComplete): endContent(isComplete: isComplete)
        case .tls(let start):
            if tls == nil { tls = TLSMark(start: start, isDecrypted: false, client: TLSMark.Leg()) }
        case .secret:
            // Behind an exchange of roles no line comes that would take them.
            if secrets.count == 4_096 { secrets.removeFirst(2_048) }
            secrets.append(event.range)
        case .fragment: secrets.removeAll(keepingCapacity: true)
        case .tunnel(let kind):
            secrets.removeAll(keepingCapacity: true)
            if let client = Tunnel(kind, reading: bytes).client { info.client = client }
        case .listing, .listingEnd, .content, .gap, .anomaly, .opaque, .preamble, .close: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {
        guard isTransferring else { return }
        messages[messages.count - 1].bytes &+= UInt64(bytes.byteCount)
    }
}

extension ContentKind {
    /// Whether the message is sent with an envelope, not fetched.
    var isSubmitted: Bool { self == .data || self == .bdat || self == .bdatLast }
}

extension WireText {
    /// What stands between the first `<` and the next `>`, credentials redacted; nil where there is none.
    public var bracketedText: String? {
        if !hasSecrets {
            let octets = octets
            guard let open = octets.firstIndex(of: UInt8(ascii: "<")),
                let close = octets[open...].firstIndex(of: UInt8(ascii: ">"))
            else { return nil }
            return SMTPGrammar.text(octets[(open + 1)..<close])
        }
        let text = text().text
        guard let open = text.firstIndex(of: "<"), let close = text[open...].firstIndex(of: ">") else { return nil }
        return String(text[text.index(after: open)..<close])
    }
}
