import MailTapAnalysis
import MailTapCore

/// One comparison of two sessions, in progress.
struct ComparisonWork {
    let mode: Comparison.Mode
    let extras: Set<Comparison.Extra>
    let latencyFactor: Double?
    let builtins: Set<Normalizer.Builtin>
    let text: TextNormalization
    let expected: RecordedSession
    let came: RecordedSession
    private let notes: [ReplayNote]
    private(set) var pairs: [ExchangeAlignment.Pair] = []
    private(set) var differences: [Difference] = []
    /// Names of the rules that made something equal.
    var used: Set<String> = []
    let patterns: [Normalizer]
    /// Whether the present mail transaction's envelope has a difference already, where it came about.
    var isEnvelopeTold = false

    init(_ comparison: Comparison, _ expected: RecordedSession, _ came: RecordedSession, _ notes: [ReplayNote]) {
        mode = comparison.mode
        extras = comparison.extras
        latencyFactor = comparison.latencyFactor
        builtins = Set(
            comparison.normalizers.compactMap { normalizer in
                if case .builtin(let builtin) = normalizer.rule { builtin } else { nil }
            })
        text = TextNormalization(comparison.normalizers)
        patterns = comparison.normalizers.filter { if case .pattern = $0.rule { true } else { false } }
        self.expected = expected
        self.came = came
        self.notes = notes
    }

    mutating func run() {
        let (before, after) = (expected.session, came.session)
        if before.proto != after.proto {
            differences.append(
                Difference(
                    kind: .proto, expected: before.proto?.name ?? "unknown", came: after.proto?.name ?? "unknown",
                    why: "another protocol is spoken"))
            return
        }
        // What the replay did knowingly stands in its notes; each counts once, where it begins.
        let leftOut = notes.filter { $0.kind == .leftOut }.reduce(into: Set<Int>()) { $0.formUnion($1.exchanges) }
        let notPlayed = notes.filter { $0.kind == .notPlayed }.reduce(into: Set<Int>()) { $0.formUnion($1.exchanges) }
        let inserted = Set(notes.filter { $0.kind == .inserted }.compactMap(\.came))
        pairs = ExchangeAlignment.pairs(
            before.exchanges, after.exchanges, leftOut: leftOut.union(notPlayed), inserted: inserted)
        if !extras.contains(.order) { pairs = ExchangeAlignment.pairingMoved(pairs, before.exchanges, after.exchanges) }
        var noted: Set<Int> = []
        let abortedAt = notes.first { $0.kind == .aborted }
        for (left, right) in pairs {
            let verb = (left.flatMap { before.exchanges[$0] } ?? right.flatMap { after.exchanges[$0] })?.command?.verb
            if verb == "MAIL" { isEnvelopeTold = false }
            let count = differences.count
            // Which recipients there are is told where they are named, and not again at the message; what became of
            // them is another fact.
            defer {
                let told = differences[count...].contains {
                    [.envelope, .exchangeMissing, .exchangeExtra].contains($0.kind)
                }
                if verb == "MAIL" || verb == "RCPT", told { isEnvelopeTold = true }
            }
            switch (left, right) {
            case (let left?, let right?): compare(left, right)
            case (let left?, nil): missing(left, leftOut, notPlayed, abortedAt, &noted)
            case (nil, let right?): unexpected(right)
            case (nil, nil): break
            }
        }
        compareAround(leftOut: leftOut.union(notPlayed))
        if let abortedAt {
            add(
                .aborted,
                before.exchanges.indices.contains(abortedAt.exchanges.lowerBound)
                    ? abortedAt.exchanges.lowerBound : nil, nil, "", "", abortedAt.text)
        }
    }

    /// An exchange that is expected has no counterpart.
    private mutating func missing(
        _ left: Int, _ leftOut: Set<Int>, _ notPlayed: Set<Int>, _ abortedAt: ReplayNote?, _ noted: inout Set<Int>
    ) {
        let exchange = expected.session.exchanges[left]
        if notPlayed.contains(left) {
            guard let note = notes.first(where: { $0.kind == .notPlayed && $0.exchanges.contains(left) }),
                noted.insert(note.exchanges.lowerBound).inserted
            else { return }
            add(.notPlayed, left, nil, line(exchange), "", note.text)
        } else if leftOut.contains(left) || abortedAt.map({ left >= $0.exchanges.lowerBound }) ?? false {
            return
        } else if exchange.command == nil, left > 0, !notes.isEmpty || isReplay {
            add(.exchangeMissing, left, nil, reply(exchange), "", "the server did not say this")
        } else {
            add(.exchangeMissing, left, nil, line(exchange), "", "this exchange is missing")
        }
    }

