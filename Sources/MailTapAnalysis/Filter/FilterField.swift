import MailTapCore

/// A field that a filter can name; names are Wireshark's where it has one.
enum FilterField: String, Sendable, CaseIterable {
    case smtpRequest = "smtp.req", smtpCommand = "smtp.req.command", smtpParameter = "smtp.req.parameter"
    case smtpResponse = "smtp.response", smtpCode = "smtp.response.code", smtpText = "smtp.rsp.parameter"
    case smtpUser = "smtp.auth.username"
    case popRequest = "pop.request", popCommand = "pop.request.command", popParameter = "pop.request.parameter"
    case popResponse = "pop.response", popIndicator = "pop.response.indicator"
    case popText = "pop.response.description"
    case enhanced, latency, user, capability, encrypted
    case smtp, pop, imap, tls
    case tlsVersion = "tls.version", tlsCipher = "tls.cipher", serverNameIndication = "tls.sni"
    case `protocol`, session, source, ending, duration, route, started
    case address = "ip.addr", client = "ip.src", server = "ip.dst"
    case port = "tcp.port", clientPort = "tcp.srcport", serverPort = "tcp.dstport"
    case serverName = "server.name"
    case messages, from, to, rejected, subject, size, attachment, accepted, complete, report
    case messageID = "message_id"
    case headerFrom = "imf.from", headerTo = "imf.to", headerDate = "imf.date"
    case rule, severity, aspect, side

    /// Other names of fields, mostly Wireshark's.
    static let aliases: [String: FilterField] = [
        "pop3": .pop, "ipv6.addr": .address, "ipv6.src": .client, "ipv6.dst": .server, "ip.client": .client,
        "ip.server": .server, "imf.subject": .subject, "imf.message_id": .messageID, "filename": .attachment,
        "tls.handshake.extensions_server_name": .serverNameIndication, "_ws.expert.severity": .severity,
    ]

    /// The field of that name; nil for none.
    init?(named name: String) {
        guard let field = FilterField(rawValue: name) ?? Self.aliases[name] else { return nil }
        self = field
    }

    /// One line of help.
    var meaning: String {
        switch self {
        case .smtpRequest, .smtpResponse: "an SMTP command, an SMTP reply"
        case .smtpCommand: "an SMTP command's verb, such as \"RCPT\""
        case .smtpParameter: "what follows an SMTP verb"
        case .smtpCode: "an SMTP reply code"
        case .smtpText: "the text of an SMTP reply"
        case .smtpUser: "who logged in by SMTP, the server having agreed (no secret)"
        case .popRequest, .popResponse: "a POP3 command, a POP3 response"
        case .popCommand: "a POP3 command's verb"
        case .popParameter: "what follows a POP3 verb"
        case .popIndicator: "\"+OK\" or \"-ERR\""
        case .popText: "the text of a POP3 response"
        case .enhanced: "an enhanced status code, such as \"5.1.1\""
        case .latency: "seconds from a command to its reply"
        case .user: "who logged in, whatever the protocol, the server having agreed"
        case .capability: "an extension that the server offered, such as \"STARTTLS\""
        case .encrypted: "an exchange under TLS"
        case .smtp, .pop, .imap: "the session is of that protocol"
        case .tls: "TLS was begun"
        case .tlsVersion, .tlsCipher: "such as \"TLSv1.3\"; the cipher suite; of either leg"
        case .serverNameIndication: "the server name that the client asked for in TLS"
        case .protocol: "smtp, pop3, imap or unknown"
        case .session: "the session's number in its input"
        case .source: "the input"
        case .ending: "quit, client-closed, server-closed, reset, timeout, open, killed"
        case .duration: "seconds"
        case .route: "the proxy's route, or a tunnel"
        case .started: "the session's beginning, seconds since 1970"
        case .address, .client, .server: "an address or network: either, the client's, the server's"
        case .port, .clientPort, .serverPort: "a port: either, the client's, the server's"
        case .serverName: "the server's name, where known"
        case .messages: "number of messages"
        case .from, .to: "sender, accepted recipients: of the envelope or the header section"
        case .rejected: "refused recipients"
        case .subject: "a message's subject, decoded"
        case .size: "a message's octets"
        case .attachment: "a message part with a file name: the name"
        case .accepted, .complete: "1 where a message was taken, came whole; 0 where not"
        case .report: "a delivery or disposition report's part, such as \"message/delivery-status\""
        case .messageID: "a message's id, without angle brackets"
        case .headerFrom, .headerTo: "of the header section"
        case .headerDate: "the moment that the header section's Date gives"
        case .rule: "a finding's rule; smtp.* stands for all that begin so"
        case .severity: "a finding's: note < warning < error"
        case .aspect: "a finding's: syntax, semantics, synchronization"
        case .side: "the side at fault in a finding: client, server"
        }
    }

    /// Of what the field is told.
    var scope: FilterScope {
        switch self {
        case .smtpRequest, .smtpCommand, .smtpParameter, .smtpResponse, .smtpCode, .smtpText, .popRequest, .popCommand,
            .popParameter, .popResponse, .popIndicator, .popText, .enhanced, .latency, .encrypted:
            .exchange
        case .from, .to, .rejected, .subject, .size, .attachment, .accepted, .complete, .report, .messageID,
            .headerFrom, .headerTo, .headerDate:
            .message
        case .rule, .severity, .aspect, .side: .finding
        default: []
        }
    }

