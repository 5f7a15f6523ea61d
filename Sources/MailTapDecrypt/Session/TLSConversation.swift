import MailTapCore

/// One TLS connection from its first record on: reads the handshake, and opens records where the secrets are known.
///
/// A value without I/O; total: whatever the octets are, it neither traps nor throws. Octets go in as the sides sent them,
/// and come out as `TLSOutput`. Should records be lost, altered or out of order, the side is given up there.
struct TLSConversation: Sendable {
    /// How it stands.
    enum Verdict: Sendable, Equatable {
        /// The hellos are not whole yet.
        case undecided
        /// The first octets are no ClientHello.
        case notTLS
        /// An alert ended the handshake in clear.
        case refused
        /// Everything would be there but the secrets.
        case lacksSecrets
        /// It can't be decrypted, for this reason.
        case sealed(String)
        /// Keys are there, and no protected record came yet.
        case keyed
        /// A protected record was opened: the keys fit.
        case open
    }

    private(set) var verdict = Verdict.undecided
    private(set) var facts = HandshakeFacts()
    /// Whether the handshake has shown what it shows in clear.
    private(set) var hasShownFacts = false

    private let takesPartialSecrets: Bool
    private var sawRetry = false
    private var earlyData = EarlyData.none
    private var client = TLSDirection()
    private var server = TLSDirection()

    /// A conversation of which nothing was seen yet.
    ///
    /// - Parameter takesPartialSecrets: whether to make do with what secrets there are, where some are missing.
    init(takesPartialSecrets: Bool = false) { self.takesPartialSecrets = takesPartialSecrets }

    private subscript(side: Side) -> TLSDirection {
        get { side == .client ? client : server }
        _modify { if side == .client { yield &client } else { yield &server } }
    }

    /// Octets of one side, as they came.
    mutating func receive(
        _ bytes: RawSpan, from side: Side, keys: KeyLog, into outputs: inout [TLSOutput]
    ) {
        self[side].framer.append(bytes)
        let hasWaited = isWaitingForServer
        drain(side, keys, &outputs)
        // What the client sent behind its hello waited for what the server says.
        if side == .server, hasWaited, !isWaitingForServer { drain(.client, keys, &outputs) }
    }

    /// Octets of the side are missing here.
    mutating func gap(_ side: Side, _ length: UInt64, into outputs: inout [TLSOutput]) {
        guard verdict == .open else {
            seal("octets of the handshake are missing")
            return
        }
        giveUp(side, "\(length) octets are missing", &outputs)
        outputs.append(.lost(side, length, reason: nil))
    }

    /// The side sends no more.
    mutating func finish(_ side: Side, into outputs: inout [TLSOutput]) {
        tellSkipped(side, &outputs)
        guard verdict == .open, !self[side].isBroken, self[side].framer.pending > 0 else { return }
        giveUp(side, "its last record is cut off", &outputs)
    }

    private mutating func drain(_ side: Side, _ keys: KeyLog, _ outputs: inout [TLSOutput]) {
        while !isStopped {
            if self[side].isBroken {
                let count = self[side].framer.pending
                if count > 0, verdict == .open { outputs.append(.lost(side, UInt64(count), reason: nil)) }
                self[side].framer.removeAll()
                return
            }
            if side == .client, isWaitingForServer { return }
            switch self[side].framer.next() {
            case .incomplete: return
            case .broken: failed(side, "what follows is no TLS record", &outputs)
            case .record(let record): take(record, side, keys, &outputs)
            }
        }
    }

    private var isStopped: Bool { verdict == .notTLS || verdict == .refused }

    /// Whether the client's next record can't be read before the server has said its hello, or whether it takes early
    /// data.
    private var isWaitingForServer: Bool {
        guard facts.server == nil else {
            guard case .undecided = earlyData, !server.isBroken else { return false }
            return client.framer.nextType == .applicationData
        }
        switch client.framer.nextType {
        case .applicationData: return true
        case .changeCipherSpec: return !sawRetry
        default: return false
        }
    }

    private var isTLS13: Bool { facts.server.map { $0.version == .tls13 } ?? sawRetry }