    /// An exchange came that has no counterpart in what is expected.
    private mutating func unexpected(_ right: Int) {
        let exchange = came.session.exchanges[right]
        let isServersAlone = exchange.command == nil
        // A greeting that was left out of what is expected, as in a dialogue written by hand, is not forbidden.
        if right == 0, isServersAlone, expected.session.exchanges.first?.command != nil { return }
        add(
            .exchangeExtra, nil, right, "", isServersAlone ? reply(exchange) : line(exchange),
            "this exchange was not expected")
    }

    private var isReplay: Bool { came.session.info.source == "replay" }

    // MARK: One exchange

    private mutating func compare(_ left: Int, _ right: Int) {
        let before = expected.session.exchanges[left]
        let after = came.session.exchanges[right]
        let isSame = compareReplies(before, after, left, right)
        guard mode != .status, isSame else { return }
        compareCommands(before, after, left, right)
        compareCounts(before, after, left, right)
        if var was = CapabilitySet(before, without: builtins), var now = CapabilitySet(after, without: builtins) {
            if before.isEncrypted != after.isEncrypted {
                // Under TLS nobody offers it (RFC 3207 section 4.2); that TLS is there is told elsewhere.
                was.removeTLS()
                now.removeTLS()
            }
            for change in was.changes(to: now) {
                add(.capability, left, right, change.expected, change.came, change.why)
            }
        } else {
            compareListings(before, after, left, right)
        }
        compareMessages(before, after, left, right)
    }

    /// Compares status, enhanced code and, where all counts, the text; returns whether the status is the same.
    private mutating func compareReplies(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) -> Bool {
        let pairs = zip(
            [before.reply] + before.furtherReplies.map { $0 as Reply? },
            [after.reply] + after.furtherReplies.map { $0 as Reply? })
        for (was, now) in pairs {
            // A reply that was not recorded can't be missed.
            guard let was else { continue }
            guard let now else {
                add(.status, left, right, describe(was), "no reply", "no reply came")
                return false
            }
            guard was.acceptable?.accepts(now.status) ?? (was.status == now.status) else {
                add(
                    .status, left, right, describe(was), describe(now),
                    "the status is \(Self.status(now)), not \(was.acceptable?.name ?? Self.status(was))")
                return false
            }
            guard mode != .status else { continue }
            if was.lines.contains(where: { !$0.patterns.isEmpty }) {
                compareWithPatterns(was, now, before, left, right)
            } else if was.enhanced != now.enhanced {
                add(
                    .enhanced, left, right, describe(was), describe(now),
                    Self.enhanced(was, now))
            } else if mode == .exact {
                compareTexts(was, now, before, left, right)
            }
        }
        guard before.reply == nil || before.furtherReplies.count == after.furtherReplies.count else {
            add(
                .status, left, right, "\(before.furtherReplies.count + 1) replies",
                "\(after.furtherReplies.count + 1) replies", "LMTP answers for another number of recipients")
            return false
        }
        return true
    }

    private mutating func compareTexts(_ was: Reply, _ now: Reply, _ exchange: Exchange, _ left: Int, _ right: Int) {
        var lines = (was.lines.map { $0.text().text }, now.lines.map { $0.text().text })
        let namesHost = exchange.command.map { ["EHLO", "LHLO", "HELO", "QUIT"].contains($0.verb) } ?? true
        if namesHost, builtins.contains(.hosts), lines.0.first != lines.1.first {
            used.insert(Normalizer.Builtin.hosts.rawValue)
            lines = (Array(lines.0.dropFirst()), Array(lines.1.dropFirst()))
        }
        // What a server offers is compared as a set.
        if CapabilitySet(exchange, without: builtins) != nil {
            lines = (Array(lines.0.prefix(1)), Array(lines.1.prefix(1)))
        }
        guard lines.0 != lines.1 else { return }
        guard lines.0.map({ text.apply($0) }) != lines.1.map({ text.apply($0) }) else {
            used.formUnion(text.needed(for: lines.0, lines.1))
            return
        }
        add(.text, left, right, describe(was), describe(now), "the text of the reply is another")
    }

    /// Arguments that make another exchange of a command: an address, or which message is meant.
    private mutating func compareCommands(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        guard let was = before.command, let now = after.command, was.line.octets != now.line.octets else { return }
        let isOther = CommandKey(was) != CommandKey(now)
        switch was.verb {
        case _ where was.verb != now.verb && was.isHello:
            add(.command, left, right, line(before), line(after), "the client greets with \(now.verb), not \(was.verb)")
        case "MAIL" where isOther: add(.envelope, left, right, line(before), line(after), "the reverse-path is another")
        case "RCPT" where isOther: add(.envelope, left, right, line(before), line(after), "the recipient is another")
        case "RETR", "TOP", "DELE", "LIST", "UIDL", "VRFY", "EXPN":
            guard isOther || mode == .exact else { return }
            add(.command, left, right, line(before), line(after), "the command has another argument")
        // Logins are answered afresh, and mails are compared as such.
        case "AUTH", "*auth", "USER", "PASS", "APOP", "BDAT", "*data": break
        default:
            // What a replay said otherwise it did knowingly.
            guard mode == .exact, !notes.contains(where: { $0.kind == .altered && $0.exchanges.contains(left) }) else {
                return
            }
            add(.command, left, right, line(before), line(after), "the command is written otherwise")
        }
    }

