import MailTapCore

/// Follows one session's dialogue and replaces the octets of each line and each message.
struct SessionRedaction: DialogueHandler {
    /// A message on its way.
    private struct Message {
        var content: [UInt8] = []
        var stretches: [StreamRange] = []
        var kind: ContentKind
    }

    private(set) var octets: StreamOctets
    private var pseudonyms: Pseudonyms
    private var proto: MailProtocol?
    /// The verb of each exchange, as the protocol numbers it.
    private var verbs: [UInt32: UInt8] = [:]
    /// Lines of the reply to an exchange that were seen.
    private var replyLines: (exchange: UInt32, count: Int) = (.max, 0)
    private var message: Message?

    init(_ octets: StreamOctets, _ pseudonyms: consuming Pseudonyms) {
        self.octets = octets
        self.pseudonyms = pseudonyms
    }

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let proto): self.proto = proto
        case .command(let verb):
            verbs[event.exchange] = verb
            let isPOP3 = proto == .pop3
            if !isPOP3, [.rset, .ehlo, .helo, .lhlo, .mail].contains(SMTPVerb(rawValue: verb)) { endMessage() }
            line(event, bytes) { line, names in
                isPOP3
                    ? names.pop3Command(line, POP3Verb(rawValue: verb) ?? .unknown)
                    : names.smtpCommand(line, SMTPVerb(rawValue: verb) ?? .unknown)
            }
        case .continuation: line(event, bytes) { $1.saslToken($0) }
        case .reply(let status, _): reply(status, event, bytes)
        case .listing: listing(event, bytes)
        case .contentBegin(let kind):
            if kind == .data { verbs[event.exchange] = SMTPVerb.data.rawValue }
            let goesOn = message.map { $0.kind == .bdat } ?? false
            if !(goesOn && (kind == .bdat || kind == .bdatLast)) {
                endMessage()
                message = Message(kind: kind)
            }
            message?.kind = kind
        case .content: message?.stretches.append(event.range)
        case .contentEnd: if message?.kind != .bdat { endMessage() }
        case .opaque: octets.replace(event.range, with: OpaqueRedaction.redacted(octets[event.range], by: &pseudonyms))
        case .fragment: octets.replace(event.range, with: pseudonyms.words(octets[event.range]))
        case .preamble:
            octets.replace(event.range, with: PreambleRedaction.redacted(octets[event.range], by: &pseudonyms))
        case .listingEnd, .gap, .tls, .secret, .anomaly, .tunnel, .close: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {
        bytes.withUnsafeBytes { message?.content.append(contentsOf: $0) }
    }

    /// The session is over.
    mutating func finish() { endMessage() }

    /// The pseudonyms, for the next session.
    mutating func takePseudonyms() -> Pseudonyms {
        var taken = Pseudonyms(key: [])
        swap(&taken, &pseudonyms)
        return taken
    }

    // MARK: Lines

    private mutating func line(
        _ event: Event, _ bytes: RawSpan, _ replace: (_ line: [UInt8], _ names: inout Pseudonyms) -> [UInt8]
    ) {
        let whole = bytes.withUnsafeBytes { Array($0) }
        let text = whole.prefix { $0 != 10 && $0 != 13 }
        // A CR inside a line is content of it, as is what follows.
        let end = whole.last == 10 ? (whole.dropLast().last == 13 ? whole.count - 2 : whole.count - 1) : whole.count
        let line = text.count == end ? Array(text) : Array(whole[..<end])
        let new = replace(line, &pseudonyms)
        guard new.count == line.count else {
            // No rule changes a length; should one do so, nothing of the line may stay.
            octets.replace(event.range, with: pseudonyms.words(whole))
            return
        }
        octets.replace(event.range, with: new + whole[end...])
    }

    private mutating func reply(_ status: ReplyStatus, _ event: Event, _ bytes: RawSpan) {
        let number = replyLines.exchange == event.exchange ? replyLines.count : 0
        replyLines = (event.exchange, number + 1)
        let verb = verbs[event.exchange]
        let isPOP3 = proto == .pop3
        line(event, bytes) { line, names in
            let skipped = isPOP3 ? status.indicatorLength(line) : status.codeLength(line)
            let head = line.prefix(skipped)
            // A line that does not begin as replies do is nobody's.
            let isStatus = isPOP3 ? skipped > 0 : head.prefix(3).allSatisfy(WordClass.isDigit)
            guard isStatus else { return names.prose(line) }
            let rest = Array(line.dropFirst(skipped))
            let new =
                isPOP3
                ? names.pop3Reply(rest, status, verb.flatMap(POP3Verb.init(rawValue:)))
                : names.smtpReply(rest, status, verb.flatMap(SMTPVerb.init(rawValue:)), line: number)
            return head + new
        }
    }

    private mutating func listing(_ event: Event, _ bytes: RawSpan) {
        let verb = verbs[event.exchange].flatMap(POP3Verb.init(rawValue:))
        line(event, bytes) { $1.pop3Listing($0, verb) }
    }

    // MARK: Messages

    private mutating func endMessage() {
        guard let ended = message else { return }
        message = nil
        pseudonyms.log.messages += 1
        let new = MessageRedaction.redacted(ended.content, by: &pseudonyms)
        var place = 0
        for stretch in ended.stretches {
            let raw = Array(octets[stretch])
            octets.replace(stretch, with: Self.transfer(raw, ended.content, new, from: &place))
        }
    }

    /// Puts new content where the old one stands on the wire; stuffed dots, which the content lacks, stay.
    private static func transfer(_ raw: [UInt8], _ old: [UInt8], _ new: [UInt8], from place: inout Int) -> [UInt8] {
        var out = raw
        for index in raw.indices {
            if place < old.count, raw[index] == old[place] {
                out[index] = new[place]
                place += 1
            } else if raw[index] != UInt8(ascii: ".") {
                // Out of step, which dot-stuffing cannot explain: nothing of it may stay.
                out[index] = WordClass.isWord(raw[index]) ? UInt8(ascii: "x") : raw[index]
            }
        }
        return out
    }
}
