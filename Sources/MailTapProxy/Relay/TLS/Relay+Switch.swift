import MailTapCore
import MailTapTLS

/// The beginning of TLS as a relay goes through it.
extension Relay {
    // MARK: When it begins

    /// The server is connected: what of TLS comes before anything is said.
    mutating func beginTLS(at time: Timestamp, into effects: inout [RelayEffect]) {
        switch settings.tls {
        case .pass, .follow(implicit: false): break
        case .follow(implicit: true): beginImplicit(at: time, into: &effects)
        case .each(let client, let server):
            if server == .starttls {
                upgrade = ServerUpgrade(settings.expecting)
                pause(.client, .tls, true, into: &effects)
            } else if client == .implicit || server == .implicit {
                let isImplicit = client == .implicit
                begin(
                    TLSSwitch(
                        start: .implicit, helloFirst: isImplicit, server: server == .implicit ? .waiting : .notWanted,
                        client: isImplicit ? .waiting : .notWanted), at: time, into: &effects)
            }
        }
    }

    /// TLS with the first octet on both legs; the server's name comes from the client's hello.
    mutating func beginImplicit(at time: Timestamp, into effects: inout [RelayEffect]) {
        begin(
            TLSSwitch(start: .implicit, helloFirst: true, server: .waiting, client: .waiting), at: time, into: &effects)
    }

    /// Both sides agreed in clear.
    mutating func begin(
        _ agreed: TLSFollower.GoAhead, clientEnd: UInt64, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        var beginning = TLSSwitch(
            start: .starttls, helloFirst: settings.asksClientFirst, server: .waiting, client: .waiting)
        beginning.recorded = (clientEnd &- UInt64(agreed.clientOctets.count), agreed.range.start)
        beginning.goAhead = agreed
        if Self.isTLS(agreed.serverOctets) { beginning.serverOctets = agreed.serverOctets }
        _ = beginning.reader.receive(agreed.clientOctets)
        begin(beginning, at: time, into: &effects)
    }

    /// MailTap itself agreed to the client's request.
    mutating func begin(
        _ agreed: StripFilter.Agreement, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        var beginning = TLSSwitch(start: .starttls, server: .notWanted, client: .waiting)
        beginning.recorded = agreed.recorded
        beginning.upstream = upstream
        _ = beginning.reader.receive(agreed.clientOctets)
        begin(beginning, at: time, into: &effects)
    }

    mutating func begin(_ beginning: TLSSwitch, at time: Timestamp, into effects: inout [RelayEffect]) {
        tls = beginning
        advance(at: time, into: &effects)
    }

    // MARK: Octets meanwhile

    mutating func receiveMeanwhile(
        _ bytes: RawSpan, from side: Side, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        guard let beginning = tls else { return }
        let octets = [UInt8](copying: bytes)
        switch side {
        case .client where beginning.client == .waiting:
            let outcome = tls?.reader.receive(octets) ?? .incomplete
            guard beginning.hello == nil else { return }
            judge(outcome, at: time, into: &effects)
        case .server where beginning.server == .waiting && beginning.start == .implicit && !Self.isTLS(octets):
            // TLS was expected of a server that speaks in clear: it overrules the scheme.
            goOnInClear(into: &effects)
            tls = nil
            receive(bytes, from: .server, at: time, into: &effects)
        case .server where beginning.server == .waiting:
            tls?.serverOctets += octets
            // More than a server has to say before its client did.
            if beginning.serverOctets.count > Self.mostServerOctets { pause(.server, .tls, true, into: &effects) }
        default: tls?.early.append(TLSSwitch.Early(side: side, octets: octets))
        }
    }

    private static let mostServerOctets = 1 << 16

    private mutating func judge(
        _ outcome: ClientHelloReader.Outcome, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        switch outcome {
        case .incomplete: break
        case .hello(let hello):
            tls?.hello = hello
            tls?.clientLeg.sni = hello.serverName
            advance(at: time, into: &effects)
        case .notTLS: clientSpeaksClear(at: time, into: &effects)
        }
    }

    /// In place of a handshake the client said something else.
    private mutating func clientSpeaksClear(at time: Timestamp, into effects: inout [RelayEffect]) {
        guard let beginning = tls else { return }
        let octets = beginning.reader.octets
        // What begins like a handshake and is none has no meaning in clear either: taken for clear text, it would be taken
        // for a beginning of TLS again, without end.
        if beginning.start == .implicit, beginning.server == .waiting, !ClientHelloReader.mayBegin(with: octets) {
            effects.append(
                .mark(
                    .trouble(
                        Trouble(
                            code: "tls-expected",
                            text: "The client spoke in clear where TLS was expected with the first octet"))))
            goOnInClear(into: &effects)
            tls = nil
            relay(TLSSwitch.Early(side: .client, octets: octets), at: time, into: &effects)
            return
        }
        let from = beginning.recorded.client
        effects.append(.mark(.forwarded(StreamRange(.client, from, from &+ UInt64(octets.count)), [])))
        effects.append(.record(.client, octets))
        handshakeFailed(
            .client, HandshakeFailure(reason: "what the client sent is no handshake of TLS"), at: time, into: &effects)
    }

