import MailTapCore

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
    ///
    /// - Parameters:
    ///   - times: how often it happened there.
    ///   - tellsPlaceOnly: see `Finding`.
    mutating func add(
        _ rule: Rule, exchange: Int?, _ text: @autoclosure () -> String, severity: Severity? = nil,
        times: Int = 1, tellsPlaceOnly: Bool = false, side: Side?? = nil
    ) {
        let id = rule.id
        let fault = side ?? rule.side
        let key = Key(rule: id, exchange: exchange, side: fault)
        if let index = index(of: key) {
            repeats[index, default: 0] += times
            if let severity { findings[index].severity = max(findings[index].severity, severity) }
            return
        }
        if findings.count >= Self.mostOfARule, let last = lastOfFlood(of: id) {
            findings[last].unlisted += times
            if let severity { findings[last].severity = max(findings[last].severity, severity) }
            return
        }
        // A few are found faster by looking at each, and hardly any session has more.
        if findings.count >= Self.few {
            if seen.isEmpty { for (index, old) in findings.enumerated() { seen[Key(old)] = index } }
            seen[key] = findings.count
        }
        if times > 1 { repeats[findings.count] = times - 1 }
        var finding = Finding(
            rule: id, aspect: rule.aspect, severity: severity ?? rule.severity, side: fault, exchange: exchange,
            text: text(), reference: rule.reference)
        finding.tellsPlaceOnly = tellsPlaceOnly
        findings.append(finding)
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
