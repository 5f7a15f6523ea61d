import MailTapCore

/// Plays the client's side of one recorded session against a live server: octets in, effects out; no I/O, no clock.
///
/// Lock step that obeys the server: each command waits for the reply to the one before, unless the recording
/// pipelined and the server offers it now (RFC 2920, 2449). After a difference it goes on where that makes sense.
public struct Replayer: Sendable {
    /// What the replay wants done, in this order.
    public enum Effect: Sendable, Equatable {
        /// Send these octets.
        case send([UInt8])
        /// Wait for this many nanoseconds before what follows.
        case pause(Int64)
        /// Close the connection once all is sent: the replay is over.
        case close
        /// Close at once without any end mark, so that the server takes no half message.
        case abort
        /// Begin TLS; `secured` or `end` tells how that went.
        case startTLS
    }

    /// What was sent and waits for its reply.
    enum Awaited {
        case greeting
        case step(Int)
        /// A mail's content or last chunk; LMTP answers it once for each recipient (RFC 2033 section 4.2).
        case content(Int, repliesLeft: Int)
        /// A SASL login; the recorded lines still to be sent, where those are used.
        case sasl(Int, SASLClient?, lines: ArraySlice<[UInt8]>, rounds: Int)
        /// RSET or QUIT that the recording does not have.
        case inserted(String)
        /// EHLO or the TLS command that the recording does not have, as TLS is wanted all the same.
        case opening(Opening)
        /// DATA in place of the recorded chunks; the step of the last of them, and all their octets.
        case dataForChunks(Int, [UInt8])
        /// The TLS handshake.
        case handshake
    }

    /// What stands in front of a recording that is played under TLS although it was not recorded so.
    enum Opening {
        case hello, startTLS
    }

    /// Steps that are left out, and up to where.
    enum Omission {
        case toNextMail(String, needsReset: Bool)
        case toQuit(String)
    }

    /// What happened beside the dialogue, in order.
    public internal(set) var notes: [ReplayNote] = []
    /// Whether nothing more will be sent.
    public internal(set) var isOver = false

    let plan: ReplayPlan
    let options: ReplayOptions
    var reader: ReplyReader
    var awaited: [Awaited] = []
    var next = 0
    var omission: Omission?
    /// What the last EHLO or LHLO answer offers.
    var offers = OfferedExtensions()
    /// Whether the server said last, by EHLO or CAPA, what it offers, and TLS is not among that.
    var withholdsTLS = false
    /// Whether commands may be sent before the replies to those before them are there, as EHLO or CAPA says.
    var offersPipelining = false
    var isLMTP = false
    var greetingStamp: [UInt8]?
    var transactionIsOpen = false
    /// Recipients that were named in the present mail transaction, and those of them that were accepted.
    var triedRecipients = 0
    var acceptedRecipients = 0
    var mayContent = false
    /// SASL mechanisms of the last EHLO answer, in capitals.
    var offeredMechanisms: Set<String> = []
    var isQuitting = false
    /// Steps that are not played, as their notes say.
    var skipped: Set<Int> = []
    /// How many exchanges there were so far, as the decoder will count them.
    var exchanges = 0

    /// A replay that has not begun.
    public init(_ plan: ReplayPlan, options: ReplayOptions = ReplayOptions()) {
        self.plan = plan
        self.options = options
        reader = ReplyReader(plan.proto)
        // In both protocols the server speaks first, recorded or not.
        awaited = [.greeting]
        if options.tls == .implicit { leaveOutStartTLS() }
    }

    /// Takes octets of the server.
    public mutating func receive(_ bytes: RawSpan, into effects: inout [Effect]) {
        reader.receive(bytes)
        while !isOver, let first = awaited.first, !isHandshake(first),
            let reply = reader.next(isMultiline: isMultiline(first))
        {
            awaited.removeFirst()
            take(reply, for: first, &effects)
            proceed(&effects)
        }
    }

    /// The server closed the connection, or stopped answering (then say so in `why`).
    public mutating func end(why: String = "the server closed the connection", into effects: inout [Effect]) {
        guard !isOver else { return }
        let answered = next < plan.steps.count || !awaited.allSatisfy { isQuit($0) }
        if answered { note(.aborted, next, why) }
        stop(&effects)
    }

    // MARK: Sending

