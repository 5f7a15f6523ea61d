import MailTapCore

/// How a session ended, and what it left undone.
enum EndRules {
    /// - Parameter place: at the session's end.
    static func apply(to session: Session, _ place: DialoguePlace, _ found: inout FindingList) {
        if session.proto == .smtp { delivery(session, &found) }
        // Where the input ends or octets are lost, what is missing may have come.
        guard session.ending != .open, session.clientMissing == 0, session.serverMissing == 0, session.info.startSeen,
            let last = session.exchanges.indices.last
        else { return }
        guard !session.isUndecrypted, !place.state.isTurned else { return }
        if session.proto == .pop3 {
            pop3(session, place.state, last, &found)
        } else {
            smtp(session, place, last, &found)
        }
    }

    /// The final dot, or the last chunk, went out and nothing came back.
    private static func delivery(_ session: Session, _ found: inout FindingList) {
        guard session.serverMissing == 0 else { return }
        for index in session.messages.indices
        where session.messages[index].accepted == nil && session.messages[index].complete {
            let message = session.messages[index]
            guard message.kind == .data || message.kind == .bdatLast,
                session.exchanges.indices.contains(message.exchange),
                session.exchanges[message.exchange].reply.map({ $0.status == .judged }) ?? true
            else { continue }
            // A capture that simply stops proves nothing; the next lines may hold the reply.
            found.add(
                "smtp.delivery-uncertain", exchange: message.exchange,
                "The whole message was sent and no reply to it was seen",
                severity: session.ending == .open ? .warning : nil)
        }
    }

    private static func smtp(
        _ session: Session, _ place: DialoguePlace, _ last: Int, _ found: inout FindingList
    ) {
        unanswered(session, &found)
        let isDismissed = farewell(session, &found)
        if session.ending == .timeout {
            found.add("smtp.idle-timeout", exchange: last, "The session ended because nothing was said any more")
        }
        guard session.ending != .quit, session.ending != .killed else { return }
        if place.state.transaction != nil || isCutOff(session, last) {
            found.add(
                "smtp.connection-lost", exchange: last,
                "The session ended (\(session.ending.rawValue)) " + standing(place.state, session.exchanges[last]),
                side: .some(fault(session)))
        } else if session.ending == .clientClosed, place.state.isGreeted, !isDismissed,
            session.exchanges[last].reply?.status.rawValue != 421
        {
            found.add("smtp.no-quit", exchange: last, "The client closed the connection without QUIT")
        } else if session.ending == .serverClosed, place.state.isGreeted, !isDismissed {
            silence(session, last, &found)
        }
    }

    /// Commands that never got a reply.
    private static func unanswered(_ session: Session, _ found: inout FindingList) {
        let exchanges = session.exchanges
        guard exchanges.indices.contains(where: { exchanges[$0].isUnanswered }),
            // A server that said 421 answers no more.
            !exchanges.indices.contains(where: { exchanges[$0].isUnasked && exchanges[$0].isFarewell(isLast: false) })
        else { return }
        let hasTLS = session.tls != nil
        var goAhead: Reply?
        for index in exchanges.indices {
            guard exchanges[index].isUnanswered else {
                if hasTLS, exchanges[index].command?.keyword == .starttls, exchanges[index].replyStatus.isPositive {
                    goAhead = exchanges[index].reply
                }
                continue
            }
            // What came in clear before the go-ahead for TLS no server may run (RFC 3207 section 4.2).
            if let goAhead, exchanges[index].isSent(before: goAhead) { continue }
            let exchange = exchanges[index]
            // Many clients close right behind QUIT; an unanswered message has a rule of its own.
            guard exchange.command != nil, exchange.command?.keyword != .quit, exchange.message == nil else { continue }
            found.add(
                "smtp.no-reply", exchange: index, "\(name(of: exchange)) never got a reply", side: .some(fault(session))
            )
        }
    }

    /// RFC 5321 section 3.8: a server says 421 before it closes a connection that is not at its end.
    private static func silence(_ session: Session, _ last: Int, _ found: inout FindingList) {
        let exchange = session.exchanges[last]
        guard exchange.command?.keyword != .quit, let reply = exchange.reply, reply.isComplete,
            reply.status.rawValue != 421, reply.status.rawValue != 221
        else { return }
        let seconds = session.duration.subtractingReportingOverflow(reply.at).partialValue / 1_000_000_000
        found.add(
            "smtp.closed-without-421", exchange: last,
            "The server closed the connection after \(seconds) seconds without a command, and said no 421"
                + (seconds < 300 ? "; it must wait 300" : ""))
    }

