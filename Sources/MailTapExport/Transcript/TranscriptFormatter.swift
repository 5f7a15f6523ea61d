public import MailTapAnalysis
public import MailTapCore

/// Writes the lines of one session's transcript, as they happen or afterwards.
///
/// What was said stands on the left with swaks' marks; times since the start and notes stand beside it, dimmed, and a
/// long note goes on beside the lines that follow. One formatter serves one session; with `prefix` set, each line says
/// which session it belongs to, so that live sessions may interleave.
///
/// ```
///  -> MAIL FROM:<a@example.org> SIZE=1200     0.001  Start a mail from a@example.org,
/// <-  250 2.1.0 Ok                            0.002  1200 octets declared (RFC 1870)
/// ```
public struct TranscriptFormatter: Sendable {
    private let options: ExportOptions
    private var layout: TranscriptLayout

    /// A formatter for one session.
    public init(_ options: ExportOptions) {
        self.options = options
        layout = TranscriptLayout(width: options.width, color: options.color)
    }

    /// Stands before each line, such as `2 `; for sessions that interleave.
    ///
    /// May change at any time.
    public var prefix: String {
        get { layout.prefix }
        set { layout.prefix = newValue }
    }

    // MARK: Lines of the dialogue

    /// A command line, with what it does as note.
    public mutating func command(
        _ command: Command, at time: Int64, isEncrypted: Bool, note: String? = nil, into out: inout [UInt8]
    ) {
        let (text, isFolded) = Self.visible(command.line, reveal: options.reveal)
        layout.line(.client, isEncrypted, text, isFolded ? .folded : .client, time: time, note: note, into: &out)
        forwarded(command.forwarded, inPlaceOf: command, isEncrypted, into: &out)
    }

    /// A reply, all its lines.
    ///
    /// - Parameter lineNotes: notes for single lines, in their order; may be fewer than there are lines.
    public mutating func reply(
        _ reply: Reply, at time: Int64, isEncrypted: Bool, note: String? = nil, lineNotes: [String?] = [],
        into out: inout [UInt8]
    ) {
        let style: Style = reply.status.isNegative ? .refusal : .server
        var note = note
        if reply.isInjected { note = "said by MailTap, not by the server" + (note.map { ". " + $0 } ?? "") }
        let count = max(1, reply.lines.count)
        for index in 0..<count {
            let isLast = index == count - 1 && reply.isComplete
            var text = Array(reply.status.text.utf8)
            let shown =
                reply.lines.indices.contains(index) ? Self.visible(reply.lines[index], reveal: options.reveal).0 : []
            let isSMTP = reply.status.rawValue >= 100
            if isSMTP, !isLast, reply.lines.count > 1 || !reply.isComplete {
                text.append(UInt8(ascii: "-"))
            } else if !text.isEmpty, !shown.isEmpty {
                text.append(UInt8(ascii: " "))
            }
            text += shown
            let lineNote = lineNotes.indices.contains(index) ? lineNotes[index].map(Self.withoutKeyword) : nil
            layout.line(
                .server, isEncrypted, text, style, time: index == 0 ? time : nil, note: index == 0 ? note : lineNote,
                into: &out)
        }
        forwarded(reply.forwarded, inPlaceOf: nil, isEncrypted, into: &out)
    }

    /// Lines of a POP3 multi-line response other than a message; folded to the first ones unless all are wanted.
    ///
    /// - Parameter notes: notes for single lines, in their order; may be fewer than there are lines.
    public mutating func listing(
        _ lines: [WireText], isEncrypted: Bool, notes: [String?] = [], into out: inout [UInt8]
    ) {
        let shown = options.full || lines.count <= 12 || !notes.isEmpty ? lines.count : 8
        for (index, text) in lines.prefix(shown).enumerated() {
            let note = notes.indices.contains(index) ? notes[index].map(Self.withoutKeyword) : nil
            layout.line(
                .server, isEncrypted, Self.visible(text, reveal: options.reveal).0, .server, note: note, into: &out)
        }
        if shown < lines.count {
            layout.line(.server, isEncrypted, Array("[\(lines.count - shown) more lines]".utf8), .folded, into: &out)
        }
        layout.line(.server, isEncrypted, [UInt8(ascii: ".")], .server, into: &out)
    }

