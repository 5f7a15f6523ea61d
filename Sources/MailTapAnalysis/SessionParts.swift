import MailTapCore

/// The exchanges among which an SMTP envelope's MAIL and RCPT commands are.
struct Envelope: Sendable, Equatable {
    private var exchanges: Range<Int>

    /// Of the exchanges from `start` on; none so far.
    init(from start: Int = 0) { exchanges = start..<start }

    /// The same beginning, with all exchanges before `end`.
    func upTo(_ end: Int) -> Envelope {
        var whole = self
        whole.exchanges = exchanges.lowerBound..<max(exchanges.lowerBound, end)
        return whole
    }

    /// The envelope as the replies seen so far left it.
    ///
    /// A command without a reply counts as accepted: half of a capture is no refusal.
    func resolve(in session: Session, content: Int) -> (from: String?, to: [String], rejected: [String]) {
        let own = exchanges.clamped(to: session.exchanges.indices)
        func isRefused(_ index: Int) -> Bool { session.exchanges[index].reply?.status.isNegative ?? false }
        func address(_ index: Int) -> String? {
            session.exchanges[index].command?.line.withBytes { SMTPGrammar.address(in: $0) }
        }
        var sender: Int?
        var recipients = 0
        for index in own {
            switch session.exchanges[index].command?.keyword {
            case .mail?: if !isRefused(index) { sender = index }
            case .rcpt?: recipients += 1
            default: break
            }
        }
        var to: [String] = []
        to.reserveCapacity(recipients)
        var rejected: [String] = []
        // LMTP: the data's replies stand for the accepted recipients in turn (RFC 2033 section 4.2).
        var verdicts: [Reply] = []
        if content < session.exchanges.count, session.exchanges[content].hasFurtherReplies {
            verdicts = [session.exchanges[content].reply].compactMap(\.self) + session.exchanges[content].furtherReplies
            // 353 only announces them, and the last one is on the whole (PRDR).
            if verdicts.first?.status == .judged { verdicts.removeFirst() }
        }
        var accepted = 0
        for index in own where index > (sender ?? -1) && index < content {
            guard session.exchanges[index].command?.keyword == .rcpt, let recipient = address(index) else { continue }
            if isRefused(index) {
                rejected.append(recipient)
                continue
            }
            let verdict = accepted < verdicts.count ? verdicts[accepted] : nil
            accepted += 1
            if verdict?.status.isNegative == true { rejected.append(recipient) } else { to.append(recipient) }
        }
        return (sender.flatMap(address), to, rejected)
    }
}

extension Exchange {
    /// The status of the reply of the exchange at an index; nil without one.
    static func replyStatus(_ exchanges: [Exchange], _ index: Int) -> ReplyStatus? { exchanges[index].reply?.status }

    /// Whether the server took the message that the exchange at an index carried; nil without a reply.
    static func acceptance(_ exchanges: [Exchange], _ index: Int) -> Bool? {
        guard let status = exchanges[index].reply?.status, status != .none else { return nil }
        if status == .judged {
            // The last verdict is on the whole; without it nothing is settled.
            let verdicts = exchanges[index].furtherReplies.map(\.status)
            return verdicts.contains { $0.isPositive } ? true : verdicts.isEmpty ? nil : false
        }
        if status.isPositive || exchanges[index].isPlain { return status.isPositive }
        return exchanges[index].furtherReplies.contains { $0.status.isPositive }
    }
}

/// What went on or was masked in place of what was received, by stream range.
struct StreamEdits {
    private struct Maps {
        var masks = StreamRangeMap<SecretKind>()
        var forwards = StreamRangeMap<[UInt8]>()
        var injections = StreamRangeMap<Void>()
        var patterns = StreamRangeMap<ReplyPattern>()
    }

    /// Made with the first edit: the maps are generic, of another module, and so slow to make and to ask, and nearly no
    /// session has an edit.
    private var maps: Maps?

    /// Whether nothing was masked, changed or said by MailTap, and nothing may vary.
    var isEmpty: Bool { maps == nil }

    mutating func note(_ mark: Mark) {
        switch mark {
        case .masked, .forwarded, .injected, .pattern: if maps == nil { maps = Maps() }
        default: return
        }
        switch mark {
        case .masked(let mask): maps?.masks.insert(mask.range, mask.kind)
        case .forwarded(let range, let octets): maps?.forwards.insert(range, octets)
        case .injected(let range): maps?.injections.insert(range, ())
        case .pattern(let range, let pattern): maps?.patterns.insert(range, pattern)
        default: break
        }
    }

    /// Whether a dialogue file lets anything vary.
    var hasPatterns: Bool { maps.map { !$0.patterns.isEmpty } ?? false }

    /// Whether anything went on changed.
    var hasForwards: Bool { maps.map { !$0.forwards.isEmpty } ?? false }

    /// The masked ranges inside a line, as offsets; nil where nothing of it was masked.
    func masks(in line: StreamRange) -> [WireText.Secret]? {
        guard let maps else { return nil }
        let found = maps.masks.touching(line)
        guard !found.isEmpty else { return nil }
        return found.map {
            let start = max($0.range.start, line.start) - line.start
            let end = min($0.range.end, line.end) - line.start
            return WireText.Secret(range: Int(start)..<Int(end), kind: $0.value)
        }
    }

