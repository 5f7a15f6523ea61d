import MailTapCore

extension Replayer {
    /// Takes the reply to what was sent, and decides how to go on.
    mutating func take(_ reply: LiveReply, for what: Awaited, _ effects: inout [Effect]) {
        if case .greeting = what { exchanges += 1 }
        if reply.status == ReplyStatus(rawValue: 421) {
            // RFC 5321 section 3.8: the server closes.
            if case .greeting = what {} else { note(.aborted, next, "the server said 421 and ends the session") }
            stop(&effects)
            return
        }
        switch what {
        case .greeting: takeGreeting(reply, &effects)
        case .step(let index): takeReply(reply, plan.steps[index], &effects)
        case .content(let index, let repliesLeft):
            guard repliesLeft <= 1 else {
                awaited.insert(.content(index, repliesLeft: repliesLeft - 1), at: 0)
                return
            }
            takeContentReply(reply, plan.steps[index])
        case .sasl(let index, let client, let lines, let rounds):
            takeChallenge(reply, index, client, lines, rounds, &effects)
        case .inserted(let command):
            if command == "QUIT" { stop(&effects) } else { transactionIsOpen = false }
        case .opening(let opening): takeOpening(reply, opening, &effects)
        case .dataForChunks(let index, let octets): takeData(reply, index, octets, &effects)
        case .handshake: break
        }
    }

    private mutating func takeGreeting(_ reply: LiveReply, _ effects: inout [Effect]) {
        if let line = reply.lines.last, let start = line.lastIndex(of: 0x3C), let end = line.lastIndex(of: 0x3E),
            start < end
        {
            greetingStamp = [UInt8](line[start...end])
        }
        guard reply.status != .none else {
            note(.aborted, next, "the server does not speak \(plan.proto.name.uppercased())")
            stop(&effects)
            return
        }
        if !reply.status.isPositive, plan.greeting?.isPositive ?? true {
            omission = .toQuit("the server refuses service in its greeting")
            return
        }
        if options.tls == .starttls, reply.status.isPositive { open(&effects) }
    }

    private mutating func takeReply(_ reply: LiveReply, _ step: ReplayStep, _ effects: inout [Effect]) {
        let isPositive = reply.status.isPositive
        let wasPositive = step.expected?.isPositive ?? true
        switch (plan.proto, step.verb) {
        case (.smtp, "EHLO"), (.smtp, "LHLO"), (.smtp, "HELO"):
            transactionIsOpen = false
            isLMTP = step.verb == "LHLO"
            // HELO offers nothing.
            let hasOffers = isPositive && step.verb != "HELO"
            offers = hasOffers ? OfferedExtensions(reply.lines.dropFirst()) : OfferedExtensions()
            offersPipelining = offers.contains("PIPELINING")
            withholdsTLS = hasOffers && !offers.contains("STARTTLS")
            offeredMechanisms = isPositive ? Self.mechanisms(in: reply.lines.dropFirst()) : []
            let hasOther = plan.steps[next...].contains { ["EHLO", "LHLO", "HELO"].contains($0.verb) }
            if !isPositive, wasPositive, !hasOther { omission = .toQuit("the server refused \(step.verb)") }
        case (.pop3, "CAPA"):
            let keywords = reply.lines.dropFirst().map { String(decoding: $0, as: UTF8.self).uppercased() }
            offersPipelining = isPositive && keywords.contains("PIPELINING")
            withholdsTLS = isPositive && !keywords.contains("STLS")
        case (.smtp, "MAIL"):
            (triedRecipients, acceptedRecipients) = (0, 0)
            transactionIsOpen = isPositive
            if !isPositive, wasPositive { omission = .toNextMail("MAIL was refused", needsReset: false) }
        case (.smtp, "RCPT"):
            triedRecipients += 1
            if isPositive { acceptedRecipients += 1 }
        case (.smtp, "RSET"):
            transactionIsOpen = false
        case (.smtp, "DATA"):
            let expectsContent = plan.steps[checked: next]?.verb == "*data"
            if reply.status.isIntermediate {
                mayContent = true
                guard !expectsContent else { return }
                // A lone dot would deliver an empty mail; only closing leaves nothing behind (RFC 5321 section 4.1.1.4).
                note(
                    .aborted, next, "DATA was refused in the recording and is accepted now; there is no content to send"
                )
                isOver = true
                awaited = []
                effects.append(.abort)
            } else if expectsContent {
                omission = .toNextMail("DATA was refused", needsReset: transactionIsOpen)
            }
        case (_, "STARTTLS") where step.startsTLS, (_, "STLS") where step.startsTLS:
            // Going on in clear would tell everybody what was said in confidence.
            if goesAhead(reply) { startTLS(&effects) } else { omission = .toQuit("the server refused TLS") }
        case (.smtp, "STARTTLS") where isPositive, (.pop3, "STLS") where isPositive:
            note(.aborted, next, "the server accepted TLS, which the recorded one refused")
            isOver = true
            awaited = []
            effects.append(.abort)
        case (.pop3, "PASS") where !isPositive && wasPositive, (.pop3, "APOP") where !isPositive && wasPositive,
            (.pop3, "USER") where !isPositive && wasPositive:
            omission = .toQuit("the login failed")
        case (_, "QUIT"):
            stop(&effects)
        default:
            break
        }
    }

