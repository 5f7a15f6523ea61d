public import MailTapAnalysis
import MailTapCore

/// The transcript of one session while it runs: takes a `SessionBuilder`'s progress, gives the lines for it.
///
/// Lines come in the order in which things happen; a reply that does not follow its command at once (pipelining) says
/// which command it answers.
public struct LiveTranscript {
    private var formatter: TranscriptFormatter
    private let options: ExportOptions
    /// Exchange of the line written last, nil when something else came between.
    private var last: Int?
    /// Exchanges up to here had their note written with the command.
    private var noted = -1
    private var findings = 0
    private var replies: [Int: Int] = [:]

    /// A transcript; messages are shown whole where `options.full` and their octets are given.
    public init(_ options: ExportOptions) {
        self.options = options
        formatter = TranscriptFormatter(options)
    }

    /// Stands before each line, such as `2 `; set while several sessions interleave.
    public var prefix: String {
        get { formatter.prefix }
        set { formatter.prefix = newValue }
    }

    /// The session opened; `session.number` is shown unless it is 0.
    public mutating func open(_ session: Session, into out: inout [UInt8]) {
        formatter.header(session.info, number: session.number > 0 ? session.number : nil, into: &out)
    }

    /// Something happened.
    ///
    /// - Parameter content: the octets of message number `index`, if they were kept; asked only where all is shown.
    public mutating func progress(
        _ progress: SessionProgress, _ session: Session, content: (_ index: Int) -> [UInt8]? = { _ in nil },
        into out: inout [UInt8]
    ) {
        switch progress {
        case .detected: break
        case .command(let index): command(index, session, into: &out)
        case .reply(let index): reply(index, session, into: &out)
        case .listing(let index):
            guard session.exchanges.indices.contains(index), let data = session.exchanges[index].data else { break }
            let isCAPA = session.exchanges[index].command?.verb == "CAPA"
            formatter.listing(
                data, isEncrypted: session.exchanges[index].isEncrypted,
                notes: isCAPA ? data.map { Annotator.capabilityNote(ofTag: $0) } : [], into: &out)
        case .message(let index):
            guard session.messages.indices.contains(index) else { break }
            let message = session.messages[index]
            let exchange =
                session.exchanges.indices.contains(message.exchange) ? session.exchanges[message.exchange] : nil
            formatter.message(
                message, number: index + 1, at: exchange?.command?.verb == "*data" ? exchange?.at : nil,
                isEncrypted: exchange?.isEncrypted ?? false, octets: options.full ? content(index) : nil, into: &out)
            last = message.exchange
        case .tunnel(let index):
            guard session.tunnels.indices.contains(index) else { break }
            formatter.event(session.tunnels[index].description, into: &out)
        case .tls:
            if let tls = session.tls { formatter.tls(tls, into: &out) }
        case .trouble(let trouble): formatter.problem("\(trouble.code): \(trouble.text)", into: &out)
        case .gap(let side, let count):
            let name = side == .client ? "client" : "server"
            formatter.problem("\(TranscriptWords.missing(count, of: name)) here", isError: false, into: &out)
        }
        newFindings(session, into: &out)
    }

    /// The session is over.
    public mutating func end(_ session: Session, into out: inout [UInt8]) {
        formatter.flush(into: &out)
        newFindings(session, into: &out)
        formatter.summary(session, into: &out)
    }

    private mutating func command(_ index: Int, _ session: Session, into out: inout [UInt8]) {
        guard session.exchanges.indices.contains(index), let command = session.exchanges[index].command,
            command.verb != "*data"
        else { return }
        let exchange = session.exchanges[index]
        formatter.command(command, at: exchange.at, isEncrypted: exchange.isEncrypted, note: exchange.note, into: &out)
        if exchange.note != nil { noted = max(noted, index) }
        last = index
    }

    private mutating func reply(_ index: Int, _ session: Session, into out: inout [UInt8]) {
        guard session.exchanges.indices.contains(index) else { return }
        let exchange = session.exchanges[index]
        let said = replies[index, default: 0]
        let all = (exchange.reply.map { [$0] } ?? []) + exchange.furtherReplies
        guard said < all.count else { return }
        replies[index] = said + 1
        let reply = all[said]
        var note = index > noted ? exchange.note : nil
        if let command = exchange.command, let last, last != index {
            let answered = command.verb == "*data" ? "answers the message" : "answers " + command.verb
            note = answered + (note.map { ": " + $0 } ?? "")
        }
        let verb = exchange.command?.verb
        let offers = verb == "EHLO" || verb == "LHLO" ? Annotator.capabilityNotes(for: reply) : []
        formatter.reply(
            reply, at: reply.at, isEncrypted: exchange.isEncrypted, note: note, lineNotes: offers, into: &out)
        last = index
    }

    private mutating func newFindings(_ session: Session, into out: inout [UInt8]) {
        guard findings < session.findings.count else { return }
        // Where octets are missing was said in its place.
        for finding in session.findings[findings...] where !finding.tellsPlaceOnly {
            formatter.finding(finding, into: &out)
        }
        findings = session.findings.count
    }
}
