import MailTapCore

extension SMTPServerSession {
    /// Takes a command line, without its CRLF.
    mutating func command(_ line: [UInt8], _ effects: inout [Effect]) {
        guard !line.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) else {
            reply(500, "5.5.2", "Bare CR, bare LF or NUL in a command line", &effects)
            return
        }
        let text = String(decoding: line, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let verb = words[0].uppercased()
        let argument = words.count > 1 ? String(words[1]).trimmingSpaces : ""
        switch verb {
        case "EHLO" where !configuration.isLMTP, "LHLO" where configuration.isLMTP: hello(argument, &effects)
        case "HELO" where !configuration.isLMTP: plainHello(argument, &effects)
        case "MAIL": mail(argument, &effects)
        case "RCPT": recipient(argument, &effects)
        case "DATA": data(argument, &effects)
        case "BDAT" where configuration.extensions.contains(.chunking): chunk(argument, &effects)
        case "RSET":
            transaction = nil
            reply(250, "2.0.0", "Ok", &effects)
        case "NOOP": reply(250, "2.0.0", "Ok", &effects)
        case "HELP": reply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP AUTH QUIT", &effects)
        case "VRFY": verify(argument, &effects)
        case "EXPN": reply(502, "5.5.1", "EXPN is not offered", &effects)
        case "AUTH": authenticate(argument, &effects)
        case "STARTTLS": reply(502, "5.5.1", "TLS is not offered", &effects)
        case "QUIT":
            reply(221, "2.0.0", "\(configuration.hostName) closes the connection", &effects)
            effects.append(.close)
            input = .closed
        default: reply(500, "5.5.1", "Command not known", &effects)
        }
    }

