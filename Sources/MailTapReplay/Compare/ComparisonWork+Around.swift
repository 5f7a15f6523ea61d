import MailTapAnalysis
import MailTapCore

extension ComparisonWork {
    /// Replies faster than this, in nanoseconds, are never too slow: timers and schedulers are no better.
    private static let quick: Int64 = 20_000_000

    /// Compares what stands around the dialogue, as far as it counts: findings, TLS, times.
    ///
    /// - Parameter leftOut: expected exchanges that were not played; what was found there can't come.
    mutating func compareAround(leftOut: Set<Int>) {
        if extras.contains(.findings) { compareFindings(leftOut) }
        if extras.contains(.tls) { compareTLS() }
        if let latencyFactor { compareLatencies(latencyFactor) }
    }

    /// Findings are the same where rule and place are.
    private mutating func compareFindings(_ leftOut: Set<Int>) {
        struct Key: Hashable {
            var rule: String
            var exchange: Int?
        }
        let counterparts = Dictionary(
            pairs.compactMap { pair in pair.came.flatMap { came in pair.expected.map { (came, $0) } } },
            uniquingKeysWith: { first, _ in first })
        var gone: [Key: [Finding]] = [:]
        let open = openExchanges
        let opensOffer = open.contains {
            ["EHLO", "LHLO", "CAPA"].contains(expected.session.exchanges[$0].command?.verb ?? "")
        }
        /// What may vary says nothing of what is found in it; nor do offers that may vary, of what is made of them.
        func counts(_ finding: Finding, at exchange: Int?) -> Bool {
            !(exchange.map(open.contains) ?? false) && !(opensOffer && finding.aspect == .semantics)
        }
        for finding in expected.session.findings
        where !(finding.exchange.map(leftOut.contains) ?? false) && counts(finding, at: finding.exchange) {
            gone[Key(rule: finding.rule, exchange: finding.exchange), default: []].append(finding)
        }
        for finding in came.session.findings {
            let key = Key(rule: finding.rule, exchange: finding.exchange.flatMap { counterparts[$0] })
            if gone[key]?.popLast() != nil || !counts(finding, at: key.exchange) { continue }
            add(
                .finding, key.exchange, finding.exchange, "", "\(finding.rule): \(finding.text)",
                "the finding \(finding.rule) is new")
        }
        for finding in expected.session.findings {
            let key = Key(rule: finding.rule, exchange: finding.exchange)
            guard let left = gone[key]?.popLast() else { continue }
            add(
                .finding, left.exchange, nil, "\(left.rule): \(left.text)", "",
                "the finding \(left.rule) is gone")
        }
    }

    /// Expected exchanges of which a dialogue file lets something vary.
    private var openExchanges: Set<Int> {
        let exchanges = expected.session.exchanges
        return Set(
            exchanges.indices.filter { index in
                let exchange = exchanges[index]
                let replies = [exchange.reply].compactMap(\.self) + exchange.furtherReplies
                let lines = replies.flatMap(\.lines) + (exchange.data ?? [])
                let message = exchange.message.flatMap { expected.session.messages[checked: $0] }
                return replies.contains { $0.acceptable != nil } || lines.contains { !$0.patterns.isEmpty }
                    || !(message?.patterns.isEmpty ?? true)
            })
    }

    private mutating func compareTLS() {
        let was = Self.facts(expected.session.tls), now = Self.facts(came.session.tls)
        for name in Set(was.keys).union(now.keys).sorted() where was[name] != now[name] {
            // Ciphertext tells less than an end of the connection knows.
            guard name != "version" || was[name] != nil && now[name] != nil else { continue }
            add(
                .tls, nil, nil, was[name].map { "\(name): \($0)" } ?? "", now[name].map { "\(name): \($0)" } ?? "",
                "TLS is another: \(name)")
        }
    }

    /// What is known of TLS with the server.
    private static func facts(_ tls: TLSMark?) -> [String: String] {
        guard let tls else { return ["start": "none"] }
        let leg = tls.upstream ?? tls.client
        var facts = ["start": tls.start.rawValue]
        facts["version"] = leg.version
        facts["problem"] = leg.problem
        return facts
    }

    private mutating func compareLatencies(_ factor: Double) {
        for (left, right) in pairs {
            guard let left, let right, let was = expected.session.exchanges[checked: left]?.reply?.latency,
                let now = came.session.exchanges[checked: right]?.reply?.latency, was > 0,
                now > Self.quick, Double(now) > Double(was) * factor
            else { continue }
            add(
                .latency, left, right, Self.milliseconds(was), Self.milliseconds(now),
                "the reply took more than \(factor) times as long")
        }
    }

    /// Nanoseconds as milliseconds with one decimal.
    static func milliseconds(_ nanoseconds: Int64) -> String {
        let tenths = (max(0, nanoseconds) / 50_000 + 1) / 2
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