    /// A message that was transferred: one line with its size and subject, its parts beside it, or all of it.
    ///
    /// - Parameters:
    ///   - number: the message's number in this session, from 1.
    ///   - note: what its exchange does, where no reply came for it to stand at.
    ///   - octets: the message's content; shown where all is wanted and it is given.
    public mutating func message(
        _ message: Message, number: Int, at time: Int64?, isEncrypted: Bool, note: String? = nil,
        octets: [UInt8]? = nil, into out: inout [UInt8]
    ) {
        let side: Side = message.kind == .retr || message.kind == .top ? .server : .client
        if options.full, let octets {
            content(octets, message.gaps, from: side, isEncrypted, time: time, into: &out)
        } else {
            var text = "[message \(number): \(TranscriptWords.count(message.bytes, "octet"))"
            if message.kind == .top { text += ", its top" }
            if let subject = message.content.subject { text += ", \"\(VisibleText.of(subject))\"" }
            text += message.complete || message.kind == .top ? "]" : ", incomplete]"
            layout.line(
                side, isEncrypted, Array(text.utf8), .folded, time: time, note: note ?? TranscriptWords.about(message),
                into: &out)
        }
        if message.kind != .bdat, message.kind != .bdatLast, message.complete || message.kind == .top {
            layout.line(side, isEncrypted, [UInt8(ascii: ".")], side == .client ? .client : .server, into: &out)
        }
    }

    /// A chunk of a message that goes on in a later BDAT.
    public mutating func chunk(ofMessage number: Int, isEncrypted: Bool, into out: inout [UInt8]) {
        layout.line(.client, isEncrypted, Array("[a chunk of message \(number)]".utf8), .folded, into: &out)
    }

    /// Content, with a line in each place where octets are missing.
    private mutating func content(
        _ octets: [UInt8], _ gaps: [ContentGap], from side: Side, _ isEncrypted: Bool, time: Int64?,
        into out: inout [UInt8]
    ) {
        var rest = octets[...]
        var time = time
        for gap in gaps where gap.offset <= UInt64(octets.count) {
            let end = Int(gap.offset)
            content(rest.prefix(upTo: max(end, rest.startIndex)), from: side, isEncrypted, time: time, into: &out)
            if end > 0 { time = nil }
            problem("\(TranscriptWords.missing(gap.length, of: "message")) here", isError: false, into: &out)
            rest = octets[max(end, rest.startIndex)...]
        }
        content(rest, from: side, isEncrypted, time: time, into: &out)
    }

    private mutating func content(
        _ octets: ArraySlice<UInt8>, from side: Side, _ isEncrypted: Bool, time: Int64?, into out: inout [UInt8]
    ) {
        guard !octets.isEmpty else { return }
        var lines = octets.split(separator: 10, omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines = lines.dropLast() }
        var time = time
        for octets in lines {
            var text: [UInt8] = []
            VisibleText.append(octets.last == 13 ? octets.dropLast() : octets, to: &text)
            layout.line(side, isEncrypted, text, side == .client ? .client : .server, time: time, into: &out)
            time = nil
        }
    }

    private mutating func forwarded(
        _ forwarded: Forwarded, inPlaceOf command: Command?, _ isEncrypted: Bool, into out: inout [UInt8]
    ) {
        switch forwarded {
        case .same: break
        case .nothing: event("MailTap did not pass this on", into: &out)
        case .octets(let octets):
            let lines = ForwardedLines(octets, inPlaceOf: command).lines
            event(
                command == nil ? "MailTap passed this on instead, to the client:" : "MailTap passed this on instead:",
                into: &out)
            for text in lines {
                layout.line(
                    command == nil ? .server : .client, isEncrypted, Self.visible(text, reveal: options.reveal).0,
                    .folded, into: &out)
            }
        }
    }

    // MARK: What happened around it

