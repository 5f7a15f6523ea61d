import MailTapAnalysis
import MailTapCore

extension ComparisonWork {
    /// Compares the messages that two exchanges carried.
    mutating func compareMessages(_ before: Exchange, _ after: Exchange, _ left: Int, _ right: Int) {
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
        guard was.bytes != now.bytes || was.digest != now.digest else { return }
        var excerpt: Difference.Excerpt?
        if let index = before.message, let other = after.message {
            if areSame(index, other, isReceived: was.from == nil) { return }
            excerpt = firstDifference(index, other, isReceived: was.from == nil)
        }
        if was.bytes != now.bytes {
            add(
                .messageSize, left, right, Self.describe(was), Self.describe(now),
                "the message has \(now.bytes) octets, not \(was.bytes)", excerpt: excerpt)
        } else {
            add(
                .messageDigest, left, right, "SHA-256 \(was.sha256.prefix(16))…", "SHA-256 \(now.sha256.prefix(16))…",
                "the message has the same size and other octets", excerpt: excerpt)
        }
    }

    /// The lines around the first one that two messages do not share, after the normalizers.
    private func firstDifference(_ index: Int, _ other: Int, isReceived: Bool) -> Difference.Excerpt? {
        guard let left = expected.content(of: index), let right = came.content(of: other) else { return nil }
        let rules = MessageNormalization(builtins.intersection([.dates, .messageIDs, .boundaries, .traceFields]))
        let was = Self.lines(rules.apply(left, isReceived: isReceived))
        let now = Self.lines(rules.apply(right, isReceived: isReceived))
        let common = zip(was, now).prefix { $0 == $1 }.count
        guard common < max(was.count, now.count) else { return nil }
        func shown(_ lines: [[UInt8]]) -> [String] {
            lines[min(lines.count, max(0, common - 2))..<min(lines.count, common + 3)].map {
                WireText.decode([UInt8]($0.prefix(4000))).text
            }
        }
        return Difference.Excerpt(line: common + 1, expected: shown(was), came: shown(now))
    }

    private mutating func areSame(_ index: Int, _ other: Int, isReceived: Bool) -> Bool {
        let places = expected.session.messages[checked: index]?.patterns ?? []
        if !places.isEmpty { return meet(places, index, other, isReceived: isReceived) }
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
        if was.from.map(CommandKey.folding) != now.from.map(CommandKey.folding) {
            add(
                .envelope, left, right, "from <\(was.from ?? "")>", "from <\(now.from ?? "")>",
                "the envelope's reverse-path changed")
        }
        let (to, rejected) = (inOrder(was.to) != inOrder(now.to), inOrder(was.rejected) != inOrder(now.rejected))
        guard to || rejected else { return }
        add(
            .envelope, left, right, Self.recipients(was), Self.recipients(now),
            "the envelope's \(to ? "accepted" : "refused") recipients changed")
    }

    private static func recipients(_ message: Message) -> String {
        let refused = message.rejected.isEmpty ? "" : ", refused: \(message.rejected.joined(separator: ", "))"
        return "to \(message.to.isEmpty ? "nobody" : message.to.joined(separator: ", "))\(refused)"
    }

    /// An envelope is a set of recipients: their order counts only where all counts.
    private func inOrder(_ recipients: [String]) -> [String] {
        let folded = recipients.map { CommandKey.folding($0) }
        return extras.contains(.order) ? folded : folded.sorted()
    }
}
