import MailTapAnalysis
import MailTapCore

/// One comparison of two sessions, in progress.
struct ComparisonWork {
    private let mode: Comparison.Mode
    private let builtins: Set<Normalizer.Builtin>
    private let text: TextNormalization
    private let expected: RecordedSession
    private let came: RecordedSession
    private let notes: [ReplayNote]
    private(set) var pairs: [ExchangeAlignment.Pair] = []
    private(set) var differences: [Difference] = []
    /// Names of the rules that made something equal.
    private(set) var used: Set<String> = []
    private let patterns: [Normalizer]
    /// Whether the present mail transaction's envelope has a difference already, where it came about.
    private var isEnvelopeTold = false

    init(_ comparison: Comparison, _ expected: RecordedSession, _ came: RecordedSession, _ notes: [ReplayNote]) {
        mode = comparison.mode
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
        pairs = ExchangeAlignment.pairs(before.exchanges, after.exchanges)
        if mode != .exact { pairs = ExchangeAlignment.pairingMoved(pairs, before.exchanges, after.exchanges) }
        // What the replay did knowingly stands in its notes; each counts once, where it begins.
        let leftOut = notes.filter { $0.kind == .leftOut }.reduce(into: Set<Int>()) { $0.formUnion($1.exchanges) }
        let notPlayed = notes.filter { $0.kind == .notPlayed }.reduce(into: Set<Int>()) { $0.formUnion($1.exchanges) }
        let inserted = notes.filter { $0.kind == .inserted }.count
        var insertedLeft = inserted
        var noted: Set<Int> = []
        let abortedAt = notes.first { $0.kind == .aborted }
        for (left, right) in pairs {
            let verb = (left.flatMap { before.exchanges[$0] } ?? right.flatMap { after.exchanges[$0] })?.command?.verb
            if verb == "MAIL" { isEnvelopeTold = false }
            let count = differences.count
            // The message's envelope follows from these: what is told here is not told again there.
            defer { if verb == "MAIL" || verb == "RCPT", differences.count > count { isEnvelopeTold = true } }
            switch (left, right) {
            case (let left?, let right?): compare(left, right)
            case (let left?, nil):
                if notPlayed.contains(left) {
                    guard let note = notes.first(where: { $0.kind == .notPlayed && $0.exchanges.contains(left) }),
                        noted.insert(note.exchanges.lowerBound).inserted
                    else { continue }
                    add(.notPlayed, left, nil, line(before.exchanges[left]), "", note.text)
                } else if leftOut.contains(left) || abortedAt.map({ left >= $0.exchanges.lowerBound }) ?? false {
                    continue
                } else if before.exchanges[left].command == nil, left > 0, !notes.isEmpty || isReplay {
                    add(.exchangeMissing, left, nil, reply(before.exchanges[left]), "", "the server did not say this")
                } else {
                    add(.exchangeMissing, left, nil, line(before.exchanges[left]), "", "this exchange is missing")
                }
            case (nil, let right?):
                let verb = after.exchanges[right].command?.verb
                // A greeting that was left out of what is expected, as in a dialogue written by hand, is not forbidden.
                if right == 0, verb == nil, before.exchanges.first?.command != nil { continue }
                if insertedLeft > 0, verb == "RSET" || verb == "QUIT" {
                    insertedLeft -= 1
                    continue
                }
                add(
                    .exchangeExtra, nil, right, "",
                    verb == nil ? reply(after.exchanges[right]) : line(after.exchanges[right]),
                    "this exchange was not expected")
            case (nil, nil): break
            }
        }
        if let abortedAt {
            add(
                .aborted,
                before.exchanges.indices.contains(abortedAt.exchanges.lowerBound)
                    ? abortedAt.exchanges.lowerBound : nil, nil, "", "", abortedAt.text)
        }
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
        if let was = CapabilitySet(before, without: builtins), let now = CapabilitySet(after, without: builtins) {
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
                add(.status, left, right, Self.describe(was), "no reply", "no reply came")
                return false
            }
            guard was.status == now.status else {
                add(
                    .status, left, right, Self.describe(was), Self.describe(now),
                    "the status is \(Self.status(now)), not \(Self.status(was))")
                return false
            }
            guard mode != .status else { continue }
            if was.enhanced != now.enhanced {
                add(
                    .enhanced, left, right, Self.describe(was), Self.describe(now),
                    "the enhanced code is \(now.enhanced ?? "gone"), not \(was.enhanced ?? "without any")")
            } else if mode == .exact {
                compareTexts(was, now, before, left, right)
            }
        }
        guard before.furtherReplies.count == after.furtherReplies.count else {
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
        guard lines.0.map({ text.apply($0) }) != lines.1.map({ text.apply($0) }) else { return }
        add(.text, left, right, Self.describe(was), Self.describe(now), "the text of the reply is another")
    }