    private static func name(of exchange: Exchange) -> String {
        exchange.command.map { ShownText.subject(of: $0) } ?? ""
    }

    /// What the connection was lost in.
    private static func standing(_ state: DialogueState, _ last: Exchange) -> String {
        guard state.transaction == nil else { return "inside a mail transaction" }
        return last.command?.keyword == .bdat
            ? "inside a chunk that no mail transaction had asked for" : "inside a message's content"
    }

    /// Whether the connection ended within a message's content.
    private static func isCutOff(_ session: Session, _ last: Int) -> Bool {
        guard session.exchanges[last].isUnanswered, let index = session.exchanges[last].message,
            session.messages.indices.contains(index)
        else { return false }
        return session.messages[index].kind.isSubmitted && !session.messages[index].complete
    }

    /// An unasked 421: the server ends the session (RFC 5321 section 3.8), often since nothing was said for too long.
    private static func farewell(_ session: Session, _ found: inout FindingList) -> Bool {
        guard
            let index = session.exchanges.indices.dropFirst().last(where: {
                session.exchanges[$0].isUnasked
                    && session.exchanges[$0].isFarewell(isLast: $0 == session.exchanges.count - 1)
            }), let reply = session.exchanges[index].reply
        else { return false }
        let before = session.exchanges[..<index].last?.reply?.at ?? 0
        let seconds = reply.at.subtractingReportingOverflow(before).partialValue / 1_000_000_000
        let text = reply.lines.first?.text().text.lowercased() ?? ""
        let isTimeout = reply.enhanced == "4.4.2" || text.contains("timeout") || text.contains("timed out")
        if isTimeout || seconds >= 60 {
            found.add(
                "smtp.idle-timeout", exchange: index,
                "The server ended the session by \(reply.status.text) after \(seconds) seconds without a command")
        } else {
            found.add(
                "smtp.server-closing", exchange: index, "The server ended the session by \(reply.status.text), unasked")
        }
        return true
    }

    private static func fault(_ session: Session) -> Side? {
        switch session.ending {
        case .clientClosed: .client
        case .serverClosed: .server
        default: nil
        }
    }

    private static func pop3(
        _ session: Session, _ state: DialogueState, _ last: Int, _ found: inout FindingList
    ) {
        for index in session.exchanges.indices where session.exchanges[index].isUnanswered {
            let exchange = session.exchanges[index]
            guard let command = exchange.command, command.keyword != .quit else { continue }
            found.add(
                "pop3.no-response", exchange: index, "\(ShownText.subject(of: command)) never got a response",
                side: .some(fault(session)))
        }
        dismissed(session, state, last, &found)
        guard state.phase == .transaction, !state.deleted.isEmpty else { return }
        let count = ShownText.count(state.deleted.count, "message")
        let quit = session.exchanges.last { $0.command?.verb == "QUIT" }
        let how =
            quit == nil
            ? "and the session ended without QUIT"
            : quit?.reply == nil
                ? "and QUIT got no response: whether they are gone is uncertain" : "and the server refused at QUIT"
        found.add(
            "pop3.deletions-lost", exchange: last, "\(count) marked for deletion, \(how)", side: .some(fault(session)))
    }

    /// An unasked last -ERR: the autologout timer, which RFC 1939 section 3 wants to be 10 minutes at least.
    private static func dismissed(
        _ session: Session, _ state: DialogueState, _ last: Int, _ found: inout FindingList
    ) {
        let exchange = session.exchanges[last]
        guard last > 0, exchange.isFarewell(isLast: true), let reply = exchange.reply else { return }
        let before = session.exchanges[last - 1]
        let quiet = max(before.at, before.reply?.at ?? 0)
        let seconds = reply.at.subtractingReportingOverflow(quiet).partialValue / 1_000_000_000
        let isEarly = state.phase == .transaction && seconds < 600
        found.add(
            "pop3.idle-timeout", exchange: last,
            "The server ended the session after \(seconds) seconds without a command"
                + (isEarly ? "; it must wait 600" : ""),
            severity: isEarly ? .warning : nil, side: .some(isEarly ? .server : .client))
    }
}
