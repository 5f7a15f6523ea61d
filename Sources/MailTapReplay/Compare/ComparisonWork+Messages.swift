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
    private func inOrder(_ recipients: [String]) -> [String] {
        extras.contains(.order) ? recipients : recipients.sorted()
    }
}
