import MailTapCore

/// Applies the catalogue to a session.
enum Findings {
    /// Every finding: what the decoder noticed and what the whole session shows, in the order of the dialogue.
    static func all(of session: Session, anomalies: [DialogueAnomaly]) -> [Finding] {
        apply(to: session, anomalies: anomalies).findings
    }

    /// Every finding, and what the session did, where that is wanted.
    ///
    /// - Parameter each: called at each exchange of a protocol that is decoded.
    static func apply(
        to session: Session, anomalies: [DialogueAnomaly], sumsUp: Bool = true,
        each: (DialoguePlace) -> Void = { _ in }
    ) -> (findings: [Finding], overview: SessionOverview?) {
        var found = FindingList()
        if !anomalies.isEmpty { noticed(anomalies, session, &found) }
        let overview = SessionRules.apply(to: session, sumsUp: sumsUp, &found, each)
        return (found.inOrder, overview)
    }

    /// What the decoder noticed.
    private static func noticed(_ anomalies: [DialogueAnomaly], _ session: Session, _ found: inout FindingList) {
        let smuggling = SmugglingRules(session, anomalies)
        var known: Rule?
        var hasInjection = false
        var replies = AnomalousReplies(session)
        smuggling.lookBehindContent(&found)
        for var anomaly in anomalies {
            if smuggling.apply(anomaly, &found) || isFarewell(anomaly, session) { continue }
            if anomaly.isA(.replyWithoutCommand), replies.mayBeAsked(anomaly.exchange) { continue }
            if anomaly.isA(.replyWithoutStatus), replies.isLeftOpen(anomaly.exchange) { continue }
            let id = anomaly.rule(in: session.proto)
            // Anomalies of one rule often stand together.
            if known?.id != id { known = RuleBook.rule(id) }
            guard let rule = known else { continue }
            // What came last may belong to an exchange that never began.
            anomaly.exchange = min(anomaly.exchange, max(0, session.exchanges.count - 1))
            let isLost = ["tcp.gap", "decode.undecided", "decode.roles-turned", "tcp.conflict"].contains(id)
            var more = ""
            switch anomaly.kind {
            case .dialogue(.replyWithoutStatus): more = statuslessRole(anomaly.exchange, session)
            case .dialogue(.plaintextAfterSTARTTLS) where !hasInjection && session.tls != nil:
                hasInjection = true
                more = injectionRole(anomaly.exchange, anomalies, session)
            default: break
            }
            found.add(
                rule, exchange: anomaly.exchange, anomaly.text(rule) + more,
                side: .some(isLost ? nil : rule.side ?? anomaly.range.side))
        }
    }

    /// Whether the server ran what was injected before TLS: it then answers more than it is asked under TLS.
    private static func injectionRole(
        _ exchange: Int, _ anomalies: [DialogueAnomaly], _ session: Session
    ) -> String {
        let extra = anomalies.count { other in
            other.isA(.replyWithoutCommand) && other.exchange > exchange
                && session.exchanges.indices.contains(other.exchange)
                && session.exchanges[other.exchange].isEncrypted
        }
        guard extra > 0 else { return "" }
        let more = ShownText.count(extra, "more reply", "more replies")
        return "; under TLS the server gave \(more) than the client asked for, so it ran what was "
            + "injected (CVE-2011-0411)"
    }

    /// What a line without a code or status is to the dialogue.
    private static func statuslessRole(_ exchange: Int, _ session: Session) -> String {
        guard session.exchanges.indices.contains(exchange) else { return "" }
        guard let command = session.exchanges[exchange].command else {
            return exchange == 0 ? "" : "; no command waits for it, so it stands alone"
        }
        let name = ShownText.name(of: command)
        switch session.exchanges[exchange].replyStatus {
        case .none: return "; it is all that \(name) was answered with"
        case let status: return "; it stands in the reply \(status.text) to \(name)"
        }
    }

    /// Whether an unsolicited reply is a server's way of ending the session, which no command asks for: 421
    /// (RFC 5321 section 3.8), or a last 4yz or -ERR; `EndRules` tells of it.
    private static func isFarewell(_ anomaly: DialogueAnomaly, _ session: Session) -> Bool {
        guard anomaly.isA(.replyWithoutCommand), session.exchanges.indices.contains(anomaly.exchange) else {
            return false
        }
        let exchange = session.exchanges[anomaly.exchange]
        return exchange.isFarewell(isLast: anomaly.exchange == session.exchanges.count - 1)
    }
}

extension Exchange {
    /// Whether no command began it; by its case alone, since a comparison would copy the command.
    var isUnasked: Bool { if case .none = command { true } else { false } }

    /// Whether it has no reply; by its case alone.
    var isUnanswered: Bool { if case .none = reply { true } else { false } }

