import MailTapCore

/// What the strip filter learns from the dialogue's events: who asks for TLS, where it is offered, what is answered.
struct StripTracker: DialogueHandler, Sendable {
    /// A command that MailTap answers itself.
    struct Refusal: Sendable, Equatable {
        var range: StreamRange
        var exchange: UInt32
    }

    /// A line of the server's stream that goes on as something else.
    struct Edit: Sendable, Equatable {
        var range: StreamRange
        var replacement: [UInt8]
    }

    /// Whether MailTap offers TLS where the server does not.
    let offers: Bool
    /// The protocol, once it is known.
    private(set) var proto: MailProtocol?
    /// Commands not yet answered, in order.
    var refusals: [Refusal] = []
    /// Refusals since the filter last took them.
    var newRefusals: [Refusal] = []
    /// Edits since the filter last took them; those of one group are made together or not at all.
    var newEdits: [[Edit]] = []
    /// Whether the client is in the midst of a message.
    private(set) var clientIsInContent = false
    /// The last line of a capability reply that goes on, while the reply is not over: it may have to become the last.
    private(set) var keptLine: Edit?
    /// Exchanges whose replies list capabilities, and whether by EHLO or by CAPA.
    private var watched: [UInt32: Bool] = [:]
    /// POP3 exchanges whose positive response has more lines.
    private var multiline: Set<UInt32> = []
    private var listing: UInt32?
    private var serverIsInContent = false
    /// Whether the server offers TLS in the list that it gives now.
    private var serverOffers = false
    private var answered: Int64 = -1
    private var linesOfReply = 0

    /// A tracker that offers TLS, or hides it.
    init(offers: Bool) { self.offers = offers }

    /// Whether the exchange that the server is answering, or is to answer next, lists capabilities.
    var serverListsCapabilities: Bool {
        if let listing { return watched[listing] != nil }
        return watched[UInt32(clamping: answered &+ 1)] != nil
    }

    /// Whether every exchange before this one has its whole reply.
    func isAnswered(before exchange: UInt32) -> Bool {
        answered &+ 1 >= Int64(exchange) && listing == nil && !serverIsInContent
    }

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let found): proto = found
        case .command(let verb): command(verb, event, bytes)
        case .reply(let status, let isLast): reply(status, isLast, event, bytes)
        case .listing:
            guard watched[event.exchange] != nil, TLSCommand.isOffer([UInt8](copying: bytes), "STLS") else { return }
            serverOffers = true
            if !offers { newEdits.append([Edit(range: event.range, replacement: [])]) }
        case .listingEnd:
            if offers, !serverOffers, watched[event.exchange] != nil {
                newEdits.append([Edit(range: event.range, replacement: "STLS\r\n".utf8 + [UInt8](copying: bytes))])
            }
            serverOffers = false
            listing = nil
            watched[event.exchange] = nil
        case .contentBegin(let kind):
            switch kind {
            case .data, .bdat, .bdatLast: clientIsInContent = true
            case .retr, .top: serverIsInContent = true
            }
        case .contentEnd:
            if event.range.side == .client { clientIsInContent = false } else { serverIsInContent = false }
        default: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {}

    private mutating func command(_ verb: UInt8, _ event: Event, _ bytes: RawSpan) {
        let line = [UInt8](copying: bytes)
        if TLSCommand.match(line, proto: proto) == .whole {
            newRefusals.append(Refusal(range: event.range, exchange: event.exchange))
        }
        switch proto {
        case .smtp where verb == SMTPVerb.ehlo.rawValue || verb == SMTPVerb.lhlo.rawValue:
            watched[event.exchange] = true
        case .pop3:
            let hasArgument = line.contains(32)
            switch POP3Verb(rawValue: verb) {
            case .capa:
                watched[event.exchange] = false
                multiline.insert(event.exchange)
            case .list where !hasArgument, .uidl where !hasArgument, .lang where !hasArgument, .auth where !hasArgument:
                multiline.insert(event.exchange)
            default: break
            }
        default: break
        }
    }

    private mutating func reply(_ status: ReplyStatus, _ isLast: Bool, _ event: Event, _ bytes: RawSpan) {
        let exchange = event.exchange
        if watched[exchange] == true { capabilityLine(status, isLast, event, [UInt8](copying: bytes)) }
        guard isLast else { return }
        answered = max(answered, Int64(exchange))
        listing = multiline.remove(exchange) != nil && status.isPositive ? exchange : nil
        if listing == nil { watched[exchange] = nil }
        keptLine = nil
        linesOfReply = 0
    }

    /// One line of an EHLO reply; the first names the server and is no capability (RFC 5321 section 4.1.1.1).
    private mutating func capabilityLine(_ status: ReplyStatus, _ isLast: Bool, _ event: Event, _ line: [UInt8]) {
        defer { linesOfReply &+= 1 }
        if offers { return offer(status, isLast, event, line) }
        guard linesOfReply > 0, status.isPositive, TLSCommand.isOffer(line.dropFirst(4), "STARTTLS") else {
            keptLine = Edit(range: event.range, replacement: Self.asLast(line))
            return
        }
        let removed = Edit(range: event.range, replacement: [])
        if isLast, let keptLine { newEdits.append([keptLine, removed]) } else { newEdits.append([removed]) }
    }

    /// The same where MailTap offers TLS: its line stands before the last, or behind the only one.
    private mutating func offer(_ status: ReplyStatus, _ isLast: Bool, _ event: Event, _ line: [UInt8]) {
        if linesOfReply > 0, TLSCommand.isOffer(line.dropFirst(4), "STARTTLS") { serverOffers = true }
        guard isLast else { return }
        defer { serverOffers = false }
        guard status.isPositive, !serverOffers else { return }
        let code = Array(status.text.utf8)
        let replacement =
            linesOfReply == 0
            ? Self.asContinued(line) + code + " STARTTLS\r\n".utf8 : code + "-STARTTLS\r\n".utf8 + line
        newEdits.append([Edit(range: event.range, replacement: replacement)])
    }

    /// The line as one that others follow: a hyphen behind the code.
    private static func asContinued(_ line: [UInt8]) -> [UInt8] {
        guard line.count > 3 else { return line }
        var continued = line
        if line[3] == 32 { continued[3] = UInt8(ascii: "-") } else { continued.insert(UInt8(ascii: "-"), at: 3) }
        return continued
    }

    /// The line as the last of its reply: a space in place of the hyphen.
    private static func asLast(_ line: [UInt8]) -> [UInt8] {
        guard line.count > 3, line[3] == UInt8(ascii: "-") else { return line }
        var last = line
        last[3] = 32
        return last
    }
}