    /// Where a dialogue file lets the octets of `range` vary.
    func patterns(in range: StreamRange) -> [(range: StreamRange, pattern: ReplyPattern)] {
        guard let maps else { return [] }
        return maps.patterns.touching(range)
            .filter { $0.range.start >= range.start && $0.range.end <= range.end }
            .map { ($0.range, $0.value) }
    }

    /// What went on in place of the octets of `range`.
    func forwarded(_ bytes: RawSpan, _ range: StreamRange) -> Forwarded {
        guard let maps else { return .same }
        let touching = maps.forwards.touching(range)
        guard !touching.isEmpty else { return .same }
        var octets: [UInt8] = []
        var position = range.start
        for edit in touching {
            if edit.range.start > position {
                let from = Int(position - range.start)
                let to = min(Int(edit.range.start - range.start), bytes.byteCount)
                if from < to { octets += [UInt8](copying: bytes.extracting(from..<to)) }
            }
            // An edit that spans lines speaks once, at its beginning.
            if edit.range.start >= range.start { octets += edit.value }
            position = max(position, edit.range.end)
        }
        if position < range.end {
            let from = Int(position - range.start)
            if from < bytes.byteCount { octets += [UInt8](copying: bytes.extracting(from...)) }
        }
        return octets.isEmpty ? .nothing : .octets(octets)
    }

    /// Octets of the side's stream that MailTap itself said.
    func injected(by side: Side) -> UInt64 {
        maps.map { $0.injections.octets(of: side) } ?? 0
    }

    /// Whether MailTap itself said the octets of `range`.
    func isInjected(_ range: StreamRange) -> Bool {
        maps.map { !$0.injections.isEmpty && $0.injections.covers(range) } ?? false
    }
}

extension Forwarded {
    /// Adds what went on in place of the next line of a reply, of which `received` came before.
    mutating func append(_ line: Forwarded, received: [UInt8], original: [UInt8]) {
        switch (self, line) {
        case (.same, .same): break
        case (.same, .nothing): self = received.isEmpty ? .nothing : .octets(received)
        case (.same, .octets(let changed)): self = .octets(received + changed)
        case (.nothing, .same): self = .octets(original)
        case (.octets(let before), .same): extend(before, by: original)
        case (.octets(let before), .octets(let changed)): extend(before, by: changed)
        case (.nothing, let changed): self = changed
        case (.octets, .nothing): break
        }
    }

    /// Appends to what is there already, without copying it.
    private mutating func extend(_ octets: consuming [UInt8], by more: [UInt8]) {
        self = .nothing
        octets += more
        self = .octets(octets)
    }
}

/// Tells how a session ended from what was said and how the connection closed.
struct EndingTracker {
    private var told: Ending?
    private var firstToClose: Side?
    private var wasReset = false
    private var saidQuit = false

    mutating func note(_ mark: Mark) {
        switch mark {
        case .ended(let ending): told = ending
        case .eof(let side): if firstToClose == nil { firstToClose = side }
        case .reset: wasReset = true
        case .trouble(let trouble) where trouble.code == "connect-failed": told = .killed
        default: break
        }
    }

    mutating func command(isQuit: Bool) { saidQuit = isQuit }

    /// - Parameter quitReply: what the newest QUIT was answered; `none` or nil without a reply.
    func ending(quitReply: ReplyStatus?) -> Ending {
        if let told, told == .timeout || told == .killed { return told }
        if saidQuit, quitReply?.isPositive == true || firstToClose != nil { return .quit }
        if let told { return told }
        if wasReset { return .reset }
        switch firstToClose {
        case .client?: return .clientClosed
        case .server?: return .serverClosed
        case nil: return .open
        }
    }
}

extension ReplyStatus {
    /// Octets of a POP3 line of `length` octets that are the status and its separator.
    func popPrefix(_ line: RawSpan, _ length: Int) -> Int {
        let status = self == .ok ? 3 : self == .err ? 4 : self == .plus ? 1 : text.utf8.count
        return status < length && line.octet(at: status) == 32 ? status + 1 : min(status, length)
    }

    /// Octets of an SMTP line of `length` octets that are the code and, where it has one, its separator.
    func smtpPrefix(_ line: RawSpan, _ length: Int) -> Int {
        guard self != .none else { return 0 }
        guard length > 3 else { return length }
        let separator = line.octet(at: 3)
        return separator == 32 || separator == 45 || separator == 9 ? 4 : 3
    }
}

extension RawSpan {
    /// Octets of the line before its CRLF or LF.
    var textLength: Int {
        guard byteCount > 0, octet(at: byteCount - 1) == 10 else { return byteCount }
        return byteCount > 1 && octet(at: byteCount - 2) == 13 ? byteCount - 2 : byteCount - 1
    }

    /// The octet at an offset; the load checks the bounds.
    func octet(at offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