    /// Whether it is a server's unasked word that it ends the session.
    func isFarewell(isLast: Bool) -> Bool {
        guard command == nil, let status = reply?.status else { return false }
        // Some servers say 451 where 421 is meant.
        return status.rawValue == 421 || (isLast && (status == .err || status.rawValue / 100 == 4))
    }
}

/// Collects findings; the same rule at the same exchange counts once, and a flood of one rule is counted, not kept.
struct FindingList {
    private struct Key: Hashable {
        var rule: String
        var exchange: Int?
        var side: Side?

        init(rule: String, exchange: Int?, side: Side?) {
            self.rule = rule
            self.exchange = exchange
            self.side = side
        }

        init(_ finding: Finding) {
            self.init(rule: finding.rule, exchange: finding.exchange, side: finding.side)
        }
    }

    private static let few = 8
    /// Findings of one rule that are kept: a session can have millions, of which these tell enough.
    private static let mostOfARule = 1_000

    private var findings: [Finding] = []
    /// How often each came again, by its index.
    private var repeats: [Int: Int] = [:]
    /// The index of each, once they are more than a few.
    private var seen: [Key: Int] = [:]
    /// How many there are of each rule, and the index of the last, once there may be too many.
    private var ofRules: [String: (count: Int, last: Int)] = [:]

    /// Adds a finding.
    ///
    /// - Parameters:
    ///   - id: of a rule in the catalogue; another one adds nothing.
    ///   - exchange: index of the exchange, nil for the session.
    ///   - text: what happened here; not asked for where it was said already.
    ///   - severity: where this place is milder or graver than the rule's own.
    ///   - side: who is at fault, where the rule does not say; `.some(nil)` for nobody.
    mutating func add(
        _ id: String, exchange: Int?, _ text: @autoclosure () -> String, severity: Severity? = nil,
        side: Side?? = nil
    ) {
        guard let rule = RuleBook.rule(id) else { return }
        add(rule, exchange: exchange, text(), severity: severity, side: side)
    }

    /// As `add(_:exchange:_:severity:side:)` of the rule's id.
    mutating func add(
        _ rule: Rule, exchange: Int?, _ text: @autoclosure () -> String, severity: Severity? = nil,
        side: Side?? = nil
    ) {
        let id = rule.id
        let fault = side ?? rule.side
        let key = Key(rule: id, exchange: exchange, side: fault)
        if let index = index(of: key) {
            repeats[index, default: 0] += 1
            if let severity { findings[index].severity = max(findings[index].severity, severity) }
            return
        }
        if findings.count >= Self.mostOfARule, let last = lastOfFlood(of: id) {
            findings[last].unlisted += 1
            if let severity { findings[last].severity = max(findings[last].severity, severity) }
            return
        }
        // A few are found faster by looking at each, and hardly any session has more.
        if findings.count >= Self.few {
            if seen.isEmpty { for (index, old) in findings.enumerated() { seen[Key(old)] = index } }
            seen[key] = findings.count
        }
        findings.append(
            Finding(
                rule: id, aspect: rule.aspect, severity: severity ?? rule.severity, side: fault, exchange: exchange,
                text: text(), reference: rule.reference))
    }

    /// The last finding that is kept of a rule of which no more are; nil where one more is, which is counted.
    private mutating func lastOfFlood(of id: String) -> Int? {
        if ofRules.isEmpty {
            for (index, old) in findings.enumerated() {
                ofRules[old.rule] = ((ofRules[old.rule]?.count ?? 0) + 1, index)
            }
        }
        let count = ofRules[id]?.count ?? 0
        guard count < Self.mostOfARule else { return ofRules[id]?.last }
        ofRules[id] = (count + 1, findings.count)
        return nil
    }

    private func index(of key: Key) -> Int? {
        guard seen.isEmpty else { return seen[key] }
        return findings.indices.first {
            findings[$0].exchange == key.exchange && findings[$0].side == key.side && findings[$0].rule == key.rule
        }
    }

    /// In the order of the exchanges; those of the whole session last.
    var inOrder: [Finding] {
        guard findings.count > 1 || !repeats.isEmpty else { return findings }
        var list = findings
        for (index, count) in repeats { list[index].text += ", and \(count) more like it" }
        if list.count >= Self.mostOfARule {
            for index in list.indices where list[index].unlisted > 0 {
                list[index].text += ", and \(list[index].unlisted) more at later exchanges, which are not listed"
            }
        }
        return list.enumerated().sorted { left, right in
            let first = left.element.exchange ?? .max, second = right.element.exchange ?? .max
            return first == second ? left.offset < right.offset : first < second
        }.map(\.element)
    }
}