    /// No TLS after all: the session goes on as one that may still ask for it.
    private mutating func goOnInClear(into effects: inout [RelayEffect]) {
        watchClearText()
        for side in Side.allCases { pause(side, .tls, false, into: &effects) }
    }

    /// Whether octets begin with a TLS record (RFC 8446 section 5.1); no reply of a mail protocol does.
    static func isTLS(_ octets: [UInt8]) -> Bool { octets.first.map { (20...23).contains($0) } ?? false }

    // MARK: Step by step

    /// Does what can be done next.
    mutating func advance(at time: Timestamp, into effects: inout [RelayEffect]) {
        guard let beginning = tls else { return }
        if beginning.helloFirst, beginning.hello == nil {
            if let goAhead = beginning.goAhead { sendOn(goAhead, into: &effects) }
            return listen(to: .client, at: time, into: &effects)
        }
        if beginning.server == .waiting, beginning.failure == nil {
            tls?.server = .running
            tls?.serverOctets = []
            listen(to: .server, at: time, into: &effects)
            effects.append(.startTLS(.server, beginning.serverOpening))
            return
        }
        if beginning.server == .running { return }
        if let goAhead = beginning.goAhead { sendOn(goAhead, into: &effects) }
        switch beginning.client {
        case .waiting where beginning.hello == nil: listen(to: .client, at: time, into: &effects)
        case .waiting:
            tls?.client = .running
            pause(.client, .tls, false, into: &effects)
            pause(.server, .tls, true, into: &effects)
            effects.append(.startTLS(.client, beginning.clientOpening))
        case .running: break
        case .ready, .notWanted: finish(at: time, into: &effects)
        }
    }

    /// Reads from one side alone; of the client, also what it said before.
    private mutating func listen(to side: Side, at time: Timestamp, into effects: inout [RelayEffect]) {
        pause(side, .tls, false, into: &effects)
        // A server that should wait for TLS is heard all the same, in case it speaks in clear.
        pause(side.peer, .tls, !(side == .client && tls?.server == .waiting), into: &effects)
        guard side == .client, tls?.reader.octets.isEmpty == false else { return }
        judge(tls?.reader.receive([]) ?? .incomplete, at: time, into: &effects)
    }

    /// The server's agreement goes to the client, and what stands behind it in clear.
    private mutating func sendOn(_ goAhead: TLSFollower.GoAhead, into effects: inout [RelayEffect]) {
        tls?.goAhead = nil
        var octets = goAhead.reply
        if !Self.isTLS(goAhead.serverOctets) { octets += goAhead.serverOctets }
        tls?.recorded.server &+= UInt64(octets.count)
        effects.append(.record(.server, octets))
        effects.append(.send(to: .client, octets))
    }

    /// A handshake ended well.
    mutating func handshakeDone(
        _ side: Side, _ leg: TLSMark.Leg, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        switch side {
        case .server where tls?.server == .running:
            tls?.server = .ready
            tls?.upstream = leg
            upstream = leg
        case .client where tls?.client == .running:
            tls?.client = .ready
            tls?.clientLeg = leg
        default: return
        }
        lastActivity = time
        advance(at: time, into: &effects)
    }

    private mutating func finish(at time: Timestamp, into effects: inout [RelayEffect]) {
        guard let ready = tls else { return }
        tls = nil
        effects.append(.mark(ready.mark()))
        if let failure = ready.failure { return refuse(failure, ready, into: &effects) }
        watchPlaintext(ready)
        for side in Side.allCases { pause(side, .tls, false, into: &effects) }
        for early in ready.early { relay(early, at: time, into: &effects) }
    }

    /// Which filter watches the plaintext: none where both legs are under TLS because client and server want it so.
    private mutating func watchPlaintext(_ ready: TLSSwitch) {
        guard case .each(let client, _) = settings.tls else { return }
        let waiting = ready.early.reduce(UInt64(0)) { $0 &+ ($1.isRecorded ? UInt64($1.octets.count) : 0) }
        let base = (client: ready.recorded.client, server: ready.recorded.server &- waiting)
        let isUnderTLS = ready.client == .ready
        filter = StripFilter(
            expecting: proto, policy: client == .starttls && !isUnderTLS ? .offers : .hides,
            base: base, startSeen: !(client == .starttls && isUnderTLS))
    }

    /// Relays octets that waited.
    mutating func relay(_ early: TLSSwitch.Early, at time: Timestamp, into effects: inout [RelayEffect]) {
        var made: [RelayEffect] = []
        receive(early.octets.span.bytes, from: early.side, at: time, into: &made)
        for effect in made {
            switch effect {
            case .recordReceived(let side):
                if !early.isRecorded { effects.append(.record(side, early.octets)) }
            case .record where early.isRecorded: break
            case .forward(let side): effects.append(.send(to: side.peer, early.octets))
            default: effects.append(effect)
            }
        }
    }
}