    private mutating func take(
        _ record: TLSRecord, _ side: Side, _ keys: KeyLog, _ outputs: inout [TLSOutput]
    ) {
        switch self[side].protection {
        case .sealed:
            if verdict == .open { giveUp(side, "its secrets are not in the key log", losing: record, &outputs) }
        case .none:
            let content = RecordProtection.Content(type: record.type, octets: record.fragment)
            handle(content, isProtected: false, side, keys, &outputs)
        case .protected(var protection):
            if case .sealed = verdict { return }
            if isTLS13, record.type != .applicationData {
                // ChangeCipherSpec for middleboxes says nothing (RFC 8446 section 5); an alert may come in clear.
                guard record.type == .alert else { return }
                let content = RecordProtection.Content(type: .alert, octets: record.fragment)
                handle(content, isProtected: false, side, keys, &outputs)
                return
            }
            guard let content = protection.open(record) else {
                notOpened(record, side, &outputs)
                return
            }
            self[side].protection = .protected(protection)
            self[side].opened &+= 1
            self[side].leniency = .none
            verdict = .open
            tellSkipped(side, &outputs)
            handle(content, isProtected: true, side, keys, &outputs)
        }
    }

    private mutating func notOpened(_ record: TLSRecord, _ side: Side, _ outputs: inout [TLSOutput]) {
        switch self[side].leniency {
        case .handshake: return
        case .earlyData:
            self[side].skipped &+= UInt64(record.fragment.count)
            // The secret of the early data does not open it: what comes behind it may still open.
            endEarlyData()
        case .none:
            let number = self[side].opened
            failed(
                side,
                number == 0
                    ? "the secrets do not open its first record" : "record \(number + 1) fails authentication",
                losing: record, &outputs)
        }
    }

    private mutating func handle(
        _ content: RecordProtection.Content, isProtected: Bool, _ side: Side, _ keys: KeyLog,
        _ outputs: inout [TLSOutput]
    ) {
        switch content.type {
        case .applicationData where isProtected:
            if !content.octets.isEmpty { outputs.append(.data(side, content.octets)) }
        case .applicationData: failed(side, "content stands where the handshake should end", &outputs)
        case .alert:
            guard let alert = TLSAlert(content.octets), !alert.isHarmless else { return }
            outputs.append(.alert(side, alert))
            if verdict == .undecided || verdict == .keyed, !isProtected { verdict = .refused }
        case .changeCipherSpec: changeCipherSpec(side, &outputs)
        case .handshake:
            self[side].handshake.append(content.octets)
            while let message = self[side].handshake.next() { handle(message, side, keys, &outputs) }
        case .heartbeat: return
        }
    }

    private mutating func changeCipherSpec(_ side: Side, _ outputs: inout [TLSOutput]) {
        guard !isTLS13 else { return }
        hasShownFacts = true
        if let next = self[side].next {
            self[side].protection = .protected(next)
            self[side].next = nil
        } else if verdict == .open {
            giveUp(side, "a renegotiation's secrets are not in the key log", &outputs)
        } else {
            self[side].protection = .sealed
        }
    }

    private mutating func handle(
        _ message: HandshakeStream.Message, _ side: Side, _ keys: KeyLog, _ outputs: inout [TLSOutput]
    ) {
        switch (message.type, side) {
        case (.clientHello, .client):
            if let hello = ClientHello(message.body) {
                facts.client = hello
            } else if facts.client == nil {
                verdict = .notTLS
            }
        case (.serverHello, .server):
            guard let hello = ServerHello(message.body) else {
                failed(side, "its hello can't be read", &outputs)
                return
            }
            if hello.isRetry { sawRetry = true } else { begin(hello, keys) }
        case (.encryptedExtensions, .server):
            let said = EncryptedExtensions(message.body)
            facts.applicationProtocol = said.applicationProtocol
            if isTLS13 { decideEarlyData(isAccepted: said.acceptsEarlyData) }
        case (.endOfEarlyData, .client) where isTLS13: endEarlyData()
        case (.certificate, .server):
            if facts.certificateNames.isEmpty {
                facts.certificateNames = CertificateNames.inMessage(message.body, isTLS13: isTLS13)
            }
            hasShownFacts = true
        case (.serverHelloDone, .server): hasShownFacts = true
        case (.finished, _) where isTLS13: useTrafficSecret(side, &outputs)
        case (.keyUpdate, _) where isTLS13:
            guard let secret = self[side].trafficSecret, let suite = facts.server?.suite else { return }
            self[side].trafficSecret = TLS13KeySchedule.updated(secret, suite: suite)
            useTrafficSecret(side, &outputs)
        default: return
        }
    }

