import MailTapCore

/// Puts a dialogue's events together to exchanges and messages.
struct SessionAssembly {
    private(set) var session: Session
    private(set) var contents: [[UInt8]] = []

    private let options: SessionOptions
    private let progress: ((SessionProgress, Session) -> Void)?
    private var edits = StreamEdits()
    private var secrets: [(range: StreamRange, kind: SecretKind)] = []
    private var envelope = Envelope()
    private var transfer: Transfer?
    /// The messages that are over and may not be read yet, by index.
    private var readings: [(index: Int, reading: MessageReading)] = []
    private var anomalies: [DialogueAnomaly] = []
    private var isEncrypted = false
    /// Whether the client goes on in clear although it asked for TLS and the server agreed.
    private var isBehindSTARTTLS = false
    /// Exchanges that the proxy itself led with the server; the client had no part in them.
    private var exchangesOfProxy: Set<Int> = []
    private var lastSent: [Timestamp] = []
    private var last: Timestamp
    /// From when on the server may greet: the connection's start, or when a tunnel stood.
    private var greetingAwaited: Timestamp
    private var ending = EndingTracker()
    private var turns = TurnLog()
    private var annotator = Annotator(proto: nil)
    private var noted = 0
    /// The open reply's lines as they came, kept only where something went on changed.
    private var received: [UInt8] = []
    /// Whether the end mark of the newest content was seen.
    private var contentHasEnded = false
    /// The newest piece of a line that no line end follows.
    private var cut: StreamRange?
    /// The envelope of each message.
    private var envelopes: [Envelope] = []
    /// The client's newest gap since the mail transaction began; empty where its beginning was not seen.
    private var loss: StreamRange?

    /// A message on its way.
    private struct Transfer {
        var index: Int
        var intake: MessageIntake
        var content: [UInt8] = []
        var bytes: UInt64 = 0
        var isIntact = true
        /// When its first octet came.
        var began: Timestamp
    }

    init(_ info: SessionInfo, options: SessionOptions, progress: ((SessionProgress, Session) -> Void)?) {
        session = Session(info: info)
        self.options = options
        self.progress = progress
        if !info.startSeen { loss = StreamRange(.client, 0, 0) }
        last = info.started
        greetingAwaited = info.started
    }

    /// Whether notes and the like are wanted while the dialogue goes on, and not only at its end.
    private var isWatched: Bool { progress != nil }

    private func report(_ what: SessionProgress) { progress?(what, session) }

    // MARK: From the trace

    mutating func count(_ octets: Int, of side: Side, at time: Timestamp) {
        if side == .client { session.clientBytes &+= UInt64(octets) } else { session.serverBytes &+= UInt64(octets) }
        if let index = transfer?.index { session.messages[index].notePause(time.since(last), of: side) }
        last = max(last, time)
        turns.note(UInt64(octets), of: side)
    }

    mutating func note(_ mark: Mark, at time: Timestamp) {
        last = max(last, time)
        edits.note(mark)
        ending.note(mark)
        switch mark {
        case .gap(let side, let length):
            turns.note(length, of: side)
            if side == .client {
                session.clientMissing &+= length
            } else {
                session.serverMissing &+= length
            }
            report(.gap(side, length))
        case .tls(let tls):
            let isFirst = session.tls == nil
            session.tls = tls
            if session.info.server.name == nil { session.info.server.name = tls.client.sni }
            isEncrypted = tls.isDecrypted && tls.isClientUnderTLS
            if isEncrypted, isFirst, tls.start == .implicit { countWhatCameBefore() }
            isBehindSTARTTLS = false
            report(.tls)
        case .trouble(let trouble):
            session.troubles.append(trouble)
            report(.trouble(trouble))
        case .conflict(let range):
            anomalies.append(
                DialogueAnomaly(kind: .conflict, range: range, exchange: max(0, session.exchanges.count - 1)))
        default: break
        }
    }

