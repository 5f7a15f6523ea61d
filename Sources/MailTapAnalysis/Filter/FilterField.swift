import MailTapCore

/// A field that a filter can name; names are Wireshark's where it has one.
enum FilterField: String, Sendable, CaseIterable {
    case smtpCommand = "smtp.req.command"
    case smtpParameter = "smtp.req.parameter"
    case smtpCode = "smtp.response.code"
    case smtpText = "smtp.rsp.parameter"
    case smtpUser = "smtp.auth.username"
    case popCommand = "pop.request.command"
    case popParameter = "pop.request.parameter"
    case popIndicator = "pop.response.indicator"
    case popText = "pop.response.description"
    case enhanced, latency
    case smtp, pop, imap, tls
    case `protocol`, session, source, ending, duration, route
    case address = "ip.addr", client = "ip.src", server = "ip.dst"
    case port = "tcp.port", clientPort = "tcp.srcport", serverPort = "tcp.dstport"
    case serverName = "server.name"
    case messages, from, to, rejected, subject, size, attachment, accepted
    case messageID = "message_id"
    case rule, severity, aspect, side, started

    /// One line of help.
    var meaning: String {
        switch self {
        case .smtpCommand: "an SMTP command's verb, such as \"RCPT\""
        case .smtpParameter: "what follows an SMTP verb"
        case .smtpCode: "an SMTP reply code"
        case .smtpText: "the text of an SMTP reply"
        case .smtpUser: "who logged in (not a secret)"
        case .popCommand: "a POP3 command's verb"
        case .popParameter: "what follows a POP3 verb"
        case .popIndicator: "\"+OK\" or \"-ERR\""
        case .popText: "the text of a POP3 response"
        case .enhanced: "an enhanced status code, such as \"5.1.1\""
        case .latency: "seconds from a command to its reply"
        case .smtp, .pop, .imap: "the session is of that protocol"
        case .tls: "TLS was begun"
        case .protocol: "smtp, pop3, imap or unknown"
        case .session: "the session's number in its input"
        case .source: "the input"
        case .ending: "quit, client-closed, server-closed, reset, timeout, open, killed"
        case .duration: "seconds"
        case .route: "the proxy's route, or a tunnel"
        case .address, .client, .server: "an address: either, the client's, the server's"
        case .port, .clientPort, .serverPort: "a port: either, the client's, the server's"
        case .serverName: "the server's name, where known"
        case .messages: "number of messages"
        case .from, .to, .rejected: "the envelope's sender, accepted and refused recipients"
        case .subject: "a message's subject, decoded"
        case .size: "a message's octets"
        case .attachment: "a message part with a file name"
        case .accepted: "1 where a message was taken, 0 where refused"
        case .messageID: "a message's id, without angle brackets"
        case .rule, .severity, .aspect, .side: "of a finding"
        case .started: "the session's beginning, seconds since 1970"
        }
    }

    /// The field's values; those of an exchange are of `exchange` alone.
    func values(_ session: Session, _ exchange: Int?) -> [FilterValue] {
        let current = exchange.flatMap { session.exchanges.indices.contains($0) ? session.exchanges[$0] : nil }
        switch self {
        case .smtpCommand, .smtpParameter, .smtpCode, .smtpText, .smtpUser:
            return session.proto == .smtp ? ofExchange(current) : []
        case .popCommand, .popParameter, .popIndicator, .popText:
            return session.proto == .pop3 ? ofExchange(current) : []
        case .enhanced, .latency: return ofExchange(current)
        case .messages: return [.number(Double(session.messages.count))]
        case .from, .to, .rejected, .subject, .size, .attachment, .accepted, .messageID:
            return session.messages.flatMap { ofMessage($0) }
        case .rule: return session.findings.map { .text($0.rule) }
        case .severity: return session.findings.map { .text($0.severity.rawValue) }
        case .aspect: return session.findings.map { .text($0.aspect.rawValue) }
        case .side: return session.findings.compactMap { $0.side.map { .text("\($0)") } }
        default: return ofSession(session)
        }
    }

    private func ofSession(_ session: Session) -> [FilterValue] {
        let (client, server) = (session.info.client, session.info.server)
        switch self {
        case .smtp: return session.proto == .smtp ? [.number(1)] : []
        case .pop: return session.proto == .pop3 ? [.number(1)] : []
        case .imap: return session.proto == .imap ? [.number(1)] : []
        case .tls: return session.tls == nil ? [] : [.number(1)]
        case .protocol: return [.text(session.proto?.name ?? "unknown")]
        case .session: return [.number(Double(session.number))]
        case .source: return [.text(session.info.source)]
        case .ending: return [.text(session.ending.rawValue)]
        case .duration: return [.number(Double(session.duration) / 1e9)]
        case .route: return session.info.route.map { [.text($0)] } ?? []
        case .address: return [client, server].compactMap { $0.address.map { .text($0.description) } }
        case .client: return client.address.map { [.text($0.description)] } ?? []
        case .server: return server.address.map { [.text($0.description)] } ?? []
        case .port: return [.number(Double(client.port)), .number(Double(server.port))]
        case .clientPort: return [.number(Double(client.port))]
        case .serverPort: return [.number(Double(server.port))]
        case .serverName: return server.name.map { [.text($0)] } ?? []
        case .started: return [.number(Double(session.info.started.nanoseconds) / 1e9)]
        default: return []
        }
    }

    private func ofExchange(_ exchange: Exchange?) -> [FilterValue] {
        guard let exchange else { return [] }
        let replies = [exchange.reply].compactMap(\.self) + exchange.furtherReplies
        switch self {
        case .smtpCommand, .popCommand: return exchange.command.map { [.text($0.verb)] } ?? []
        case .smtpParameter, .popParameter:
            guard let line = exchange.command?.line.text().text, let space = line.firstIndex(of: " ") else { return [] }
            return [.text(String(line[line.index(after: space)...]))]
        case .smtpCode: return replies.map { .number(Double($0.status.rawValue)) }
        case .popIndicator: return replies.map { .text($0.status.text) }
        case .smtpText, .popText: return replies.flatMap { $0.lines.map { .text($0.text().text) } }
        case .enhanced: return replies.compactMap { $0.enhanced.map { .text($0) } }
        case .latency: return replies.map { .number(Double($0.latency) / 1e9) }
        case .smtpUser:
            guard let note = exchange.note, let user = note.range(of: "user ") else { return [] }
            return [.text(String(note[user.upperBound...].prefix { $0 != " " && $0 != "," && $0 != ";" }))]
        default: return []
        }
    }

    private func ofMessage(_ message: Message) -> [FilterValue] {
        switch self {
        case .from: return (message.from.map { [.text($0)] } ?? []) + (message.content.from.map { [.text($0)] } ?? [])
        case .to: return message.to.map { .text($0) } + (message.content.to.map { [.text($0)] } ?? [])
        case .rejected: return message.rejected.map { .text($0) }
        case .subject: return message.content.subject.map { [.text($0)] } ?? []
        case .size: return [.number(Double(message.bytes))]
        case .attachment: return message.content.parts.compactMap { $0.filename.map { .text($0) } }
        case .accepted: return message.accepted.map { [.number($0 ? 1 : 0)] } ?? []
        case .messageID: return message.content.messageID.map { [.text($0)] } ?? []
        default: return []
        }
    }
}

extension String {
    /// Where `part` stands first.
    fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}
