import MailTapCore

/// Puts a dialogue's events together to exchanges and messages.
struct SessionAssembly {
    /// The octets of each message, where they are kept.
    var contents: [[UInt8]] = []
    /// What else there is of each message.
    var carried: [CarriedMessage] = []
    var anomalies = AnomalyLog()
    /// Exchanges that the proxy itself led with the server; the client had no part in them.
    private var exchangesOfProxy: Set<Int> = []
    /// From when on the server may greet: the connection's start, or when a tunnel stood.
    var greetingAwaited: Timestamp
    /// Made when the first note is wanted.
    private var annotator: Annotator?
    var noted = 0
    /// The open reply's lines as they came, kept only where something went on changed.
    private var received: [UInt8] = []
    /// The newest piece of a line that no line end follows.
    var cut: StreamRange?
    /// The client's newest gap since the mail transaction began; empty where its beginning was not seen.
    var loss: StreamRange?

    var session: Session

    // What every line and every piece of content touches stands together: thousands of sessions take turns.

    var last: Timestamp
    var transfer: MessageTransfer?
    var turns = TurnLog()
    var lines = SessionLines()
    var isEncrypted = false
    /// Whether the client goes on in clear although it asked for TLS and the server agreed.
    var isBehindSTARTTLS = false
    /// Whether the end mark of the newest content was seen.
    var contentHasEnded = false
    /// The exchange of the newest reply, while its last line is not seen.
    private var openReply: Int?
    let options: SessionOptions
    private let progress: ((SessionProgress, Session) -> Void)?
    let started: Timestamp
    /// The exchange of the newest QUIT.
    private var quit: Int?
    var ending = EndingTracker()
    var envelope = Envelope()

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
    var isWatched: Bool { progress != nil }

    mutating func report(_ what: SessionProgress) {
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
        lines.edits.note(mark)
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
        session.serverBytes -= min(session.serverBytes, lines.edits.injected(by: .server))
        session.clientBytes -= min(session.clientBytes, lines.edits.injected(by: .client))
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
        return SessionDraft(whole, options: options, carried: unread, anomalies: anomalies.all)
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

    mutating func enter(_ tunnel: Tunnel) {
        lines.forgetSecrets()
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
    mutating func index(_ number: UInt32, at time: Timestamp) -> Int {
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

    /// TLS with the client began with its first octet: what it was told before both legs stood went under TLS too.
    private mutating func countWhatCameBefore() {
        for index in session.exchanges.indices where !exchangesOfProxy.contains(index) {
            session.exchanges[index].isEncrypted = true
        }
    }

    /// A command or, without a code, a SASL response.
    mutating func begin(_ event: Event, code: UInt8?, _ bytes: RawSpan) {
        let index = index(event.exchange, at: event.time)
        let length = bytes.textLength
        let isPlain = lines.isPlain
        var command = Command(
            .response, line: lines.line(bytes.extracting(0..<length), from: event.range.start, side: event.range.side))
        if let code {
            // What a credential covers is no keyword, masked or not.
            let shown = isPlain ? nil : command.line.secrets.first.map { min($0.range.lowerBound, length) }
            command.identify(code, session.proto, bytes.extracting(0..<(shown ?? length)))
        }
        if lines.edits.hasForwards { command.forwarded = lines.edits.forwarded(bytes, event.range) }
        lines.forgetSecrets()
        let keyword = command.keyword
        session.exchanges[index].begin(
            consume command, at: event.time.since(started), turn: turns.turn(of: event.range), isEncrypted)
        if isBehindSTARTTLS { session.exchanges[index].isBehindSTARTTLS = true }
        if lines.edits.isInjected(event.range) { exchangesOfProxy.insert(index) }
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

    mutating func reply(_ status: ReplyStatus, isLast: Bool, _ event: Event, _ bytes: RawSpan) {
        let index = index(event.exchange, at: event.time)
        let whole = bytes.textLength
        let skipped = session.proto == .pop3 ? status.popPrefix(bytes, whole) : status.smtpPrefix(bytes, whole)
        let text = bytes.extracting(skipped..<whole)
        let textStart = event.range.start &+ UInt64(skipped)
        let words = lines.expectation(text, from: textStart)
        lines.forgetSecrets()
        if let open = openReply, open != index { closeReply(open) }
        openReply = isLast ? nil : index
        let place = session.exchanges[index].placeOfReplyLine
        let start: ReplyStart? =
            place.isFirst
            ? ReplyStart(
                status: status, at: event.time.since(started), turn: turns.turn(of: event.range),
                enhanced: session.proto == .smtp ? EnhancedCode(in: text) : nil) : nil
        session.exchanges[index].addReplyLine(consume words, status, isLast: isLast, start, isFurther: place.isFurther)
        if !lines.edits.isEmpty { change(index, event, bytes, textStart, place) }
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
            ? lines.edits.patterns(in: StreamRange(.server, event.range.start, textStart)).first?.pattern : nil
        let isInjected = place.isFirst && lines.edits.isInjected(event.range)
        let change = lines.edits.hasForwards ? lines.edits.forwarded(bytes, event.range) : .same
        // Taken out, and put back below, so that it is not copied with each line.
        var before: [UInt8] = []
        if !place.isFirst { swap(&before, &received) }
        let original = lines.edits.hasForwards ? [UInt8](copying: bytes) : []
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

    mutating func annotate(upTo end: Int) {
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

}