    mutating func finish() {
        if transfer != nil { endMessage(isComplete: false) }
        session.duration = max(0, last.since(session.info.started))
        let quit = session.exchanges.last { $0.command?.verb == "QUIT" }
        session.ending = ending.ending(quitReply: quit?.reply?.status)
        if session.ending == .open { dropUnfinishedContent() }
        session.serverBytes -= min(session.serverBytes, edits.injected(by: .server))
        session.clientBytes -= min(session.clientBytes, edits.injected(by: .client))
        resolveEnvelopes()
        if options.findsFaults { noteCutLine() }
    }

    /// Gives the session away, for somebody to work out what is left to be worked out.
    mutating func takeDraft() -> SessionDraft {
        defer {
            session = Session(info: session.info)
            readings = []
        }
        return SessionDraft(session, options: options, readings: readings, anomalies: anomalies)
    }

    /// Takes the session that its draft became.
    mutating func take(_ finished: Session) { session = finished }

    /// Somebody watches: what a message says is wanted at its end.
    private mutating func finishReadings() {
        for (index, reading) in readings {
            (session.messages[index].digest, session.messages[index].content) = reading.finish()
        }
        readings.removeAll()
    }

    /// A line without its end that is the last thing of its side.
    private mutating func noteCutLine() {
        guard let cut, session.ending != .open, session.ending != .killed, !session.exchanges.isEmpty else { return }
        let (seen, lost) =
            cut.side == .client
            ? (session.clientBytes, session.clientMissing) : (session.serverBytes, session.serverMissing)
        guard lost == 0, cut.end == seen else { return }
        anomalies.append(DialogueAnomaly(kind: .cutLine, range: cut, exchange: session.exchanges.count - 1))
    }

    /// Content that was under way when the input ended has a message, but is no exchange yet.
    ///
    /// Nothing could have answered it. Where the connection ended in it, it is an exchange without a reply.
    private mutating func dropUnfinishedContent() {
        guard session.exchanges.count > 1, let last = session.exchanges.last, last.command?.verb == "*data",
            last.reply == nil, let message = last.message, !session.messages[message].complete, !contentHasEnded
        else { return }
        session.exchanges.removeLast()
        session.messages[message].exchange = session.exchanges.count - 1
    }

    private mutating func enter(_ tunnel: Tunnel) {
        secrets.removeAll(keepingCapacity: true)
        if let client = tunnel.client {
            session.tunnels.append(SessionTunnel(tunnel, peer: session.info.client))
            session.info.client = client
        } else {
            session.tunnels.append(SessionTunnel(tunnel))
        }
        report(.tunnel(session.tunnels.count - 1))
    }

    // MARK: Exchanges

    /// The index of exchange `number`, made on first use.
    private mutating func index(_ number: UInt32, at time: Timestamp) -> Int {
        let index = Int(number)
        if session.exchanges.isEmpty { session.exchanges.reserveCapacity(8) }
        // Numbers are dense, so this runs at most a few times for one event.
        while session.exchanges.count <= index {
            var exchange = Exchange()
            exchange.at = time.since(session.info.started)
            exchange.isEncrypted = isEncrypted
            session.exchanges.append(exchange)
            lastSent.append(session.exchanges.count == 1 ? greetingAwaited : time)
        }
        return index
    }

    private mutating func wireText(_ octets: [UInt8], from start: UInt64, side: Side) -> WireText {
        let range = StreamRange(side, start, start &+ UInt64(octets.count))
        if let masked = edits.masks(in: range) { return WireText(octets, secrets: masked, isMasked: true) }
        guard !secrets.isEmpty else { return WireText(octets) }
        let found = secrets.filter { $0.range.side == side && $0.range.start >= start && $0.range.end <= range.end }
        return WireText(
            octets,
            secrets: found.map {
                WireText.Secret(range: Int($0.range.start - start)..<Int($0.range.end - start), kind: $0.kind)
            })
    }

