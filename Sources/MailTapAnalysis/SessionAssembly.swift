import MailTapCore

/// Puts a dialogue's events together to exchanges and messages.
struct SessionAssembly {
    /// The octets of each message, where they are kept.
    private(set) var contents: [[UInt8]] = []
    /// What else there is of each message.
    private var carried: [CarriedMessage] = []
    private var anomalies: [DialogueAnomaly] = []
    /// Exchanges that the proxy itself led with the server; the client had no part in them.
    private var exchangesOfProxy: Set<Int> = []
    /// From when on the server may greet: the connection's start, or when a tunnel stood.
    private var greetingAwaited: Timestamp
    /// Made when the first note is wanted.
    private var annotator: Annotator?
    private var noted = 0
    /// The open reply's lines as they came, kept only where something went on changed.
    private var received: [UInt8] = []
    /// The newest piece of a line that no line end follows.
    private var cut: StreamRange?
    /// The client's newest gap since the mail transaction began; empty where its beginning was not seen.
    private var loss: StreamRange?

    private(set) var session: Session

    // What every line and every piece of content touches stands together: thousands of sessions take turns.

    private var last: Timestamp
    private var transfer: Transfer?
    private var turns = TurnLog()
    /// Where the session's lines lie.
    private var lines = LineStore()
    private var secrets: [(range: StreamRange, kind: SecretKind)] = []
    private var isEncrypted = false
    /// Whether the client goes on in clear although it asked for TLS and the server agreed.
    private var isBehindSTARTTLS = false
    /// Whether the end mark of the newest content was seen.
    private var contentHasEnded = false
    /// The exchange of the newest reply, while its last line is not seen.
    private var openReply: Int?
    private var edits = StreamEdits()
    private let options: SessionOptions
    private let progress: ((SessionProgress, Session) -> Void)?
    private let started: Timestamp
    /// The exchange of the newest QUIT.
    private var quit: Int?
    private var ending = EndingTracker()
    private var envelope = Envelope()

    /// A message on its way.
    private struct Transfer {
        var index: Int
        let sender: Side
        var isIntact = true
        var bytes: UInt64 = 0
        /// Nanoseconds of the longest wait for more of its octets.
        var longestPause: Int64 = 0
        var intake: MessageIntake
        /// When its first octet came.
        var began: Timestamp
        var content: [UInt8] = []
    }

    init(_ info: consuming SessionInfo, options: SessionOptions, progress: ((SessionProgress, Session) -> Void)?) {
        self.options = options
        self.progress = progress
        if !info.startSeen { loss = StreamRange(.client, 0, 0) }
        started = info.started
        last = info.started
        greetingAwaited = info.started
        session = Session(info: info)
    }

    /// Whether notes and the like are wanted while the dialogue goes on, and not only at its end.
    private var isWatched: Bool { progress != nil }

    private mutating func report(_ what: SessionProgress) {
        if isWatched { tell(what) }
    }

    /// Apart from `report`, where the session would be copied before it is known whether anybody watches.
    @inline(never) private mutating func tell(_ what: SessionProgress) { progress?(what, session) }

    // MARK: From the trace

    mutating func count(_ octets: Int, of side: Side, at time: Timestamp) {
        if side == .client { session.clientBytes &+= UInt64(octets) } else { session.serverBytes &+= UInt64(octets) }
        if transfer?.sender == side, case let pause = time.since(last), pause > transfer?.longestPause ?? 0 {
            transfer?.longestPause = pause
        }
        last = max(last, time)
        turns.note(UInt64(octets), of: side)
    }

    mutating func note(_ mark: Mark, at time: Timestamp) {
        if mark.isStep { last = max(last, time) }
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
        session.duration = max(0, last.since(started))
        session.ending = ending.ending(quitReply: quit.flatMap { Exchange.replyStatus(session.exchanges, $0) })
        if session.ending == .open { dropUnfinishedContent() }
        session.serverBytes -= min(session.serverBytes, edits.injected(by: .server))
        session.clientBytes -= min(session.clientBytes, edits.injected(by: .client))
        resolveEnvelopes()
        if options.findsFaults { noteCutLine() }
    }