    /// The field's values at a place.
    func values(_ session: Session, _ place: FilterPlace) -> [FilterValue] {
        if scope == .exchange {
            guard let exchange = place.exchange, session.exchanges.indices.contains(exchange) else { return [] }
            return ofExchange(session.exchanges[exchange], session.proto)
        }
        if scope == .message {
            guard let message = place.message, session.messages.indices.contains(message) else { return [] }
            return ofMessage(session.messages[message])
        }
        if scope == .finding {
            guard let finding = place.finding, session.findings.indices.contains(finding) else { return [] }
            return ofFinding(session.findings[finding])
        }
        return ofSession(session)
    }

    private func ofFinding(_ finding: Finding) -> [FilterValue] {
        switch self {
        case .rule: [.text(finding.rule)]
        case .severity: [.text(finding.severity.rawValue)]
        case .aspect: [.text(finding.aspect.rawValue)]
        case .side: finding.side.map { [.text("\($0)")] } ?? []
        default: []
        }
    }

    private func ofSession(_ session: Session) -> [FilterValue] {
        let (client, server) = (session.info.client, session.info.server)
        switch self {
        case .smtp: return session.proto == .smtp ? [.number(1)] : []
        case .pop: return session.proto == .pop3 ? [.number(1)] : []
        case .imap: return session.proto == .imap ? [.number(1)] : []
        case .tls: return session.tls == nil ? [] : [.number(1)]
        case .tlsVersion: return session.legs.compactMap { $0.version.map { .text($0) } }
        case .tlsCipher: return session.legs.compactMap { $0.cipher.map { .text($0) } }
        case .serverNameIndication: return session.legs.compactMap { $0.sni.map { .text($0) } }
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
        case .messages: return [.number(Double(session.messages.count))]
        case .user, .smtpUser:
            guard self == .user || session.proto == .smtp else { return [] }
            return LoginName.accepted(in: session).map { .text($0) }
        case .capability: return session.offered.map { .text($0) }
        default: return []
        }
    }

    private func ofExchange(_ exchange: Exchange, _ proto: MailProtocol?) -> [FilterValue] {
        let replies = [exchange.reply].compactMap(\.self) + exchange.furtherReplies
        switch self {
        case .enhanced: return replies.compactMap { $0.enhanced.map { .text($0) } }
        case .latency: return replies.map { .number(Double($0.latency) / 1e9) }
        case .encrypted: return exchange.isEncrypted ? [.number(1)] : []
        case .smtpRequest, .smtpCommand, .smtpParameter, .smtpResponse, .smtpCode, .smtpText:
            guard proto == .smtp else { return [] }
        default:
            guard proto == .pop3 else { return [] }
        }
        switch self {
        case .smtpRequest, .popRequest: return exchange.command == nil ? [] : [.number(1)]
        case .smtpResponse, .popResponse: return replies.isEmpty ? [] : [.number(1)]
        case .smtpCommand, .popCommand: return exchange.command.map { [.text($0.verb)] } ?? []
        case .smtpParameter, .popParameter:
            guard let line = exchange.command?.line.text().text, let space = line.firstIndex(of: " ") else { return [] }
            return [.text(String(line[line.index(after: space)...]))]
        case .smtpCode: return replies.map { .number(Double($0.status.rawValue)) }
        case .popIndicator: return replies.map { .text($0.status.text) }
        case .smtpText, .popText: return replies.flatMap { $0.lines.map { .text($0.text().text) } }
        default: return []
        }
    }

    private func ofMessage(_ message: Message) -> [FilterValue] {
        func texts(_ values: [String?]) -> [FilterValue] { values.compactMap { $0.map { .text($0) } } }
        switch self {
        case .from: return texts([message.from, message.content.from])
        case .to: return texts(message.to + [message.content.to])
        case .rejected: return texts(message.rejected)
        case .subject: return texts([message.content.subject])
        case .size: return [.number(Double(message.bytes))]
        case .attachment: return texts(message.content.parts.map(\.filename))
        case .accepted: return message.accepted.map { [.number($0 ? 1 : 0)] } ?? []
        case .complete: return [.number(message.complete ? 1 : 0)]
        case .report: return texts([message.content.facts.report?.type])
        case .messageID: return texts([message.content.messageID])
        case .headerFrom: return texts([message.content.from])
        case .headerTo: return texts([message.content.to])
        case .headerDate:
            // A field that is no date is there all the same.
            return message.content.date.map { text in
                [MailDate(Array(text.utf8)[...]).map { .number(Double($0.seconds)) } ?? .text(text)]
            } ?? []
        default: return []
        }
    }
}

extension Session {
    /// The legs of TLS that are known.
    fileprivate var legs: [TLSMark.Leg] { [tls?.client, tls?.upstream].compactMap(\.self) }

    /// Every keyword that the server offered, in capitals, each once.
    fileprivate var offered: [String] {
        var words: [String] = []
        for exchange in exchanges {
            let lines: [WireText]
            switch exchange.command?.verb {
            case "EHLO", "LHLO": lines = exchange.reply?.lines.dropFirst().map { $0 } ?? []
            case "CAPA": lines = exchange.data ?? []
            default: continue
            }
            for word in lines.map({ $0.text().text.keyword }) where !words.contains(word) { words.append(word) }
        }
        return words
    }
}