    /// Arguments that make another exchange of a command: an address, or which message is meant.
    private mutating func compareCommands(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        guard let was = before.command, let now = after.command, was.line.octets != now.line.octets else { return }
        switch was.verb {
        case "MAIL", "RCPT":
            guard Self.path(was) != Self.path(now) else { return }
            add(
                .envelope, left, right, line(before), line(after),
                was.verb == "MAIL" ? "the reverse-path is another" : "the recipient is another")
        case "RETR", "TOP", "DELE", "LIST", "UIDL", "VRFY", "EXPN":
            guard Self.arguments(was) != Self.arguments(now) else { return }
            add(.command, left, right, line(before), line(after), "the command has another argument")
        default: break
        }
    }

    /// What stands between the angle brackets, or behind the colon where there are none.
    private static func path(_ command: Command) -> ArraySlice<UInt8> {
        let octets = command.line.octets
        let start = octets.firstIndex(of: 0x3C).map { $0 + 1 } ?? octets.firstIndex(of: 0x3A).map { $0 + 1 } ?? 0
        let rest = octets[start...]
        return rest.lastIndex(of: 0x3E).map { rest[..<$0] } ?? rest
    }

    private static func arguments(_ command: Command) -> [ArraySlice<UInt8>] {
        Array(command.line.octets.split(separator: 0x20).dropFirst())
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
            .messageCount, left, right, Self.describe(was), Self.describe(now),
            "the maildrop has \(count(now) ?? "no") messages, not \(count(was) ?? "none")")
    }

    /// POP3 listings: which messages there are, and what may not vary of them.
    private mutating func compareListings(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        guard let was = before.data, let now = after.data else { return }
        let verb = before.command?.verb ?? ""
        let kept = entries(was, verb), came = entries(now, verb)
        guard kept != came else { return }
        let isCount = ["LIST", "UIDL"].contains(verb) && kept.count != came.count
        add(
            isCount || mode != .exact ? .messageCount : .text, left, right, "\(kept.count) lines",
            "\(came.count) lines",
            isCount ? "the maildrop lists \(came.count) messages, not \(kept.count)" : "the listing is another")
    }

    private func entries(_ lines: [WireText], _ verb: String) -> [String] {
        let lines = lines.map { $0.text().text }
        let hidesValue =
            verb == "LIST" && builtins.contains(.listedSizes) || verb == "UIDL" && builtins.contains(.uniqueIDs)
        return hidesValue ? lines.map { String($0.prefix { $0 != " " }) } : lines
    }

    // MARK: Messages

    private mutating func compareMessages(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
        let was = before.message.flatMap { expected.session.messages[checked: $0] }
        let now = after.message.flatMap { came.session.messages[checked: $0] }
        guard let was, let now else {
            guard was != nil || now != nil else { return }
            add(
                .messageCount, left, right, was.map(Self.describe) ?? "", now.map(Self.describe) ?? "",
                was == nil ? "a message came with this exchange" : "no message came with this exchange")
            return
        }
        // A message of several chunks is compared once, with the last of them.
        guard was.exchange == left, now.exchange == right else { return }
        if !isEnvelopeTold { compareEnvelopes(was, now, left, right) }
        guard was.bytes != now.bytes || was.sha256 != now.sha256 else { return }
        if let index = before.message, let other = after.message, areSame(index, other, isReceived: was.from == nil) {
            return
        }
        if was.bytes != now.bytes {
            add(
                .messageSize, left, right, Self.describe(was), Self.describe(now),
                "the message has \(now.bytes) octets, not \(was.bytes)")
        } else {
            add(
                .messageDigest, left, right, "SHA-256 \(was.sha256.prefix(16))…", "SHA-256 \(now.sha256.prefix(16))…",
                "the message has the same size and other octets")
        }
    }

    private mutating func areSame(_ index: Int, _ other: Int, isReceived: Bool) -> Bool {
        let rules = builtins.intersection([.dates, .messageIDs, .boundaries, .traceFields])
        guard !rules.isEmpty || !patterns.isEmpty, let left = expected.content(of: index),
            let right = came.content(of: other)
        else { return false }
        func alike(_ rules: Set<Normalizer.Builtin>, _ own: TextNormalization?) -> Bool {
            let all = MessageNormalization(rules)
            let (was, now) = (all.apply(left, isReceived: isReceived), all.apply(right, isReceived: isReceived))
            guard was != now, let own else { return was == now }
            return own.apply(WireText.decode(was).text) == own.apply(WireText.decode(now).text)
        }
        var own: TextNormalization?
        if !alike(rules, nil) {
            guard !patterns.isEmpty else { return false }
            own = TextNormalization(patterns)
            guard alike(rules, own) else { return false }
            used.formUnion(patterns.map(\.name))
        }
        // The report names the rules that were needed: those without which the messages differ.
        for rule in rules where !alike(rules.subtracting([rule]), own) { used.insert(rule.rawValue) }
        return true
    }

    private mutating func compareEnvelopes(_ was: Message, _ now: Message, _ left: Int, _ right: Int) {
        let parts: [(String, [String], [String])] = [
            ("reverse-path", [was.from ?? ""], [now.from ?? ""]),
            ("accepted recipients", inOrder(was.to), inOrder(now.to)),
            ("refused recipients", inOrder(was.rejected), inOrder(now.rejected)),
        ]
        for (what, before, after) in parts where before != after {
            add(
                .envelope, left, right, before.joined(separator: ", "), after.joined(separator: ", "),
                "the envelope's \(what) changed")
        }
    }

    /// An envelope is a set of recipients: their order counts only where all counts.
    private func inOrder(_ recipients: [String]) -> [String] { mode == .exact ? recipients : recipients.sorted() }

    // MARK: Words

    private mutating func add(
        _ kind: Difference.Kind, _ left: Int?, _ right: Int?, _ expected: String, _ came: String, _ why: String
    ) {
        differences.append(
            Difference(kind: kind, exchange: left, cameExchange: right, expected: expected, came: came, why: why))
    }

    private func line(_ exchange: Exchange) -> String {
        guard let command = exchange.command else { return reply(exchange) }
        return command.verb == "*data" ? "the message" : command.line.text().text
    }

    private func reply(_ exchange: Exchange) -> String { exchange.reply.map(Self.describe) ?? "no reply" }

    private static func status(_ reply: Reply) -> String { reply.status == .none ? "missing" : reply.status.text }

    /// Status and last line of a reply.
    static func describe(_ reply: Reply) -> String {
        let text = reply.lines.last?.text().text ?? ""
        return text.isEmpty ? status(reply) : "\(status(reply)) \(text)"
    }

    private static func describe(_ message: Message) -> String { "a message of \(message.bytes) octets" }
}
