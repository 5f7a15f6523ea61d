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
    /// Stands before each line, such as `2 `; for sessions that interleave.
    ///
    /// May change at any time.
    public var prefix = ""
    private let options: ExportOptions
    /// Lines of a note that wait for a free place beside the dialogue.
    private var waiting: ArraySlice<String> = []

    /// A formatter for one session.
    public init(_ options: ExportOptions) { self.options = options }

    /// Whether there is no room for notes beside the dialogue: they stand below the line then.
    private var isNarrow: Bool { options.width < 72 }
    /// Column at which times and notes begin.
    private var noteColumn: Int { isNarrow ? 4 : min(64, options.width * 44 / 100) }
    private var noteWidth: Int { max(16, options.width - noteColumn - 9 - VisibleText.columns(of: prefix)) }

    // MARK: Lines of the dialogue

    /// A command line, with what it does as note.
    public mutating func command(
        _ command: Command, at time: Int64, isEncrypted: Bool, note: String? = nil, into out: inout [UInt8]
    ) {
        let (text, isFolded) = Self.visible(command.line, reveal: options.reveal)
        line(.client, isEncrypted, text, isFolded ? .folded : .client, time: time, note: note, into: &out)
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
            line(
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
            line(.server, isEncrypted, Self.visible(text, reveal: options.reveal).0, .server, note: note, into: &out)
        }
        if shown < lines.count {
            line(.server, isEncrypted, Array("[\(lines.count - shown) more lines]".utf8), .folded, into: &out)
        }
        line(.server, isEncrypted, [UInt8(ascii: ".")], .server, into: &out)
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
            var text = "[message \(number): \(Self.count(message.bytes, "octet"))"
            if message.kind == .top { text += ", its top" }
            if let subject = message.content.subject { text += ", \"\(VisibleText.of(subject))\"" }
            let incomplete = message.complete || message.kind == .top
            text += incomplete ? "]" : ", incomplete]"
            line(
                side, isEncrypted, Array(text.utf8), .folded, time: time, note: note ?? Self.about(message), into: &out)
        }
        if message.kind != .bdat, message.kind != .bdatLast, message.complete || message.kind == .top {
            line(side, isEncrypted, [UInt8(ascii: ".")], side == .client ? .client : .server, into: &out)
        }
    }

    /// A chunk of a message that goes on in a later BDAT.
    public mutating func chunk(ofMessage number: Int, isEncrypted: Bool, into out: inout [UInt8]) {
        line(.client, isEncrypted, Array("[a chunk of message \(number)]".utf8), .folded, into: &out)
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
            problem("\(Self.missing(gap.length, of: "message")) here", isError: false, into: &out)
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
            line(side, isEncrypted, text, side == .client ? .client : .server, time: time, into: &out)
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
                line(
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
        text += Self.endpoints(info)
        if info.source != "proxy", !info.source.isEmpty { text += ", from " + info.source }
        event(text, into: &out)
        if let lookup = info.lookup { event(Self.words(for: lookup, of: info), into: &out) }
    }

    /// How the client found the server.
    private static func words(for lookup: NameLookup, of info: SessionInfo) -> String {
        let address = info.server.address.map { "\($0)" } ?? "the server"
        var text = "DNS: \(address) is \(lookup.name) (\(lookup.type))"
        if let domain = lookup.domain {
            text += ", a mail exchanger of \(domain)"
            if let preference = lookup.preference { text += " (MX, preference \(preference))" }
        }
        return text
    }

    /// A `===` line: something happened.
    public mutating func event(_ text: String, at time: Int64? = nil, into out: inout [UInt8]) {
        var visible = [UInt8]("=== ".utf8)
        VisibleText.append(text: text, to: &visible)
        flush(into: &out)
        put(visible, .event, time: time, into: &out)
    }

    /// A `***` line: something went wrong.
    public mutating func problem(_ text: String, isError: Bool = true, into out: inout [UInt8]) {
        flush(into: &out)
        let lines = WordWrap.lines(
            VisibleText.of(text), width: max(16, options.width - 4 - VisibleText.columns(of: prefix)))
        for (index, text) in lines.enumerated() {
            put(Array(((index == 0 ? "*** " : "    ") + text).utf8), isError ? .error : .warning, into: &out)
        }
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
        text += Self.leg(mark.client)
        if !mark.isDecrypted { text += "; what follows is not decrypted" }
        event(text, at: time, into: &out)
        guard let upstream = mark.upstream else { return }
        event("TLS to the server" + Self.leg(upstream), into: &out)
        if let problem = upstream.problem {
            self.problem("certificate of the server: " + problem, isError: false, into: &out)
        } else if let reason = upstream.reason {
            event("The server's certificate " + reason, into: &out)
        }
    }

    /// The line that closes a session.
    public mutating func summary(_ session: Session, into out: inout [UInt8]) {
        for (side, count) in [("client", session.clientMissing), ("server", session.serverMissing)] where count > 0 {
            problem("\(Self.missing(count, of: side)) from the input", isError: false, into: &out)
        }
        var text = "session \(session.number) \(session.proto?.name ?? "unknown")"
        text += " " + Self.endpoints(session.info) + " " + session.ending.rawValue
        text += ", " + (session.messages.isEmpty ? "no message" : Self.count(UInt64(session.messages.count), "message"))
        if let overview = session.overview { self.overview(overview, session, into: &out) }
        let findings = session.findings.reduce(0 as UInt64) { $0 + UInt64(clamping: $1.occurrences) }
        if findings > 0 { text += ", " + Self.count(findings, "finding") }
        text += ", " + TimeText.text(seconds: session.duration, decimals: 3) + " s"
        event(text, into: &out)
    }

    /// What the session did and how long it took for it.
    private mutating func overview(_ overview: SessionOverview, _ session: Session, into out: inout [UInt8]) {
        var figures: [String] = []
        if let time = overview.timeToGreeting, session.info.startSeen {
            figures.append("greeting after \(TimeText.text(seconds: time, decimals: 3)) s")
        }
        if let slowest = overview.slowestReply {
            let verb =
                session.exchanges.indices.contains(slowest.exchange)
                ? session.exchanges[slowest.exchange].command?.verb : nil
            let what = verb == "*data" ? "the content" : verb == "*auth" ? "a login's response" : verb ?? ""
            figures.append(
                "slowest reply \(TimeText.text(seconds: slowest.latency, decimals: 3)) s"
                    + (what.isEmpty ? "" : ", to \(VisibleText.of(String(what.prefix(24))))"))
        }
        if let rate = overview.rate { figures.append("content at \(Self.rate(rate))") }
        if !overview.vanished.isEmpty {
            figures.append("gone under TLS: " + overview.vanished.prefix(20).joined(separator: ", "))
        }
        if !overview.appeared.isEmpty {
            figures.append("offered under TLS only: " + overview.appeared.prefix(20).joined(separator: ", "))
        }
        let told = figures.joined(separator: "; ")
        let text = overview.sentence + (told.isEmpty ? "" : " " + told.prefix(1).uppercased() + told.dropFirst() + ".")
        let lines = WordWrap.lines(
            VisibleText.of(text), width: max(16, options.width - 4 - VisibleText.columns(of: prefix)))
        flush(into: &out)
        for (index, line) in lines.enumerated() {
            put(Array(((index == 0 ? "=== " : "    ") + line).utf8), .event, into: &out)
        }
    }

    /// `1.2 MB/s`.
    private static func rate(_ rate: Double) -> String {
        let (value, unit) = rate >= 1e6 ? (rate / 1e6, "MB/s") : rate >= 1e3 ? (rate / 1e3, "kB/s") : (rate, "B/s")
        let tenths = Int(min(value, 1e9) * 10)
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    /// Writes what still waits for a place beside the dialogue.
    public mutating func flush(into out: inout [UInt8]) {
        while let note = waiting.popFirst() { put([], .plain, note: note, into: &out) }
    }

    // MARK: Laying out

    private mutating func line(
        _ side: Side, _ isEncrypted: Bool, _ text: [UInt8], _ style: Style, time: Int64? = nil, note: String? = nil,
        into out: inout [UInt8]
    ) {
        let mark: StaticString =
            switch (side, isEncrypted) {
            case (.client, false): " -> "
            case (.server, false): "<-  "
            case (.client, true): " ~> "
            case (.server, true): "<~  "
            }
        var visible: [UInt8] = []
        visible.append(mark)
        visible += text
        // A space at the end is content too, but nobody sees it; the marks alone must not leave one either.
        if text.isEmpty { while visible.last == UInt8(ascii: " ") { visible.removeLast() } }
        if let note {
            flush(into: &out)
            waiting = WordWrap.lines(VisibleText.of(note), width: noteWidth)[...]
        }
        put(visible, style, time: time, note: waiting.popFirst(), into: &out)
        if isNarrow { flush(into: &out) }
    }

    /// Writes one line: `text` on the left, time and note at their column, below it where the text is too long.
    private func put(
        _ text: [UInt8], _ style: Style, time: Int64? = nil, note: String? = nil, into out: inout [UInt8]
    ) {
        let color = options.color
        out.append(text: prefix)
        let columns = VisibleText.columns(of: text)
        if !text.isEmpty { style.append(to: &out, color: color) { $0 += text } }
        guard time != nil || note != nil else {
            out.append("\n")
            return
        }
        var aside = time.map { TimeText.text(seconds: $0, decimals: 3) } ?? ""
        aside = String(repeating: " ", count: max(0, 7 - aside.utf8.count)) + aside
        if let note { aside += "  " + note }
        var gap = noteColumn - columns
        if gap < 1 {
            // A time alone never earns a line of its own.
            let fits = columns + 1 + VisibleText.columns(of: prefix) + VisibleText.columns(of: aside) <= options.width
            if note == nil || (fits && !isNarrow) {
                gap = 1
            } else {
                out.append("\n")
                out.append(text: prefix)
                gap = noteColumn
            }
        }
        out.append(spaces: gap)
        Style.aside.append(to: &out, color: color) { $0.append(text: aside) }
        out.append("\n")
    }

    // MARK: Words

    private static func visible(_ line: WireText, reveal: Bool) -> ([UInt8], Bool) {
        var out: [UInt8] = []
        guard !line.secrets.isEmpty else {
            VisibleText.append(line.octets, to: &out)
            return (out, false)
        }
        VisibleText.append(text: line.text(revealing: reveal).text, to: &out)
        return (out, true)
    }

    static func endpoints(_ info: SessionInfo) -> String {
        endpoint(info.client) + " -> " + endpoint(info.server)
    }

    static func endpoint(_ endpoint: Endpoint) -> String {
        guard endpoint.address != nil || endpoint.name != nil else { return "?" }
        guard let name = endpoint.name, endpoint.address != nil else { return VisibleText.of(endpoint.description) }
        return "\(endpoint) (\(VisibleText.of(name)))"
    }

    private static func leg(_ leg: TLSMark.Leg) -> String {
        var facts = [leg.version, leg.cipher].compactMap(\.self)
        if let name = leg.sni { facts.append("server name \(name)") }
        if let name = leg.certificateNames.first, !leg.certificateNames.contains(where: { $0 == leg.sni }) {
            facts.append("certificate for \(name)")
        }
        if let shown = leg.chain.first {
            let lastDay = TimeText.text(moment: shown.notAfter, decimals: 0).prefix(10)
            facts.append("certificate \(shown.subject) of \(shown.issuer), until \(lastDay)")
        }
        return facts.isEmpty ? "" : ": " + facts.joined(separator: ", ")
    }

    /// `3 octets of the client are missing`.
    static func missing(_ number: UInt64, of whose: String) -> String {
        "\(count(number, "octet")) of the \(whose) \(number == 1 ? "is" : "are") missing"
    }

    /// `1 octet`, `2 octets`.
    static func count(_ number: UInt64, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    /// The note of an offer without the keyword, which stands beside it.
    private static func withoutKeyword(_ note: String) -> String {
        var rest = Substring(note).utf8
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[rest.index(after: colon)...]
            if rest.first == UInt8(ascii: " ") { return String(Substring(rest.dropFirst())) }
        }
        return note
    }

    /// What a message consists of and what its header section shows; nil where that goes without saying.
    static func about(_ message: Message) -> String? {
        let phrases = [parts(message.content.parts)].compactMap(\.self) + message.content.facts.phrases
        return phrases.isEmpty ? nil : phrases.joined(separator: "; ")
    }

    /// What a message consists of, in one line; nil for a single part of plain text, which goes without saying.
    static func parts(_ parts: [MessagePart]) -> String? {
        guard parts.count > 1 || parts.contains(where: { $0.type != "text/plain" || $0.filename != nil }) else {
            return nil
        }
        return parts.map { part in
            part.type + (part.filename.map { " \"\($0)\"" } ?? "") + " \(count(part.bytes, "octet"))"
        }.joined(separator: "; ")
    }
}