    /// STAT tells how many messages there are.
    private mutating func compareCounts(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        guard before.command?.verb == "STAT", let was = before.reply, let now = after.reply, was.status == .ok else {
            return
        }
        func count(_ reply: Reply) -> Substring? {
            reply.lines.first?.text().text.split(separator: " ").first.map { $0[...] }
        }
        guard count(was) != count(now) else { return }
        add(
            .messageCount, left, right, describe(was), describe(now),
            "the maildrop has \(count(now) ?? "no") messages, not \(count(was) ?? "none")")
    }

    /// POP3 listings: which messages there are, and what may not vary of them.
    private mutating func compareListings(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        guard let was = before.data, let now = after.data else { return }
        guard !was.contains(where: { !$0.patterns.isEmpty }) else {
            compareWithPatterns(was, now, left, right)
            return
        }
        let verb = before.command?.verb ?? ""
        let kept = entries(was, verb), came = entries(now, verb)
        guard kept != came else {
            if was.map({ $0.text().text }) != now.map({ $0.text().text }) {
                used.insert((verb == "LIST" ? Normalizer.Builtin.listedSizes : .uniqueIDs).rawValue)
            }
            return
        }
        let isCount = ["LIST", "UIDL"].contains(verb) && kept.count != came.count
        let only = Self.onlyOnOneSide(kept, came)
        add(
            isCount || mode != .exact ? .messageCount : .text, left, right, only.expected, only.came,
            isCount ? "the maildrop lists \(came.count) messages, not \(kept.count)" : "the listing is another")
    }

    /// The lines that only one of two listings has, in order; long listings cut.
    static func onlyOnOneSide(_ expected: [String], _ came: [String]) -> (expected: String, came: String) {
        func only(_ lines: [String], _ others: [String]) -> String {
            var left = Dictionary(others.map { ($0, 1) }, uniquingKeysWith: +)
            let own = lines.filter { line in
                guard let count = left[line], count > 0 else { return true }
                left[line] = count - 1
                return false
            }
            let more = own.count > 20 ? ["… \(own.count - 20) more lines"] : []
            return (own.prefix(20) + more).joined(separator: "\n")
        }
        return (only(expected, came), only(came, expected))
    }

    private func entries(_ lines: [WireText], _ verb: String) -> [String] {
        let lines = lines.map { $0.text().text }
        let hidesValue =
            verb == "LIST" && builtins.contains(.listedSizes) || verb == "UIDL" && builtins.contains(.uniqueIDs)
        return hidesValue ? lines.map { String($0.prefix { $0 != " " }) } : lines
    }

    // MARK: Words

    mutating func add(
        _ kind: Difference.Kind, _ left: Int?, _ right: Int?, _ expected: String, _ came: String, _ why: String,
        excerpt: Difference.Excerpt? = nil
    ) {
        var difference = Difference(
            kind: kind, exchange: left, cameExchange: right, expected: expected, came: came, why: why)
        difference.excerpt = excerpt
        differences.append(difference)
    }

    private func line(_ exchange: Exchange) -> String {
        guard let command = exchange.command else { return reply(exchange) }
        return command.verb == "*data" ? "the message" : command.line.text().text
    }

    private func reply(_ exchange: Exchange) -> String { exchange.reply.map(describe) ?? "no reply" }

    /// In what the enhanced codes of two replies differ.
    static func enhanced(_ was: Reply, _ now: Reply) -> String {
        switch (was.enhanced, now.enhanced) {
        case (let was?, nil): "the enhanced code \(was) is gone"
        case (nil, let now?): "the enhanced code \(now) is new"
        case (let was, let now): "the enhanced code is \(now ?? "none"), not \(was ?? "none")"
        }
    }

    private static func status(_ reply: Reply) -> String { reply.status == .none ? "missing" : reply.status.text }

    /// All lines of a reply.
    func describe(_ reply: Reply) -> String {
        ReplyLines.shown(reply, isPOP3: expected.session.proto == .pop3).joined(separator: "\n")
    }

    static func describe(_ message: Message) -> String { "a message of \(message.bytes) octets" }
}
