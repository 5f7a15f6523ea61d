import MailTapCore

/// MailTap's own dialogue with a server that is to be under STARTTLS whatever the client does.
extension Relay {
    mutating func receiveForUpgrade(
        _ bytes: RawSpan, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        guard var upgrade else { return }
        let octets = [UInt8](copying: bytes)
        var reply: [UInt8] = []
        for index in octets.indices {
            let octet = octets[index]
            reply.append(octet)
            let isGreeting = upgrade.isGreeting
            let outcome = upgrade.receive(octet)
            guard outcome != .goesOn else { continue }
            noteReply(reply, isGreeting: isGreeting, into: &effects)
            reply = []
            self.upgrade = upgrade
            switch outcome {
            case .goesOn: break
            case .says(let words): say(words, into: &effects)
            case .agreed:
                return endUpgrade(upgrade, Array(octets[(index + 1)...]), at: time, into: &effects)
            case .refusedAll:
                self.upgrade = nil
                // The greeting is recorded; the client hears it, and whatever follows.
                pause(.client, .tls, false, into: &effects)
                effects.append(.send(to: .client, upgrade.greeting))
                return
            case .failed(let reason): return failUpgrade(reason, at: time, into: &effects)
            }
        }
        self.upgrade = upgrade
        if !reply.isEmpty { noteReply(reply, isGreeting: upgrade.isGreeting, into: &effects) }
    }

    private mutating func noteReply(_ reply: [UInt8], isGreeting: Bool, into effects: inout [RelayEffect]) {
        let start = upgradeRecorded.server
        upgradeRecorded.server &+= UInt64(reply.count)
        if !isGreeting {
            effects.append(.mark(.forwarded(StreamRange(.server, start, upgradeRecorded.server), [])))
        }
        effects.append(.record(.server, reply))
    }

    private mutating func say(_ words: [UInt8], into effects: inout [RelayEffect]) {
        let start = upgradeRecorded.client
        upgradeRecorded.client &+= UInt64(words.count)
        effects.append(.mark(.injected(StreamRange(.client, start, upgradeRecorded.client))))
        effects.append(.record(.client, words))
        effects.append(.send(to: .server, words))
    }

    private mutating func endUpgrade(
        _ upgrade: ServerUpgrade, _ behind: [UInt8], at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        self.upgrade = nil
        var beginning = afterUpgrade(upgrade)
        beginning.server = .waiting
        beginning.serverOctets = behind
        begin(beginning, at: time, into: &effects)
    }

    private mutating func failUpgrade(_ reason: String, at time: Timestamp, into effects: inout [RelayEffect]) {
        guard let upgrade else { return }
        self.upgrade = nil
        begin(afterUpgrade(upgrade), at: time, into: &effects)
        handshakeFailed(.server, HandshakeFailure(reason: reason), at: time, into: &effects)
    }

    private func afterUpgrade(_ upgrade: ServerUpgrade) -> TLSSwitch {
        let isImplicit = if case .each(.implicit, _) = settings.tls { true } else { false }
        var beginning = TLSSwitch(
            start: isImplicit ? .implicit : .starttls, helloFirst: isImplicit, server: .running,
            client: isImplicit ? .waiting : .notWanted)
        beginning.recorded = upgradeRecorded
        beginning.early = [TLSSwitch.Early(side: .server, octets: upgrade.greeting, isRecorded: true)]
        return beginning
    }
}