    /// As `wireText`, with the places that a dialogue file lets vary.
    private mutating func expectation(_ octets: [UInt8], from start: UInt64) -> WireText {
        var text = wireText(octets, from: start, side: .server)
        guard edits.hasPatterns else { return text }
        text.patterns = edits.patterns(in: StreamRange(.server, start, start &+ UInt64(octets.count))).map {
            WireText.Pattern(
                range: Int($0.range.start - start)..<Int($0.range.end - start), pattern: $0.pattern)
        }
        return text
    }

    /// TLS with the client began with its first octet: what it was told before both legs stood went under TLS too.
    private mutating func countWhatCameBefore() {
        for index in session.exchanges.indices where !exchangesOfProxy.contains(index) {
            session.exchanges[index].isEncrypted = true
        }
    }

    /// A command or, without a code, a SASL response.
    private mutating func begin(_ event: Event, code: UInt8?, _ bytes: RawSpan) {
        let index = index(event.exchange, at: event.time)
        let octets = [UInt8](copying: bytes.extracting(0..<bytes.textLength))
        let line = wireText(octets, from: event.range.start, side: event.range.side)
        // What a credential covers is no keyword, masked or not.
        let shown = line.secrets.first.map { min($0.range.lowerBound, octets.count) } ?? octets.count
        var verb = "*auth"
        if let code { verb = self.verb(code, bytes.extracting(0..<shown)) }
        var command = Command(verb: verb, line: line)
        command.forwarded = edits.forwarded(bytes, event.range)
        secrets.removeAll(keepingCapacity: true)
        session.exchanges[index].command = command
        session.exchanges[index].at = event.time.since(session.info.started)
        session.exchanges[index].turn = turns.turn(of: event.range)
        session.exchanges[index].isEncrypted = isEncrypted
        session.exchanges[index].isBehindSTARTTLS = isBehindSTARTTLS
        if edits.isInjected(event.range) { exchangesOfProxy.insert(index) }
        lastSent[index] = event.time
        ending.command(isQuit: verb == "QUIT")
        switch verb {
        case "MAIL":
            // Behind a refused chunk there is no transaction for it to be in (RFC 3030 section 3), nor surely behind one
            // that was lost in part.
            if let index = transfer?.index, session.messages[index].kind == .bdat,
                case let open = session.messages[index].exchange, open < session.exchanges.count,
                !contentHasEnded || session.exchanges[open].reply?.status.isNegative == true
            {
                endMessage(isComplete: false)
            }
            if transfer == nil { loss = nil }
            envelope.mail.append(index)
        case "RCPT": envelope.recipients.append(index)
        case "RSET", "EHLO", "HELO", "LHLO", "STARTTLS":
            if transfer != nil { endMessage(isComplete: false) }
            envelope = Envelope()
            loss = nil
        default: break
        }
        report(.command(index))
    }

    private mutating func reply(_ status: ReplyStatus, isLast: Bool, _ event: Event, _ bytes: RawSpan) {
        let index = index(event.exchange, at: event.time)
        let (isFurther, isFirst) = session.exchanges[index].beginReplyLine(status)
        let whole = bytes.textLength
        let skipped = session.proto == .pop3 ? status.popPrefix(bytes, whole) : status.smtpPrefix(bytes, whole)
        let octets = [UInt8](copying: bytes.extracting(skipped..<whole))
        let textStart = event.range.start &+ UInt64(skipped)
        var line = ReplyLine(status: status, isLast: isLast)
        if isFirst {
            line.at = event.time.since(session.info.started)
            line.latency = event.time.since(lastSent[index])
            line.turn = turns.turn(of: event.range)
            line.isInjected = edits.isInjected(event.range)
            if session.proto == .smtp { line.enhanced = EnhancedStatus.find(in: octets) }
            line.acceptable = edits.patterns(in: StreamRange(.server, event.range.start, textStart)).first?.pattern
        }
        if edits.hasForwards {
            if isFirst { received.removeAll() }
            let original = [UInt8](copying: bytes)
            line.forwarded = (edits.forwarded(bytes, event.range), received, original)
            received += original
        }
        line.text = expectation(octets, from: textStart)
        secrets.removeAll(keepingCapacity: true)
        if isFurther {
            let last = session.exchanges[index].furtherReplies.count - 1
            session.exchanges[index].furtherReplies[last].add(line)
        } else {
            session.exchanges[index].reply?.add(line)
        }
        guard isLast else { return }
        guard isWatched else { return }
        if let message = session.exchanges[index].message { accept(message, by: index) }
        annotate(upTo: index)
        report(.reply(index))
    }

