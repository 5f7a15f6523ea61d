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
                times: 1 + anomaly.further, tellsPlaceOnly: anomaly.kind == .gap,
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
