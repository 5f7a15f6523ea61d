public import MailTapAnalysis
public import MailTapCore

/// What `list` says of a session.
public struct SessionSummary: Sendable, Equatable {
    /// Number of the session.
    public var number: Int
    /// The INPUT it comes from.
    public var source: String
    /// When it began.
    public var started: Timestamp
    /// Nanoseconds that it took.
    public var duration: Int64
    /// `smtp`, `pop3`, `imap` or `unknown`.
    public var proto: String
    /// How TLS began; nil for none.
    public var tls: TLSMark?
    /// The two ends.
    public var client: Endpoint, server: Endpoint
    /// Who logged in, where the dialogue says so.
    public var user: String?
    /// Reverse-path of the first mail transaction; nil where there was none.
    public var from: String?
    /// Recipients of the mail transactions, accepted ones and refused ones.
    public var recipients: [String], refused: [String]
    /// Number of messages and their octets.
    public var messages: Int, messageBytes: UInt64
    /// Octets of each side.
    public var clientBytes: UInt64, serverBytes: UInt64
    /// Why it stopped.
    public var ending: Ending
    /// Findings of each severity.
    public var errors: Int, warnings: Int, notes: Int
    /// Commands that the server refused.
    public var refusals: Int

    /// Sums up a session.
    public init(_ session: Session) {
        number = session.number
        source = session.info.source
        started = session.info.started
        duration = session.duration
        proto = session.proto?.name ?? "unknown"
        tls = session.tls
        client = session.info.client
        server = session.info.server
        user = LoginName.accepted(in: session).last
        messages = session.messages.count
        messageBytes = session.messages.reduce(0) { $0 &+ $1.bytes }
        clientBytes = session.clientBytes
        serverBytes = session.serverBytes
        ending = session.ending
        func count(_ severity: Severity) -> Int {
            session.findings.reduce(0) { $1.severity == severity ? $0 + $1.occurrences : $0 }
        }
        (errors, warnings, notes) = (count(.error), count(.warning), count(.note))
        refusals = session.exchanges.count { exchange in
            exchange.reply?.status.isNegative == true || exchange.furtherReplies.contains { $0.status.isNegative }
        }
        recipients = session.messages.flatMap(\.to)
        refused = session.messages.flatMap(\.rejected)
        from = session.messages.first { $0.from != nil }?.from
        guard session.messages.isEmpty else { return }
        // No content came: the envelope is in the commands alone.
        for exchange in session.exchanges {
            guard let command = exchange.command, command.verb == "MAIL" || command.verb == "RCPT",
                let path = command.line.bracketedText
            else { continue }
            if command.verb == "MAIL" {
                from = from ?? path
            } else if exchange.reply?.status.isNegative == true {
                refused.append(path)
            } else {
                recipients.append(path)
            }
        }
    }

    /// Sums up a session of which only the tally was kept; it has no findings.
    public init(_ tally: SessionTally, number: Int) {
        self.number = number
        let info = tally.info
        source = info.source
        started = info.started
        duration = tally.duration
        proto = tally.proto?.name ?? "unknown"
        tls = tally.tls
        client = info.client
        server = info.server
        if server.name == nil { server.name = tls?.client.sni }
        user = tally.user
        messages = tally.messages
        messageBytes = tally.messageBytes
        clientBytes = tally.clientBytes
        serverBytes = tally.serverBytes
        ending = tally.ending
        (errors, warnings, notes) = (0, 0, 0)
        refusals = tally.refusals
        (from, recipients, refused) = tally.envelope
    }

    /// What the session was about, in one short text; empty where it says nothing.
    public var what: String {
        var text = ""
        describe { text += $0 }
        return text
    }

    /// What the session was about, piece by piece, so that nobody has to put them together.
    func describe(_ append: (String) -> Void) {
        if let user { append(user) }
        guard let from else { return }
        if user != nil { append(": ") }
        append(from.isEmpty ? "<>" : from)
        append(" -> ")
        append(recipients.first ?? (refused.isEmpty ? "nobody" : "all refused"))
        if recipients.count > 1 {
            append(" +")
            append(String(recipients.count - 1))
        }
        if !refused.isEmpty, !recipients.isEmpty { append(", \(refused.count) refused") }
    }

    /// The protocol, with a mark for TLS: `+tls`, or `+opaque` where it could not be seen through.
    public var protocolMark: String { proto + (tls.map { $0.isDecrypted ? "+tls" : "+opaque" } ?? "") }

    /// Findings in words, such as `1 error, 2 notes`; empty for none.
    public var findings: String {
        [(errors, "error"), (warnings, "warning"), (notes, "note")].filter { $0.0 > 0 }
            .map { TranscriptWords.count(UInt64($0.0), $0.1) }.joined(separator: ", ")
    }
}
