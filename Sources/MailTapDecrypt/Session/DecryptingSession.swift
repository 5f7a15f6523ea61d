import MailTapCore

/// One session on its way through the decryptor.
///
/// ```
/// clear ──client's hello──> held ──a record was opened──> decrypting
///                             └────no secrets, refused──> passing
/// ```
final class DecryptingSession: SessionSink {
    private enum State {
        case clear
        // Boxed, so that the state of nearly all sessions, which never come here, is a word.
        indirect case held(HeldSession)
        indirect case decrypting(TLSConversation)
        /// Everything goes on as it comes.
        case passing
    }

    private let downstream: any SessionSink
    private let decryptor: Decryptor
    private var state = State.clear
    // Neither calls anything outside while it is changed, so no two changes can overlap: the check for that would be
    // made at each packet.
    @exclusivity(unchecked) private var watch: StartWatch
    /// Apart from `plaintext`, which is at work while the sink is called.
    @exclusivity(unchecked) private var passed = PassedOctets()
    private var plaintext: PlaintextOutput
    /// What the source itself said of TLS that goes on as ciphertext.
    private var told: TLSMark?

    init(_ info: SessionInfo, downstream: any SessionSink, decryptor: Decryptor) {
        self.downstream = downstream
        self.decryptor = decryptor
        watch = StartWatch(startSeen: info.startSeen)
        plaintext = PlaintextOutput(downstream)
    }

    /// When the session began to be held back.
    var heldSince: Timestamp {
        if case .held(let held) = state { held.since } else { Timestamp(nanoseconds: .max) }
    }