    private mutating func hello(_ argument: String, _ effects: inout [Effect]) {
        guard !argument.isEmpty else {
            reply(501, "5.5.4", "A host name is missing", &effects)
            return
        }
        helloSaid = true
        isExtended = true
        transaction = nil
        var lines = ["\(configuration.hostName) greets \(argument.split(separator: " ").first ?? "")"]
        for service in ServerConfiguration.Extension.allCases where configuration.extensions.contains(service) {
            lines.append(service == .size ? "SIZE \(configuration.sizeLimit)" : service.rawValue)
        }
        if !configuration.accounts.isEmpty, !configuration.mechanisms.isEmpty {
            lines.append("AUTH " + configuration.mechanisms.map(\.rawValue).joined(separator: " "))
        }
        lines.append("HELP")
        let text = lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)\r\n" }.joined()
        effects.append(.send([UInt8](text.utf8)))
    }

    private mutating func plainHello(_ argument: String, _ effects: inout [Effect]) {
        guard !argument.isEmpty else {
            reply(501, "5.5.4", "A host name is missing", &effects)
            return
        }
        helloSaid = true
        isExtended = false
        transaction = nil
        effects.append(.send([UInt8]("250 \(configuration.hostName)\r\n".utf8)))
    }

    private mutating func mail(_ argument: String, _ effects: inout [Effect]) {
        guard helloSaid else {
            reply(503, "5.5.1", "\(configuration.isLMTP ? "LHLO" : "EHLO") comes first", &effects)
            return
        }
        guard user != nil || !configuration.requiresAuthentication else {
            reply(530, "5.7.0", "Authentication required", &effects)
            return
        }
        guard transaction == nil else {
            reply(503, "5.5.1", "A mail transaction is open", &effects)
            return
        }
        guard let path = SMTPPath(argument, keyword: "FROM:") else {
            reply(501, "5.5.4", "MAIL FROM:<reverse-path> expected", &effects)
            return
        }
        var isUTF8 = false
        for parameter in path.parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].uppercased() : nil
            switch (parts.first?.uppercased() ?? "", value) {
            case ("SIZE", let size?) where isExtended && configuration.extensions.contains(.size):
                guard let size = UInt64(size) else {
                    reply(501, "5.5.4", "SIZE is no number", &effects)
                    return
                }
                guard size <= UInt64(configuration.sizeLimit) else {
                    reply(552, "5.3.4", "Message exceeds the size limit", &effects)
                    return
                }
            case ("BODY", "7BIT"?), ("BODY", "8BITMIME"?):
                guard isExtended, configuration.extensions.contains(.eightBitMIME) else { fallthrough }
            case ("SMTPUTF8", nil) where isExtended && configuration.extensions.contains(.smtpUTF8): isUTF8 = true
            case ("AUTH", .some) where isExtended && !configuration.accounts.isEmpty: break
            default:
                reply(555, "5.5.4", "Parameter \(parameter) not known", &effects)
                return
            }
        }
        guard isUTF8 || path.isASCII else {
            reply(553, "5.6.7", "A non-ASCII address needs SMTPUTF8", &effects)
            return
        }
        transaction = Transaction(from: path.address, isUTF8: isUTF8)
        reply(250, "2.1.0", "Ok", &effects)
    }

    private mutating func recipient(_ argument: String, _ effects: inout [Effect]) {
        guard let open = transaction, !open.usesChunks else {
            reply(503, "5.5.1", "MAIL comes first", &effects)
            return
        }
        guard let path = SMTPPath(argument, keyword: "TO:"), !path.address.isEmpty else {
            reply(501, "5.5.4", "RCPT TO:<forward-path> expected", &effects)
            return
        }
        if let parameter = path.parameters.first {
            reply(555, "5.5.4", "Parameter \(parameter) not known", &effects)
        } else if !open.isUTF8, !path.isASCII {
            reply(553, "5.6.7", "A non-ASCII address needs SMTPUTF8", &effects)
        } else if configuration.refusedLocalParts.contains(path.localPart.lowercased()) {
            reply(550, "5.1.1", "<\(path.address)>: no such mailbox here", &effects)
        } else if open.to.count >= configuration.recipientLimit {
            reply(452, "4.5.3", "Too many recipients", &effects)
        } else {
            transaction?.to.append(path.address)
            reply(250, "2.1.5", "Ok", &effects)
        }
    }

    private mutating func data(_ argument: String, _ effects: inout [Effect]) {
        guard argument.isEmpty else {
            reply(501, "5.5.4", "DATA takes no argument", &effects)
            return
        }
        guard let open = transaction, !open.usesChunks else {
            reply(503, "5.5.1", transaction == nil ? "MAIL comes first" : "BDAT and DATA don't mix", &effects)
            return
        }
        guard !open.to.isEmpty else {
            // RFC 2033 section 4.2 asks LMTP for 503 here, RFC 5321 section 3.3 SMTP for 503 or 554.
            reply(configuration.isLMTP ? 503 : 554, "5.5.1", "No valid recipients", &effects)
            return
        }
        input = .data(DotUnstuffer())
        reply(354, nil, "End data with <CR><LF>.<CR><LF>", &effects)
    }

    private mutating func chunk(_ argument: String, _ effects: inout [Effect]) {
        let words = argument.split(separator: " ")
        guard let first = words.first, words.count <= 2, first.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let size = Int(first), words.count == 1 || words[1].uppercased() == "LAST"
        else {
            // What follows can't be told from commands without the size; the client has to start again.
            reply(501, "5.5.4", "BDAT size [LAST] expected", &effects)
            return
        }
        // The octets follow whatever the answer is (RFC 3030 section 2).
        let isRefused = transaction?.to.isEmpty ?? true
        transaction?.usesChunks = !isRefused
        input = .chunk(remaining: size, isLast: words.count == 2, isRefused: isRefused)
    }

    private func verify(_ argument: String, _ effects: inout [Effect]) {
        guard let path = SMTPPath("TO:<" + argument + ">", keyword: "TO:"), !path.address.isEmpty else {
            reply(501, "5.5.4", "VRFY address expected", &effects)
            return
        }
        guard !configuration.refusedLocalParts.contains(path.localPart.lowercased()) else {
            reply(550, "5.1.1", "No such mailbox here", &effects)
            return
        }
        reply(252, "2.0.0", "Can't verify, will try to deliver", &effects)
    }

    private mutating func authenticate(_ argument: String, _ effects: inout [Effect]) {
        guard isExtended, !configuration.accounts.isEmpty else {
            reply(503, "5.5.1", "AUTH is not offered", &effects)
            return
        }
        guard user == nil, transaction == nil else {
            reply(503, "5.5.1", user == nil ? "A mail transaction is open" : "Logged in already", &effects)
            return
        }
        let words = argument.split(separator: " ")
        guard let name = words.first, words.count <= 2 else {
            reply(501, "5.5.4", "AUTH mechanism [initial-response] expected", &effects)
            return
        }
        guard let mechanism = SASLMechanism(rawValue: name.uppercased()), configuration.mechanisms.contains(mechanism)
        else {
            reply(504, "5.5.4", "Mechanism not known", &effects)
            return
        }
        var initial: [UInt8]?
        if words.count == 2 {
            // "=" stands for an empty initial response (RFC 4954 section 4).
            guard let octets = words[1] == "=" ? [] : Base64.decode(words[1].utf8) else {
                reply(501, "5.5.2", "The response is no base 64", &effects)
                return
            }
            initial = octets
        }
        var exchange = SASLServerExchange(mechanism, accounts: configuration.accounts, stamp: stamp)
        let step = exchange.start(initial)
        follow(step, exchange, &effects)
    }

    /// Takes the client's response to a challenge.
    mutating func response(_ line: [UInt8], _ exchange: SASLServerExchange, _ effects: inout [Effect]) {
        input = .commands
        guard line != [0x2A] else {
            reply(501, "5.7.0", "Authentication cancelled", &effects)
            return
        }
        guard let octets = Base64.decode(line) else {
            reply(501, "5.5.2", "The response is no base 64", &effects)
            return
        }
        var exchange = exchange
        let step = exchange.receive(octets)
        follow(step, exchange, &effects)
    }

    private mutating func follow(
        _ step: SASLServerExchange.Step, _ exchange: SASLServerExchange, _ effects: inout [Effect]
    ) {
        switch step {
        case .challenge(let octets):
            input = .sasl(exchange)
            reply(334, nil, String(decoding: Base64.encode(octets), as: UTF8.self), &effects)
        case .success(let name):
            user = name
            reply(235, "2.7.0", "Authentication succeeded", &effects)
        case .failure:
            reply(535, "5.7.8", "Authentication credentials invalid", &effects)
        }
    }
}

extension String {
    /// The text without the spaces around it.
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
