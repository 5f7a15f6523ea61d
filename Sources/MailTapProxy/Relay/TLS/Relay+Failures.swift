import MailTapCore

/// What comes of a handshake that fails, and of a server that can't be had under TLS.
extension Relay {
    /// A handshake failed.
    mutating func handshakeFailed(
        _ side: Side, _ failure: HandshakeFailure, at time: Timestamp, into effects: inout [RelayEffect]
    ) {
        guard var beginning = tls else { return }
        lastActivity = time
        let reason = failure.reason
        if side == .client {
            tls = nil
            phase = .over
            if let leg = failure.leg { beginning.clientLeg = leg }
            effects.append(.mark(beginning.mark(isDecrypted: false)))
            effects.append(.mark(.trouble(Farewell.clientTrouble(failure))))
            effects.append(.mark(.ended(.clientClosed)))
            for side in Side.allCases where !self[side].isClosed { effects.append(.close(side)) }
            return
        }
        let name = Farewell.place(settings.server)
        tls?.failure = "TLS with \(name) failed: \(reason)"
        tls?.server = .notWanted
        var leg = failure.leg ?? TLSMark.Leg()
        leg.problem = leg.problem ?? reason
        tls?.upstream = leg
        effects.append(.mark(.trouble(Trouble(code: "tls-server-failed", text: "TLS with \(name) failed: \(reason)"))))
        abandonServer(into: &effects)
        guard beginning.goAhead == nil, beginning.client != .notWanted else {
            return refuseInClear(into: &effects)
        }
        advance(at: time, into: &effects)
    }

    /// The server can't be reached and the client expects TLS with the first octet: it is told inside.
    mutating func refuseUnderTLS(_ reason: String, at time: Timestamp, into effects: inout [RelayEffect]) {
        var beginning = TLSSwitch(start: .implicit, helloFirst: true, server: .notWanted, client: .waiting)
        beginning.failure = "can't reach \(Farewell.place(settings.server)): \(reason)"
        pause(.client, .connecting, false, into: &effects)
        begin(beginning, at: time, into: &effects)
    }

    private mutating func abandonServer(into effects: inout [RelayEffect]) {
        serverIsAbandoned = true
        guard !self[.server].isClosed else { return }
        effects.append(.close(.server))
    }

    /// The client, still in clear, is told in place of the server's agreement.
    private mutating func refuseInClear(into effects: inout [RelayEffect]) {
        guard var ended = tls, let failure = ended.failure else { return }
        tls = nil
        effects.append(.mark(ended.mark(isDecrypted: false)))
        guard let goAhead = ended.goAhead else { return refuse(failure, ended, into: &effects) }
        let words = Farewell.refusal(proto, failure)
        ended.recorded.server = goAhead.range.end
        effects.append(.mark(.forwarded(goAhead.range, words)))
        effects.append(.record(.server, goAhead.reply))
        effects.append(.send(to: .client, words))
        takeLeave(ended, into: &effects)
    }

    /// The client is told in words of MailTap's own, and has its time to close.
    mutating func refuse(_ failure: String, _ ended: TLSSwitch, into effects: inout [RelayEffect]) {
        let words = Farewell.refusal(proto, failure)
        let start = ended.recorded.server
        if !words.isEmpty {
            effects.append(.mark(.injected(StreamRange(.server, start, start &+ UInt64(words.count)))))
            effects.append(.record(.server, words))
            effects.append(.send(to: .client, words))
        }
        takeLeave(ended, into: &effects)
    }

    private mutating func takeLeave(_ ended: TLSSwitch, into effects: inout [RelayEffect]) {
        phase = .refused
        clientOctets = ended.recorded.client
        filter = nil
        closeOutput(.client, into: &effects)
        pause(.client, .tls, false, into: &effects)
        effects.append(.schedule(.farewell, after: settings.farewell))
        finishIfClosed(into: &effects)
    }
}