    var wantsMore: Bool {
        if case .held = state { true } else { downstream.wantsMore }
    }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        switch state {
        case .clear: receiveInClear(bytes, side, time)
        case .held:
            if side == .server, awaitsServer, !Self.isRecord(bytes) {
                // The rest of the go-ahead, which came behind the hello.
                pass(bytes, side, time)
            } else {
                hold(.octets(side, [UInt8](copying: bytes)), time)
            }
        case .decrypting(var conversation):
            state = .passing  // so that the conversation is not copied
            var outputs: [TLSOutput] = []
            conversation.receive(bytes, from: side, keys: decryptor.keys, into: &outputs)
            state = .decrypting(conversation)
            plaintext.deliver(outputs, conversation.facts, time)
        case .passing: downstream.receive(bytes, from: side, at: time)
        }
    }

    func mark(_ mark: Mark, at time: Timestamp) {
        switch state {
        case .clear:
            if case .gap(let side, let length) = mark {
                watch.noteGap(side)
                passed.add(length, of: side)
            }
            if case .tls(let tls) = mark {
                if tls.isDecrypted { state = .passing } else { told = tls }
            }
            downstream.mark(mark, at: time)
        case .held: hold(.mark(mark), time)
        case .decrypting(var conversation):
            var outputs: [TLSOutput] = []
            Self.apply(mark, to: &conversation, &outputs)
            state = .decrypting(conversation)
            plaintext.deliver(outputs, conversation.facts, time)
            plaintext.mark(mark, conversation.facts, time)
        case .passing: downstream.mark(mark, at: time)
        }
    }

    func end(at time: Timestamp) {
        switch state {
        case .held: hold(.end, time)
        case .decrypting(var conversation):
            var outputs: [TLSOutput] = []
            for side in Side.allCases { conversation.finish(side, into: &outputs) }
            plaintext.deliver(outputs, conversation.facts, time)
            plaintext.end(conversation.facts, time)
            state = .passing
        case .clear, .passing: downstream.end(at: time)
        }
    }

    /// More secrets are known.
    func retry() {
        guard case .held(let held) = state, held.conversation.verdict == .lacksSecrets else { return }
        replay(held, HeldSession(held.start, since: held.since, isLastAttempt: held.isLastAttempt))
    }

    /// Waiting is over: makes do with the secrets that are there.
    func settle() {
        guard case .held(let held) = state else { return }
        decryptor.release(self, octets: held.reported)
        if held.conversation.verdict == .lacksSecrets, !held.isLastAttempt {
            replay(held, HeldSession(held.start, since: held.since, isLastAttempt: true))
        } else {
            pass(held)
        }
    }

    /// Whether the server's answer to a hello behind STARTTLS is still to come; looked up here, so that nothing else holds
    /// on to what `hold` changes.
    private var awaitsServer: Bool {
        guard case .held(let held) = state else { return false }
        return held.start == .starttls && !held.serverBegan
    }

    private static func isRecord(_ bytes: RawSpan) -> Bool { (20...24).contains(bytes[octet: 0]) }

    private static func apply(_ mark: Mark, to conversation: inout TLSConversation, _ outputs: inout [TLSOutput]) {
        switch mark {
        case .gap(let side, let length): conversation.gap(side, length, into: &outputs)
        case .eof(let side), .reset(let side): conversation.finish(side, into: &outputs)
        default: return
        }
    }

    private func receiveInClear(_ bytes: RawSpan, _ side: Side, _ time: Timestamp) {
        if side == .client, bytes[octet: 0] == TLSRecord.ContentType.handshake.rawValue,
            let start = watch.possibleStart
        {
            state = .held(HeldSession(start, since: time))
            hold(.octets(side, [UInt8](copying: bytes)), time)
            return
        }
        watch.note(bytes, from: side)
        pass(bytes, side, time)
    }

    private func pass(_ bytes: RawSpan, _ side: Side, _ time: Timestamp) {
        passed.add(UInt64(bytes.byteCount), of: side)
        downstream.receive(bytes, from: side, at: time)
    }

    private func replay(_ old: HeldSession, _ fresh: HeldSession) {
        decryptor.release(self, octets: old.reported)
        state = .held(fresh)
        for (time, item) in old.items {
            switch item {
            case .octets(let side, let bytes): receive(bytes.span.bytes, from: side, at: time)
            case .mark(let mark): self.mark(mark, at: time)
            case .end: end(at: time)
            }
        }
    }

    /// Keeps what happened, and looks what that makes of the session.
    private func hold(_ item: HeldSession.Item, _ time: Timestamp) {
        guard case .held(var held) = state else { return }
        state = .passing  // so that what is held is not copied
        var outputs: [TLSOutput] = []
        held.append(item, at: time)
        switch item {
        case .octets(let side, let bytes):
            if side == .server { held.serverBegan = true }
            held.conversation.receive(bytes.span.bytes, from: side, keys: decryptor.keys, into: &outputs)
        case .mark(let mark): Self.apply(mark, to: &held.conversation, &outputs)
        case .end: for side in Side.allCases { held.conversation.finish(side, into: &outputs) }
        }
        decide(held, outputs, time)
    }

    private func decide(_ held: HeldSession, _ outputs: [TLSOutput], _ time: Timestamp) {
        var held = held
        let isFull = held.octets > decryptor.patience.octetsPerSession
        switch held.conversation.verdict {
        case .open: return decrypt(held, outputs, time)
        case .notTLS, .refused:
            held.alerts += outputs
            return pass(held)
        case .sealed where held.conversation.hasShownFacts || held.isOver || isFull: return pass(held)
        case .lacksSecrets where isFull || held.conversation.hasShownFacts && !canWait(held, time):
            state = .held(held)
            return settle()
        case .lacksSecrets where held.conversation.hasShownFacts:
            let grown = held.octets - held.reported
            held.reported = held.octets
            state = .held(held)
            decryptor.wait(self, octets: grown)
        case .undecided, .keyed, .sealed, .lacksSecrets:
            if held.isOver || isFull { return pass(held) }
            state = .held(held)
        }
    }

    private func canWait(_ held: HeldSession, _ time: Timestamp) -> Bool {
        !held.isLastAttempt && time.since(held.since) < decryptor.patience.time
    }

    private func decrypt(_ held: HeldSession, _ outputs: [TLSOutput], _ time: Timestamp) {
        decryptor.release(self, octets: held.reported)
        state = .decrypting(held.conversation)
        plaintext.begin(after: passed)
        plaintext.start = held.start
        plaintext.told = told
        let facts = held.conversation.facts
        for case (let time, .mark(let mark)) in held.items { plaintext.mark(mark, facts, time) }
        plaintext.deliver(outputs, facts, time)
        if held.isOver { end(at: time) }
    }

    /// Lets everything go as it came, behind what the handshake showed.
    private func pass(_ held: HeldSession) {
        decryptor.release(self, octets: held.reported)
        state = .passing
        let verdict = held.conversation.verdict
        if verdict != .notTLS {
            var mark = told ?? TLSMark(start: held.start, isDecrypted: false, client: TLSMark.Leg())
            mark.client = mark.client.completed(by: held.conversation.facts.leg)
            if mark != told { downstream.mark(.tls(mark), at: held.since) }
        }
        if let reason = reason(verdict, held.conversation.facts), !decryptor.keys.isEmpty {
            let trouble = Trouble(code: "decrypt-failed", text: "this session is not decrypted: \(reason)")
            downstream.mark(.trouble(trouble), at: held.since)
        }
        for (time, item) in held.items {
            switch item {
            case .octets(let side, let bytes): downstream.receive(bytes.span.bytes, from: side, at: time)
            case .mark(let mark): downstream.mark(mark, at: time)
            case .end:
                tell(held.alerts, time)
                return downstream.end(at: time)
            }
        }
        if let last = held.items.last { tell(held.alerts, last.time) }
    }

    private func tell(_ alerts: [TLSOutput], _ time: Timestamp) {
        for case .alert(let side, let alert) in alerts {
            downstream.mark(.trouble(PlaintextOutput.trouble(alert, side)), at: time)
        }
    }

    private func reason(_ verdict: TLSConversation.Verdict, _ facts: HandshakeFacts) -> String? {
        switch verdict {
        case .sealed(let reason): return reason
        case .lacksSecrets:
            let random = (facts.client?.random ?? []).map { octet in
                (octet < 16 ? "0" : "") + String(octet, radix: 16)
            }.joined()
            return "the key log has no secrets for its client random \(random)"
        case .undecided, .notTLS, .refused, .keyed, .open: return nil
        }
    }
}