    private mutating func annotate(upTo end: Int) {
        guard options.annotates else { return }
        while noted < session.exchanges.count, noted < end || session.exchanges[noted].reply?.isComplete == true {
            // A message that is not over yet has nothing to tell.
            if let open = transfer?.index, session.messages[open].exchange == noted,
                session.messages[open].kind == .data
            {
                return
            }
            session.exchanges[noted].note = annotator.note(for: session.exchanges[noted], in: session)
            noted += 1
        }
    }

    // MARK: Messages

    private mutating func beginContent(_ kind: ContentKind, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        if kind == .data {
            session.exchanges[index].command = Command(verb: "*data", line: WireText([]))
            session.exchanges[index].turn = turns.turn(of: event.range)
            session.exchanges[index].isEncrypted = isEncrypted
            ending.command(isQuit: false)
            report(.command(index))
        }
        if let open = transfer, kind == .bdat || kind == .bdatLast {
            session.messages[open.index].exchange = index
            session.messages[open.index].kind = kind
        } else {
            if transfer != nil { endMessage(isComplete: false) }
            var message = Message(kind: kind)
            message.exchange = index
            session.messages.append(message)
            contents.append([])
            envelopes.append(Envelope())
            transfer = Transfer(
                index: session.messages.count - 1, intake: MessageIntake(options), began: event.time)
            // A chunk may be lost before this one; or the first octets, with more than the line DATA.
            let isWhole = kind == .data && (loss?.end != event.range.start || loss?.length ?? 0 <= 6)
            if kind.isSubmitted, loss != nil, !isWhole { transfer?.isIntact = false }
        }
        session.exchanges[index].message = transfer?.index
    }

    private mutating func endContent(isComplete: Bool, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        lastSent[index] = event.time
        contentHasEnded = isComplete
        guard let kind = transfer.map({ session.messages[$0.index].kind }) else { return }
        if let transfer {
            session.messages[transfer.index].transferTime = max(0, event.time.since(transfer.began))
        }
        if !isComplete { transfer?.isIntact = false }
        // More chunks may follow, even where some of this one was lost.
        if kind == .bdat { return }
        endMessage(isComplete: isComplete)
    }

    private mutating func endMessage(isComplete: Bool) {
        guard var ended = transfer else { return }
        transfer = nil
        let index = ended.index
        let kind = session.messages[index].kind
        session.messages[index].complete = isComplete && ended.isIntact && kind != .top && kind != .bdat
        session.messages[index].bytes = ended.bytes
        if options.readsMessages {
            ended.intake.finish(options)
            readings.append((index, ended.intake.reading))
            if isWatched { finishReadings() }
        }
        contents[index] = ended.content
        if kind == .data || kind == .bdat || kind == .bdatLast {
            envelopes[index] = envelope
            envelope = Envelope()
            loss = nil
        }
        guard isWatched else { return }
        resolve(index)
        annotate(upTo: noted)
        report(.message(index))
    }

    private mutating func accept(_ message: Int, by exchange: Int) {
        guard message < session.messages.count, session.messages[message].exchange == exchange else {
            return
        }
        resolve(message)
    }

    private mutating func resolveEnvelopes() {
        for index in session.messages.indices { resolve(index) }
    }

