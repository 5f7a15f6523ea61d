import MailTapCore

/// Logins: credentials in clear, weak mechanisms, tokens that are no base64.
enum LoginRules {
    static func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        switch place.facts.verb {
        case .auth, .response, .pass, .apop: look(place, &found)
        default: break
        }
    }

    private static func look(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let command = place.exchange.command else { return }
        let prefix = place.session.proto == .pop3 ? "pop3" : "smtp"
        switch command.verb {
        case "PASS" where prefix == "pop3":
            // Behind the one space there may be nothing.
            if !place.exchange.isEncrypted, place.facts.commandLength > "PASS ".utf8.count {
                reveal("the password", prefix, place, &found)
            }
        case "APOP" where prefix == "pop3":
            found.add("pop3.weak-mechanism", exchange: place.index, "APOP rests on MD5")
        case "AUTH":
            begin(command, prefix, place, &found)
            if prefix == "smtp" { order(place, &found) }
        case "*auth": respond(command, prefix, place, &found)
        default: break
        }
        challenge(prefix, place, &found)
        if command.verb != "PASS", command.verb != "APOP" { SASLRules.apply(prefix, place, &found) }
    }

    /// RFC 4954 section 4: once, and not inside a mail transaction.
    private static func order(_ place: DialoguePlace, _ found: inout FindingList) {
        guard place.state.isAuthenticated || place.state.transaction != nil else { return }
        found.add(
            "smtp.auth-out-of-order", exchange: place.index,
            place.state.isAuthenticated
                ? "AUTH came after a login that had succeeded" : "AUTH came inside a mail transaction")
    }

    private static func begin(
        _ command: Command, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        let words = SASLToken.words(SMTPGrammar.argument(of: command.line.octets))
        guard let first = words.first else { return }
        let name = SMTPGrammar.text(first).uppercased()
        guard let mechanism = SASLSteps.mechanism(name) else { return }
        if mechanism.isWeak {
            found.add("\(prefix).weak-mechanism", exchange: place.index, "The client logs in by \(ShownText.of(name))")
        }
        guard words.count > 1 else { return }
        token(words[1], command, .client, prefix, place, &found)
        initial(words.count - 1, name, prefix, place, &found)
        // LOGIN's first response is the user name.
        let isEmpty = words[1].elementsEqual([UInt8(ascii: "=")])
        if mechanism.revealsSecret, name != "LOGIN", !isEmpty, !place.exchange.isEncrypted {
            reveal("the credentials of SASL \(ShownText.of(name))", prefix, place, &found)
        }
    }

    /// RFC 4954 section 4, RFC 5034 section 4: one first response, and none to a mechanism in which the server speaks first.
    private static func initial(
        _ responses: Int, _ name: String, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        if responses > 1 {
            found.add(
                "\(prefix).bad-argument", exchange: place.index,
                "AUTH takes a mechanism and one response, and \(responses) words stand behind the mechanism")
        }
        // DIGEST-MD5 has one for a client that logs in again (RFC 2831 section 2.2).
        if name == "CRAM-MD5" || name == "DIGEST-MD5" {
            found.add(
                "\(prefix).initial-response", exchange: place.index,
                "The client sent a response with AUTH, and in \(name) the server speaks first",
                severity: name == "DIGEST-MD5" ? .note : nil)
        }
    }

    private static func respond(
        _ command: Command, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard let login = place.state.login, command.line.octets != [UInt8(ascii: "*")] else { return }
        token(command.line.octets[...], command, .client, prefix, place, &found)
        guard !place.exchange.isEncrypted, SASLSteps.mechanism(login.mechanism)?.revealsSecret == true else { return }
        let secretStep = login.mechanism == "LOGIN" ? 1 : 0
        if login.responses == secretStep, !command.line.octets.isEmpty {
            reveal("the credentials of SASL \(ShownText.of(login.mechanism))", prefix, place, &found)
        }
    }

    private static func token(
        _ octets: ArraySlice<UInt8>, _ command: Command, _ side: Side, _ prefix: String,
        _ place: DialoguePlace, _ found: inout FindingList
    ) {
        guard !command.line.isMasked, !octets.isEmpty else { return }
        let isBase64 = SASLToken.decode(octets) != nil
        guard !isBase64 || SASLToken.lacksPadding(octets) else { return }
        found.add(
            "\(prefix).bad-base64", exchange: place.index,
            "The client's response is " + (isBase64 ? "base64 whose padding is missing" : "no base64"),
            severity: isBase64 ? .warning : nil, side: .some(side))
    }

    private static func challenge(_ prefix: String, _ place: DialoguePlace, _ found: inout FindingList) {
        guard let reply = place.serverReply, reply.status.rawValue == 334 || reply.status == .plus,
            let line = reply.lines.first, line.patterns.isEmpty, line.secrets.isEmpty, !line.octets.isEmpty,
            case let isBase64 = SASLToken.decode(line.octets[...]) != nil,
            !isBase64 || SASLToken.lacksPadding(line.octets[...])
        else { return }
        found.add(
            "\(prefix).bad-base64", exchange: place.index,
            "The server's challenge is " + (isBase64 ? "base64 whose padding is missing" : "no base64"),
            severity: .warning,
            side: .some(.server))
    }

    private static func reveal(
        _ what: String, _ prefix: String, _ place: DialoguePlace, _ found: inout FindingList
    ) {
        // Nobody listens between two programs of one host.
        let isLocal =
            place.session.info.client.address?.isLoopback == true
            && place.session.info.server.address?.isLoopback == true
        found.add(
            "\(prefix).cleartext-login", exchange: place.index, "The client sent \(what) without TLS",
            severity: isLocal ? .note : nil)
    }
}