    /// Sends what can be sent now.
    mutating func proceed(_ effects: inout [Effect]) {
        while awaited.isEmpty, !isOver {
            guard next < plan.steps.count else {
                finish(&effects)
                return
            }
            if skipped.contains(next) {
                next += 1
                continue
            }
            guard leaveOutOrReset(&effects) else { continue }
            if lacksRecipients(plan.steps[next]) {
                omission = .toNextMail("every recipient was refused", needsReset: true)
                continue
            }
            let pause = options.timing.pause(for: plan.steps[next].pause)
            if pause > 0 { effects.append(.pause(pause)) }
            send(next, &effects)
            next += 1
            while !isOver, omission == nil, mayPipeline() {
                send(next, &effects)
                next += 1
            }
        }
    }

    /// Whether the next step may be sent before the last one was answered.
    private func mayPipeline() -> Bool {
        guard offersPipelining, !awaited.isEmpty, let step = plan.steps[checked: next], step.isPipelined,
            let before = plan.steps[checked: next - 1]
        else { return false }
        switch step.action {
        case .command, .chunk: break
        case .content, .startTLS, .sasl, .user, .password, .apop, .notPlayed: return false
        }
        // While a handshake, or DATA in place of chunks, is under way, nothing goes beside it.
        guard awaited.allSatisfy({ if case .step = $0 { true } else if case .content = $0 { true } else { false } })
        else { return false }
        guard plan.proto == .smtp else { return !["AUTH", "*auth", "STLS", "QUIT"].contains(before.verb) }
        // RFC 2920 section 3.1: these end a group.
        return ["RSET", "MAIL", "RCPT", "SEND", "SOML", "SAML", "BDAT"].contains(before.verb)
    }

    /// Handles what is left out; true when the step at `next` is to be sent now.
    private mutating func leaveOutOrReset(_ effects: inout [Effect]) -> Bool {
        let verb = plan.steps[next].verb
        switch omission {
        case nil: return true
        case .toNextMail(let why, let needsReset):
            if ["RCPT", "DATA", "*data", "BDAT"].contains(verb) {
                note(.leftOut, next, why)
                next += 1
                return false
            }
            omission = nil
            guard needsReset, !["RSET", "QUIT", "EHLO", "HELO", "LHLO"].contains(verb) else { return true }
            insert("RSET", "\(why): RSET ends the mail transaction", &effects)
            return false
        case .toQuit(let why):
            guard verb != "QUIT" else {
                omission = nil
                return true
            }
            note(.leftOut, next, why)
            next += 1
            return false
        }
    }

    /// Says octets that begin an exchange.
    mutating func say(_ octets: [UInt8], _ effects: inout [Effect]) {
        effects.append(.send(octets))
        exchanges += 1
    }

    private mutating func send(_ index: Int, _ effects: inout [Effect]) {
        let step = plan.steps[index]
        switch step.action {
        case .command(let line) where plan.proto == .smtp && ["MAIL", "RCPT"].contains(step.verb):
            sendEnvelope(line, index, &effects)
        case .command(let line):
            say(line + [0x0D, 0x0A], &effects)
            awaited.append(.step(index))
        case .content(let octets):
            guard mayContent else {
                note(.leftOut, index, "the server did not ask for content")
                return
            }
            mayContent = false
            // Asked for a mail that has nobody to go to: a lone dot ends it (RFC 2920 section 3.1).
            let isForNobody = triedRecipients > 0 && acceptedRecipients == 0
            if isForNobody { note(.altered, index, "every recipient was refused: the mail is empty") }
            say(WireContent.stuffed(isForNobody ? [] : octets), &effects)
            awaited.append(.content(index, repliesLeft: isLMTP ? max(1, acceptedRecipients) : 1))
        case .startTLS(let line):
            guard !withholdsTLS else {
                notPlayed(index, "\(step.verb) is not offered")
                omission = .toQuit("what follows was said under TLS, which is not offered")
                return
            }
            say(line + [0x0D, 0x0A], &effects)
            awaited.append(.step(index))
        case .chunk(let line, let octets):
            if sendAsData(index, &effects) { return }
            guard offers.contains("CHUNKING") || !(step.expected?.isPositive ?? true) else {
                // A server that does not know BDAT would take the chunk's octets for commands.
                notPlayed(index, "CHUNKING is not offered; --data-for-bdat sends the mail with DATA")
                return
            }
            say(line + [0x0D, 0x0A] + octets, &effects)
            let isLast = line.split(separator: 0x20).count > 2
            awaited.append(.content(index, repliesLeft: isLMTP && isLast ? max(1, acceptedRecipients) : 1))
        case .notPlayed(let why):
            notPlayed(index, why)
        case .sasl(let login):
            startLogin(login, index, &effects)
        case .user(let line):
            let sent = options.credentials?.user.map { [UInt8]("USER \($0)".utf8) } ?? line
            sendLogin(canGivePassword(after: index) ? sent : nil, index, &effects)
        case .password(let line):
            sendLogin(options.credentials.map { [UInt8]("PASS \($0.password)".utf8) } ?? line, index, &effects)
        case .apop(let user):
            guard let credentials = options.credentials, let stamp = greetingStamp else {
                let why =
                    options.credentials == nil
                    ? Self.noCredentials : "the server's greeting has no stamp for APOP now"
                notPlayed(index, why)
                return
            }
            let digest = SASLClient.apopDigest(stamp: stamp, password: credentials.password)
            sendLogin([UInt8]("APOP \(credentials.user ?? user) \(digest)".utf8), index, &effects)
        }
    }