    /// Works out envelope and acceptance from the replies seen so far.
    private mutating func resolve(_ index: Int) {
        let content = session.messages[index].exchange
        guard session.messages[index].kind.isSubmitted else { return }
        let used = transfer?.index == index ? envelope : envelopes[index]
        let resolved = used.resolve(in: session, content: content)
        session.messages[index].from = resolved.from
        session.messages[index].to = resolved.to
        session.messages[index].rejected = resolved.rejected
        if content < session.exchanges.count {
            let isIts = session.exchanges[content].message == index
            let acceptance = isIts ? session.exchanges[content].acceptance : nil
            // The reply to a chunk before the last takes the chunk, not the message.
            let isWhole = session.messages[index].kind != .bdat || acceptance == false
            session.messages[index].accepted = isWhole ? acceptance : nil
        }
    }
}

extension SessionAssembly: DialogueHandler {
    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let proto):
            session.proto = proto
            annotator = Annotator(proto: proto)
            report(.detected)
        case .command(let code):
            begin(event, code: code, bytes)
        case .continuation:
            begin(event, code: nil, bytes)
        case .reply(let status, let isLast):
            reply(status, isLast: isLast, event, bytes)
        case .listing:
            let index = index(event.exchange, at: event.time)
            var octets = [UInt8](copying: bytes.extracting(0..<bytes.textLength))
            let isStuffed = octets.first == 46
            if isStuffed { octets.removeFirst() }
            if session.exchanges[index].data == nil { session.exchanges[index].data = [] }
            let line = expectation(octets, from: event.range.start &+ (isStuffed ? 1 : 0))
            session.exchanges[index].data?.append(line)
        case .listingEnd:
            let index = index(event.exchange, at: event.time)
            if session.exchanges[index].data == nil { session.exchanges[index].data = [] }
            report(.listing(index))
        case .contentBegin(let kind): beginContent(kind, event)
        case .contentEnd(let isComplete): endContent(isComplete: isComplete, event)
        case .gap:
            if event.range.side == .client { loss = event.range }
            if let index = transfer?.index, session.messages[index].kind.sender == event.range.side {
                transfer?.isIntact = false
            }
        case .tls(let start):
            if session.tls == nil {
                session.tls = TLSMark(start: start, isDecrypted: false, client: TLSMark.Leg())
                report(.tls)
            }
        case .secret(let kind):
            // Behind an exchange of roles no line comes that would take them.
            if secrets.count == 4_096 { secrets.removeFirst(2_048) }
            secrets.append((event.range, kind))
        case .anomaly(let anomaly):
            if anomaly == .plaintextAfterSTARTTLS { isBehindSTARTTLS = true }
            anomalies.append(
                DialogueAnomaly(kind: .dialogue(anomaly), range: event.range, exchange: Int(event.exchange)))
        case .fragment:
            secrets.removeAll(keepingCapacity: true)
            if bytes.byteCount > 0, bytes.octet(at: bytes.byteCount - 1) != 10 { cut = event.range }
        case .tunnel(let kind):
            enter(Tunnel(kind, reading: bytes))
            greetingAwaited = max(greetingAwaited, last)
        case .content:
            guard let index = transfer?.index, event.range.side == .server else { break }
            session.messages[index].patterns += edits.patterns(in: event.range).map(\.pattern)
        case .opaque, .preamble, .close: break
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {
        guard transfer != nil else { return }
        transfer?.bytes &+= UInt64(bytes.byteCount)
        if options.readsMessages { transfer?.intake.receive(bytes, options) }
        if options.keepsContent { bytes.withUnsafeBytes { transfer?.content.append(contentsOf: $0) } }
    }

    private func verb(_ code: UInt8, _ bytes: RawSpan) -> String {
        let known = session.proto == .pop3 ? POP3Verb(rawValue: code)?.keyword : SMTPVerb(rawValue: code)?.keyword
        if let known, !known.isEmpty { return known }
        return CommandWord.of(bytes)
    }
}
