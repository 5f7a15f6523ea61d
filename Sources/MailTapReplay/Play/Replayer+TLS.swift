import MailTapCore

extension Replayer {
    /// TLS stands: the dialogue goes on under it.
    public mutating func secured(into effects: inout [Effect]) {
        guard !isOver, case .handshake? = awaited.first else { return }
        awaited.removeFirst()
        // What was known before is forgotten (RFC 3207 section 4.2, RFC 2595 section 4).
        offersPipelining = false
        offers = OfferedExtensions()
        withholdsTLS = false
        transactionIsOpen = false
        proceed(&effects)
    }

    /// Leaves out what led to TLS in the recording, as it is there with the first octet.
    mutating func leaveOutStartTLS() {
        guard let index = plan.steps.firstIndex(where: \.startsTLS) else { return }
        let why = "TLS begins with the first octet"
        // Where nothing follows, the capabilities in clear are all that can be compared.
        let first = index + 1 < plan.steps.count ? 0 : index
        for step in first...index {
            note(.leftOut, step, why)
            skipped.insert(step)
        }
    }

    /// Says what leads to TLS although the recording has nothing of it.
    mutating func open(_ effects: inout [Effect]) {
        guard !plan.steps.contains(where: \.startsTLS) else { return }
        let why = "TLS was asked for"
        guard plan.proto == .smtp else {
            note(.inserted, 0, why)
            say([UInt8]("STLS\r\n".utf8), &effects)
            awaited.append(.opening(.startTLS))
            return
        }
        let hello = plan.steps.first { ["EHLO", "LHLO"].contains($0.verb) }
        var line = [UInt8]("EHLO [127.0.0.1]".utf8)
        if case .command(let recorded)? = hello?.action { line = recorded }
        note(.inserted, 0, why)
        say(line + [0x0D, 0x0A], &effects)
        awaited.append(.opening(.hello))
    }

    mutating func takeOpening(_ reply: LiveReply, _ opening: Opening, _ effects: inout [Effect]) {
        switch opening {
        case .hello:
            let keywords = reply.lines.dropFirst().map { String(decoding: $0, as: UTF8.self).uppercased() }
            guard reply.status.isPositive, keywords.contains("STARTTLS") else {
                refuseInClear("the server does not offer STARTTLS")
                return
            }
            note(.inserted, 0, "TLS was asked for")
            say([UInt8]("STARTTLS\r\n".utf8), &effects)
            awaited.append(.opening(.startTLS))
        case .startTLS:
            if goesAhead(reply) { startTLS(&effects) } else { refuseInClear("the server refused TLS") }
        }
    }

    private mutating func refuseInClear(_ why: String) {
        note(.aborted, 0, why)
        omission = .toQuit(why)
    }

    mutating func startTLS(_ effects: inout [Effect]) {
        guard !reader.hasRest else {
            // Said in clear and taken for said under TLS, it could be anybody's (RFC 3207 section 6).
            note(.aborted, next, "the server said more than its go-ahead for TLS")
            isOver = true
            awaited = []
            effects.append(.abort)
            return
        }
        effects.append(.startTLS)
        awaited = [.handshake]
    }
}

extension ReplayStep {
    /// Whether TLS begins with it.
    var startsTLS: Bool { if case .startTLS = action { true } else { false } }
}