    private mutating func takeContentReply(_ reply: LiveReply, _ step: ReplayStep) {
        guard step.verb == "BDAT" else {
            transactionIsOpen = false
            return
        }
        guard reply.status.isPositive else {
            if step.expected?.isPositive ?? true {
                omission = .toNextMail("BDAT was refused", needsReset: transactionIsOpen)
            }
            return
        }
        if case .chunk(let line, _) = step.action, line.split(separator: 0x20).count > 2 { transactionIsOpen = false }
    }

    /// Whether the server wants TLS to begin: SMTP's 220 and no other (RFC 3207 section 4).
    func goesAhead(_ reply: LiveReply) -> Bool {
        plan.proto == .smtp ? reply.status.rawValue == 220 : reply.status.isPositive
    }

    // MARK: SASL

    /// The mechanisms that an EHLO answer offers, in capitals.
    private static func mechanisms(in lines: ArraySlice<[UInt8]>) -> Set<String> {
        var found: Set<String> = []
        for line in lines {
            let words = String(decoding: line, as: UTF8.self).uppercased().split(separator: " ").map(String.init)
            if words.first == "AUTH" { found.formUnion(words.dropFirst()) }
        }
        return found
    }

    /// Says AUTH, with the credentials where there are some, else with the recorded lines where they fit.
    mutating func startLogin(_ login: SASLLogin, _ index: Int, _ effects: inout [Effect]) {
        let wasTaken = plan.steps[checked: index]?.expected.map { $0.isPositive || $0.isIntermediate } ?? true
        if plan.proto == .smtp, wasTaken, !offeredMechanisms.contains(login.mechanism.uppercased()) {
            // No password goes to a server that did not ask for one.
            notPlayed(index, "AUTH \(login.mechanism) is not offered")
            return
        }
        guard let credentials = options.credentials else {
            guard let lines = login.verbatim, let first = lines.first else {
                notPlayed(index, Self.noCredentials)
                return
            }
            say(first + [0x0D, 0x0A], &effects)
            awaited.append(.sasl(index, nil, lines: lines.dropFirst(), rounds: 0))
            return
        }
        guard let user = credentials.user ?? login.user else {
            notPlayed(index, "the recording does not tell the user's name: give --user")
            return
        }
        guard
            var client = SASLClient(
                login.mechanism, user: user, password: credentials.password, nonce: "\(options.nonce).\(index)")
        else {
            notPlayed(index, "the mechanism \(login.mechanism) can't be answered afresh")
            return
        }
        var line = [UInt8]("AUTH \(login.mechanism)".utf8)
        if login.hasInitialResponse, let response = client.initialResponse() {
            line += [0x20] + (response.isEmpty ? [0x3D] : Base64.encode(response))
        }
        say(line + [0x0D, 0x0A], &effects)
        awaited.append(.sasl(index, client, lines: [], rounds: 0))
    }

    private mutating func takeChallenge(
        _ reply: LiveReply, _ index: Int, _ client: SASLClient?, _ lines: ArraySlice<[UInt8]>, _ rounds: Int,
        _ effects: inout [Effect]
    ) {
        guard reply.status.isIntermediate else {
            if !reply.status.isPositive, plan.proto == .pop3 { omission = .toQuit("the login failed") }
            return
        }
        var client = client
        var response: [UInt8]?
        // No mechanism needs more rounds; a hostile server must not keep us here.
        if rounds < 8 {
            if client != nil {
                let challenge = Base64.decode(reply.lines.last ?? [])
                response = challenge.flatMap { client?.respond(to: $0) }.map { Base64.encode($0) }
            } else {
                response = lines.first
            }
        }
        say((response ?? [0x2A]) + [0x0D, 0x0A], &effects)
        awaited.insert(.sasl(index, client, lines: lines.dropFirst(), rounds: rounds + 1), at: 0)
        if rounds >= 9 {
            note(.aborted, next, "the server goes on with challenges")
            stop(&effects)
        }
    }
}