    /// Says a line of a login of POP3; nil where there is nothing to say it with.
    private mutating func sendLogin(_ line: [UInt8]?, _ index: Int, _ effects: inout [Effect]) {
        guard let line else {
            notPlayed(index, Self.noCredentials)
            return
        }
        say(line + [0x0D, 0x0A], &effects)
        awaited.append(.step(index))
    }

    static let noCredentials =
        "the recording's password is masked or fits no new challenge: give --user and --password-file"

    /// A USER is only said where the PASS behind it can be.
    private func canGivePassword(after index: Int) -> Bool {
        guard options.credentials == nil, case .password(let line)? = plan.steps[checked: index + 1]?.action else {
            return true
        }
        return line != nil
    }

    /// Notes a step that can't be played, and leaves out what depends on it.
    mutating func notPlayed(_ index: Int, _ why: String) {
        note(.notPlayed, index, why)
        switch (plan.proto, plan.steps[index].verb) {
        case (.pop3, _): omission = .toQuit("nothing is allowed without the login that was not played")
        case (.smtp, "DATA"), (.smtp, "*data"), (.smtp, "BDAT"):
            omission = .toNextMail("the message before it was not played", needsReset: transactionIsOpen)
        default: break
        }
    }

    mutating func insert(_ command: String, _ why: String, _ effects: inout [Effect]) {
        note(.inserted, next, why)
        say([UInt8]("\(command)\r\n".utf8), &effects)
        awaited.append(.inserted(command))
    }

    /// All steps are done: ends the session as the recording did, or in order where it was cut short.
    private mutating func finish(_ effects: inout [Effect]) {
        if case .toQuit(let why) = omission {
            omission = nil
            insert("QUIT", "\(why): QUIT ends the session", &effects)
            return
        }
        if plan.endsUnreadably, plan.steps.last?.verb != "QUIT", !isQuitting {
            isQuitting = true
            insert("QUIT", "the rest of the recording can't be read: QUIT ends the session", &effects)
            return
        }
        omission = nil
        stop(&effects)
    }

    mutating func stop(_ effects: inout [Effect]) {
        guard !isOver else { return }
        isOver = true
        awaited = []
        effects.append(.close)
    }

    mutating func note(_ kind: ReplayNote.Kind, _ step: Int, _ text: String) {
        let exchanges =
            plan.steps[checked: step]?.exchanges
            ?? {
                let end = plan.steps.last?.exchanges.upperBound ?? 0
                return end..<end
            }()
        notes.append(
            ReplayNote(kind: kind, exchanges: exchanges, text: text, came: kind == .inserted ? self.exchanges : nil))
    }

    private func isMultiline(_ awaited: Awaited) -> Bool {
        guard plan.proto == .pop3, case .step(let index) = awaited, let step = plan.steps[checked: index],
            case .command(let line) = step.action
        else { return false }
        let hasArgument = line.split(separator: 0x20).count > 1
        switch step.verb {
        case "RETR", "TOP", "CAPA": return true
        case "LIST", "UIDL", "LANG", "AUTH": return !hasArgument
        default: return false
        }
    }

    private func isQuit(_ awaited: Awaited) -> Bool {
        switch awaited {
        case .step(let index): plan.steps[checked: index]?.verb == "QUIT"
        case .inserted(let command): command == "QUIT"
        case .greeting, .content, .sasl, .opening, .dataForChunks, .handshake: false
        }
    }

    private func isHandshake(_ awaited: Awaited) -> Bool { if case .handshake = awaited { true } else { false } }
}