    /// The line that opens a session.
    public mutating func header(_ info: SessionInfo, number: Int? = nil, into out: inout [UInt8]) {
        var text = number.map { "session \($0), " } ?? ""
        if info.started.nanoseconds != 0 {
            var moment: [UInt8] = []
            TimeText.append(moment: info.started, decimals: 3, separator: UInt8(ascii: " "), zone: false, to: &moment)
            text += String(decoding: moment, as: UTF8.self) + " UTC, "
        }
        text += TranscriptWords.endpoints(info)
        if info.source != "proxy", !info.source.isEmpty { text += ", from " + info.source }
        event(text, into: &out)
        if let lookup = info.lookup { event(TranscriptWords.dns(lookup, of: info), into: &out) }
    }

    /// A `===` line: something happened.
    public mutating func event(_ text: String, at time: Int64? = nil, into out: inout [UInt8]) {
        layout.event(text, time: time, into: &out)
    }

    /// A `***` line: something went wrong.
    public mutating func problem(_ text: String, isError: Bool = true, into out: inout [UInt8]) {
        layout.block(text, mark: "*** ", isError ? .error : .warning, into: &out)
    }

    /// A finding, at the line that it concerns.
    public mutating func finding(_ finding: Finding, into out: inout [UInt8]) {
        var text = "\(finding.severity.rawValue) \(finding.rule): \(finding.text)"
        if !finding.reference.isEmpty { text += " (\(finding.reference))" }
        problem(text, isError: finding.severity == .error, into: &out)
    }

    /// TLS began: what was agreed on, each leg.
    public mutating func tls(_ mark: TLSMark, at time: Int64? = nil, into out: inout [UInt8]) {
        var text = "TLS begins" + (mark.start == .implicit ? " with the first octet" : "")
        text += TranscriptWords.leg(mark.client)
        if !mark.isDecrypted { text += "; what follows is not decrypted" }
        event(text, at: time, into: &out)
        guard let upstream = mark.upstream else { return }
        event("TLS to the server" + TranscriptWords.leg(upstream), into: &out)
        if let problem = upstream.problem {
            self.problem("certificate of the server: " + problem, isError: false, into: &out)
        } else if let reason = upstream.reason {
            event("The server's certificate " + reason, into: &out)
        }
    }

    /// The line that closes a session.
    public mutating func summary(_ session: Session, into out: inout [UInt8]) {
        for (side, count) in [("client", session.clientMissing), ("server", session.serverMissing)] where count > 0 {
            problem("\(TranscriptWords.missing(count, of: side)) from the input", isError: false, into: &out)
        }
        var text = "session \(session.number) \(session.proto?.name ?? "unknown")"
        text += " " + TranscriptWords.endpoints(session.info) + " " + session.ending.rawValue
        text +=
            ", "
            + (session.messages.isEmpty
                ? "no message" : TranscriptWords.count(UInt64(session.messages.count), "message"))
        if let overview = session.overview {
            layout.block(TranscriptWords.overview(overview, session), mark: "=== ", .event, into: &out)
        }
        let findings = session.findings.reduce(0 as UInt64) { $0 + UInt64(clamping: $1.occurrences) }
        if findings > 0 { text += ", " + TranscriptWords.count(findings, "finding") }
        text += ", " + TimeText.text(seconds: session.duration, decimals: 3) + " s"
        event(text, into: &out)
    }

    /// Writes what still waits for a place beside the dialogue.
    public mutating func flush(into out: inout [UInt8]) {
        layout.flush(into: &out)
    }

    // MARK: Text

    /// A line as it is shown, and whether anything of it is folded.
    private static func visible(_ line: WireText, reveal: Bool) -> ([UInt8], Bool) {
        var out: [UInt8] = []
        guard !line.secrets.isEmpty else {
            VisibleText.append(line.octets, to: &out)
            return (out, false)
        }
        VisibleText.append(text: line.text(revealing: reveal).text, to: &out)
        return (out, true)
    }

    /// The note of an offer without the keyword, which stands beside it.
    private static func withoutKeyword(_ note: String) -> String {
        var rest = Substring(note).utf8
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[rest.index(after: colon)...]
            if rest.first == UInt8(ascii: " ") { return String(Substring(rest.dropFirst())) }
        }
        return note
    }
}