    /// Gives the session away, for somebody to work out what is left to be worked out.
    mutating func takeDraft() -> SessionDraft {
        // Taken out, since what is held at two places is copied where it changes.
        var whole = Session(info: session.info)
        swap(&whole, &session)
        var unread: [CarriedMessage] = []
        swap(&unread, &carried)
        return SessionDraft(whole, options: options, carried: unread, anomalies: anomalies)
    }

    /// Takes the session that its draft became.
    mutating func take(_ finished: Session) { session = finished }

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
        let last = session.exchanges.count - 1
        guard last > 0, session.exchanges[last].command?.keyword == .content, session.exchanges[last].reply == nil,
            let message = session.exchanges[last].message, !session.messages[message].complete, !contentHasEnded
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
        if session.exchanges.isEmpty { session.exchanges.reserveCapacity(10) }
        // Numbers are dense, so this runs at most a few times for one event.
        while session.exchanges.count <= index {
            let at = time.since(started)
            let sent = session.exchanges.isEmpty ? greetingAwaited.since(started) : at
            session.exchanges.append(Exchange(at: at, sent: sent, isEncrypted: isEncrypted))
        }
        return index
    }

    /// A line of one side that begins at `start`; nearly always one of which nothing is special.
    private mutating func line(_ text: RawSpan, from start: UInt64, side: Side) -> WireText {
        if edits.isEmpty, secrets.isEmpty { return lines.line(text) }
        let marks = marks(of: text.byteCount, start, side)
        return marks.isEmpty ? lines.line(text) : WireText(text, marks)
    }

    /// As `line`, with the places that a dialogue file lets vary.
    private mutating func expectation(_ text: RawSpan, from start: UInt64) -> WireText {
        guard edits.hasPatterns else { return line(text, from: start, side: .server) }
        var marks = marks(of: text.byteCount, start, .server)
        marks.patterns = edits.patterns(in: StreamRange(.server, start, start &+ UInt64(text.byteCount))).map {
            WireText.Pattern(
                range: Int($0.range.start - start)..<Int($0.range.end - start), pattern: $0.pattern)
        }
        return marks.isEmpty ? lines.line(text) : WireText(text, marks)
    }

    private func marks(of count: Int, _ start: UInt64, _ side: Side) -> LineMarks {
        let range = StreamRange(side, start, start &+ UInt64(count))
        if let masked = edits.masks(in: range) { return LineMarks(secrets: masked, isMasked: true) }
        // A secret may begin before the text of a line: in what separates it from the status.
        let found = secrets.filter { $0.range.side == side && $0.range.start < range.end && $0.range.end > start }
        return LineMarks(
            secrets: found.map {
                let (first, end) = (max($0.range.start, start), min($0.range.end, range.end))
                return WireText.Secret(range: Int(first - start)..<Int(end - start), kind: $0.kind)
            })
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
        let length = bytes.textLength
        let isPlain = edits.isEmpty && secrets.isEmpty
        var command = Command(
            .response, line: line(bytes.extracting(0..<length), from: event.range.start, side: event.range.side))
        if let code {
            // What a credential covers is no keyword, masked or not.
            let shown = isPlain ? nil : command.line.secrets.first.map { min($0.range.lowerBound, length) }
            command.identify(code, session.proto, bytes.extracting(0..<(shown ?? length)))
        }
        if edits.hasForwards { command.forwarded = edits.forwarded(bytes, event.range) }
        if !secrets.isEmpty { secrets.removeAll(keepingCapacity: true) }
        let keyword = command.keyword
        session.exchanges[index].begin(
            consume command, at: event.time.since(started), turn: turns.turn(of: event.range), isEncrypted)
        if isBehindSTARTTLS { session.exchanges[index].isBehindSTARTTLS = true }
        if edits.isInjected(event.range) { exchangesOfProxy.insert(index) }
        ending.command(isQuit: keyword == .quit)
        if keyword == .quit { quit = index }
        switch keyword {
        case .mail:
            // Behind a refused chunk there is no transaction for it to be in (RFC 3030 section 3), nor surely behind one
            // that was lost in part.
            if let message = transfer?.index, session.messages[message].kind == .bdat,
                case let open = session.messages[message].exchange, open < session.exchanges.count,
                !contentHasEnded || session.exchanges[open].reply?.status.isNegative == true
            {
                // This command belongs to the next message.
                endMessage(isComplete: false, before: index)
            }
            if transfer == nil { loss = nil }
        case .rset, .ehlo, .helo, .lhlo, .starttls:
            if transfer != nil { endMessage(isComplete: false) }
            envelope = Envelope(from: session.exchanges.count)
            loss = nil
        default: break
        }
        report(.command(index))
    }

    private mutating func reply(_ status: ReplyStatus, isLast: Bool, _ event: Event, _ bytes: RawSpan) {
        let index = index(event.exchange, at: event.time)
        let whole = bytes.textLength
        let skipped = session.proto == .pop3 ? status.popPrefix(bytes, whole) : status.smtpPrefix(bytes, whole)
        let text = bytes.extracting(skipped..<whole)
        let textStart = event.range.start &+ UInt64(skipped)
        let words = expectation(text, from: textStart)
        if !secrets.isEmpty { secrets.removeAll(keepingCapacity: true) }
        if let open = openReply, open != index { closeReply(open) }
        openReply = isLast ? nil : index
        let place = session.exchanges[index].placeOfReplyLine
        let start: ReplyStart? =
            place.isFirst
            ? ReplyStart(
                status: status, at: event.time.since(started), turn: turns.turn(of: event.range),
                enhanced: session.proto == .smtp ? EnhancedCode(in: text) : nil) : nil
        session.exchanges[index].addReplyLine(consume words, status, isLast: isLast, start, isFurther: place.isFurther)
        if !edits.isEmpty { change(index, event, bytes, textStart, place) }
        guard isLast, isWatched else { return }
        replyEnded(index)
    }

    /// Another reply begins though this one's last line was not seen: where none of its lines has a status, it is whole.
    private mutating func closeReply(_ index: Int) {
        guard session.exchanges[index].replyStatus == .none, !session.exchanges[index].isUnanswered else { return }
        session.exchanges[index].reply?.isComplete = true
        if isWatched { replyEnded(index) }
    }

    private mutating func replyEnded(_ index: Int) {
        if let message = session.exchanges[index].message { accept(message, by: index) }
        annotate(upTo: index)
        report(.reply(index))
    }

    /// Notes what else there is to a reply's line than what came.
    private mutating func change(
        _ index: Int, _ event: Event, _ bytes: RawSpan, _ textStart: UInt64, _ place: ReplyPlace
    ) {
        let pattern =
            place.isFirst
            ? edits.patterns(in: StreamRange(.server, event.range.start, textStart)).first?.pattern : nil
        let isInjected = place.isFirst && edits.isInjected(event.range)
        let change = edits.hasForwards ? edits.forwarded(bytes, event.range) : .same
        // Taken out, and put back below, so that it is not copied with each line.
        var before: [UInt8] = []
        if !place.isFirst { swap(&before, &received) }
        let original = edits.hasForwards ? [UInt8](copying: bytes) : []
        session.exchanges[index].changeReply(isFurther: place.isFurther) { reply in
            if place.isFirst {
                reply.isInjected = isInjected
                reply.acceptable = pattern
            }
            if change != .same || reply.forwarded != .same {
                reply.forwarded.append(change, received: before, original: original)
            }
        }
        before += original
        received = before
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
            if annotator == nil { annotator = Annotator(proto: session.proto) }
            session.exchanges[noted].note = annotator?.note(for: session.exchanges[noted], in: session)
            noted += 1
        }
    }

    // MARK: Messages

    private mutating func beginContent(_ kind: ContentKind, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        if kind == .data {
            session.exchanges[index].command = Command(.content, line: WireText())
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
            session.messages.append(Message(kind: kind))
            session.messages[session.messages.count - 1].exchange = index
            if options.keepsContent { contents.append([]) }
            carried.append(CarriedMessage(envelope: Envelope(from: index)))
            transfer = Transfer(
                index: session.messages.count - 1, sender: kind.sender, intake: MessageIntake(options, kind),
                began: event.time)
            // A chunk may be lost before this one; or the first octets, with more than the line DATA.
            let isWhole = kind == .data && (loss?.end != event.range.start || loss?.length ?? 0 <= 6)
            if kind.isSubmitted, loss != nil, !isWhole { transfer?.isIntact = false }
        }
        session.exchanges[index].message = transfer?.index
    }

    private mutating func endContent(isComplete: Bool, _ event: Event) {
        let index = index(event.exchange, at: event.time)
        session.exchanges[index].sent = event.time.since(started)
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

    /// - Parameter next: the exchange with which the next envelope begins; nil for the one that comes next.
    private mutating func endMessage(isComplete: Bool, before next: Int? = nil) {
        guard var ended = transfer.take() else { return }
        let index = ended.index
        let kind = session.messages[index].kind
        session.messages[index].complete = isComplete && ended.isIntact && kind != .top && kind != .bdat
        session.messages[index].bytes = ended.bytes
        if options.readsMessages {
            ended.intake.finish(options)
            if isWatched {
                // What the message says is wanted at its end.
                session.messages[index].take(ended.intake.reading.finish())
            } else {
                carried[index].reading = ended.intake.reading
            }
        }
        session.messages[index].longestPause = ended.longestPause
        if options.keepsContent { contents[index] = ended.content }
        if kind == .data || kind == .bdat || kind == .bdatLast {
            let next = next ?? session.exchanges.count
            carried[index].envelope = envelope.upTo(next)
            envelope = Envelope(from: next)
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
        let used = transfer?.index == index ? envelope.upTo(session.exchanges.count) : carried[index].envelope
        let resolved = used.resolve(in: session, content: content)
        session.messages[index].from = resolved.from
        session.messages[index].to = resolved.to
        session.messages[index].rejected = resolved.rejected
        if content < session.exchanges.count {
            let isIts = session.exchanges[content].message == index
            let acceptance = isIts ? Exchange.acceptance(session.exchanges, content) : nil
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
            report(.detected)
        case .command(let code):
            begin(event, code: code, bytes)
        case .continuation:
            begin(event, code: nil, bytes)
        case .reply(let status, let isLast):
            reply(status, isLast: isLast, event, bytes)
        case .listing:
            let index = index(event.exchange, at: event.time)
            let isStuffed = bytes.byteCount > 0 && bytes.octet(at: 0) == 46
            let text = bytes.extracting((isStuffed ? 1 : 0)..<max(isStuffed ? 1 : 0, bytes.textLength))
            let line = expectation(text, from: event.range.start &+ (isStuffed ? 1 : 0))
            session.exchanges[index].addData(line)
        case .listingEnd:
            let index = index(event.exchange, at: event.time)
            session.exchanges[index].addData(nil)
            report(.listing(index))
        case .contentBegin(let kind): beginContent(kind, event)
        case .contentEnd(let isComplete): endContent(isComplete: isComplete, event)
        case .gap:
            if event.range.side == .client { loss = event.range }
            // Behind the last command; what comes next is not there yet.
            let place = max(0, min(Int(event.exchange), session.exchanges.count - 1))
            anomalies.append(DialogueAnomaly(kind: .gap, range: event.range, exchange: place))
            if let (index, offset) = transfer.map({ ($0.index, $0.bytes) }),
                session.messages[index].kind.sender == event.range.side
            {
                transfer?.isIntact = false
                if session.messages[index].gaps.count < 1_000 {
                    session.messages[index].gaps.append(ContentGap(offset: offset, length: event.range.length))
                }
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
}