    /// The server has chosen: finds the keys.
    private mutating func begin(_ hello: ServerHello, _ keys: KeyLog) {
        let isRenegotiation = verdict == .open
        facts.server = hello
        if hello.version == .tls13 { hasShownFacts = true }
        guard hello.version == .tls12 || hello.version == .tls13 else {
            return seal("\(hello.version.name) is not decrypted, only TLS 1.2 and 1.3 are")
        }
        guard hello.suite.cipher != nil else { return seal("the cipher suite \(hello.suite.name) is not decrypted") }
        guard let random = facts.client?.random, let secrets = keys.secrets(for: random) else {
            return isRenegotiation ? () : lackSecrets()
        }
        if hello.version == .tls13 {
            useTLS13(secrets, hello)
        } else if let master = secrets.master,
            let protections = TLS12KeySchedule.protections(
                suite: hello.suite, master: master, clientRandom: random, serverRandom: hello.random,
                encryptsThenMACs: hello.encryptsThenMACs)
        {
            client.next = protections.client
            server.next = protections.server
            if !isRenegotiation { verdict = .keyed }
        } else if !isRenegotiation {
            lackSecrets()
        }
    }

    private mutating func useTLS13(_ secrets: SessionSecrets, _ hello: ServerHello) {
        guard secrets.isWholeForTLS13 || (takesPartialSecrets && secrets.helpsTLS13) else { return lackSecrets() }
        verdict = .keyed
        for side in Side.allCases {
            let handshake = side == .client ? secrets.clientHandshake : secrets.serverHandshake
            let traffic = side == .client ? secrets.clientTraffic : secrets.serverTraffic
            self[side].trafficSecret = traffic
            if side == .client, facts.client?.offersEarlyData == true { expectEarlyData(secrets, hello) }
            if handshake == nil { self[side].leniency = .handshake }
            let protection = (handshake ?? traffic).flatMap {
                TLS13KeySchedule.protection(suite: hello.suite, secret: $0)
            }
            self[side].protection = protection.map { .protected($0) } ?? .sealed
        }
    }

    private mutating func expectEarlyData(_ secrets: SessionSecrets, _ hello: ServerHello) {
        client.leniency = .earlyData
        if sawRetry {
            earlyData = .refused
        } else if secrets.serverHandshake != nil {
            // It is under the suite of its ticket, which a server that takes it chooses again.
            earlyData = .undecided(
                secrets.clientEarly.flatMap { TLS13KeySchedule.protection(suite: hello.suite, secret: $0) })
        }
    }

    private mutating func decideEarlyData(isAccepted: Bool) {
        guard case .undecided(let protection) = earlyData else { return }
        earlyData = isAccepted ? .accepted : .refused
        guard isAccepted, let protection, case .protected(let following) = client.protection else { return }
        client.protection = .protected(protection)
        client.next = following
    }

    /// The client goes on under the keys of its handshake.
    private mutating func endEarlyData() {
        guard let next = client.next else { return }
        client.protection = .protected(next)
        client.next = nil
    }

    private mutating func tellSkipped(_ side: Side, _ outputs: inout [TLSOutput]) {
        guard self[side].skipped > 0 else { return }
        outputs.append(.skippedEarlyData(self[side].skipped, earlyData.loss))
        self[side].skipped = 0
    }

    private mutating func useTrafficSecret(_ side: Side, _ outputs: inout [TLSOutput]) {
        guard let suite = facts.server?.suite, let secret = self[side].trafficSecret,
            let protection = TLS13KeySchedule.protection(suite: suite, secret: secret)
        else {
            giveUp(side, "its traffic secret is not in the key log", &outputs)
            return
        }
        self[side].protection = .protected(protection)
    }

    private mutating func lackSecrets() {
        verdict = .lacksSecrets
        if isTLS13 { (client.protection, server.protection) = (.sealed, .sealed) }
    }

    private mutating func seal(_ reason: String) {
        guard verdict != .open else { return }
        verdict = .sealed(reason)
    }

    /// The side's octets make no sense here.
    private mutating func failed(
        _ side: Side, _ reason: String, losing record: TLSRecord? = nil, _ outputs: inout [TLSOutput]
    ) {
        if verdict == .open { return giveUp(side, reason, losing: record, &outputs) }
        if facts.client == nil {
            verdict = .notTLS
        } else if verdict != .lacksSecrets {
            seal(reason)
        }
        self[side].isBroken = true
    }

    /// Ends decryption of a side that was being decrypted.
    private mutating func giveUp(
        _ side: Side, _ reason: String, losing record: TLSRecord? = nil, _ outputs: inout [TLSOutput]
    ) {
        guard !self[side].isBroken else { return }
        self[side].isBroken = true
        let count = self[side].framer.pending + (record.map { TLSRecord.headerLength + $0.fragment.count } ?? 0)
        self[side].framer.removeAll()
        outputs.append(.lost(side, UInt64(count), reason: reason))
    }
}
