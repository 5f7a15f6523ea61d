/// Reads dialogue files (`docs/dialogue-files.md`).
///
/// Total: whatever the octets, reading ends, in time and memory that grow with their number alone; a line that can't be
/// read is left out and reported with its number.
public struct DialogueFileReader {
    /// Errors that are kept; more are only as good as these.
    private static let errorLimit = 50

    private let source: String?
    private let include: DialogueInclude.Source
    private var included = 0
    private var sessions: [DialogueFileSession] = []
    private var errors: [DialogueFileError] = []
    private var number = 0
    /// Whether no header began the session: it was written by hand.
    private var isByHand = false
    /// Whether the server said anything in the session.
    private var hasServerSpoken = false
    /// Whether a session is open that lines belong to.
    private var isOpen = false
    private var time = Timestamp(nanoseconds: 0)
    private var offsets: [UInt64] = [0, 0]
    /// Whether the next line of that side goes on with the chunk before.
    private var goesOn: Side?

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - octets: the file.
    ///   - source: the sessions' `source`, whatever the file says; nil to take what it says.
    ///   - include: reads the files that this one includes; by default none can be.
    public static func read(
        _ octets: [UInt8], source: String? = nil,
        include: @escaping DialogueInclude.Source = { _ in .failure(.init("no file can be included here")) }
    ) -> DialogueFile {
        var reader = DialogueFileReader(source: source, include: include)
        var rest = octets[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        while !rest.isEmpty {
            let lineFeed = octets.span.bytes.firstIndex(of: 10, from: rest.startIndex)
            let end = lineFeed ?? rest.endIndex
            var line = rest[rest.startIndex..<end]
            if line.last == 13 { line = line.dropLast() }
            reader.read(line: line)
            rest = octets[(lineFeed.map { $0 + 1 } ?? octets.count)...]
        }
        reader.close()
        return DialogueFile(sessions: reader.sessions, errors: reader.errors)
    }

    /// Whether octets look like the beginning of a dialogue file: their first line that is not blank is a version line,
    /// a comment, a session's header, a moment, something said or something that happened.
    public static func recognizes(_ head: some Sequence<UInt8>) -> Bool {
        var head = Array(head.prefix(4096))[...]
        if head.starts(with: [0xEF, 0xBB, 0xBF]) { head = head.dropFirst(3) }
        head = head.drop { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }
        if head.first == UInt8(ascii: "@") {
            return TimeText.parse(seconds: head.dropFirst().prefix { $0 > 32 }) != nil
        }
        return [DialogueFile.signature + " ", "#", "== ", "-- ", "C:", "S:"].contains { head.starts(with: $0.utf8) }
    }

    private init(source: String?, include: @escaping DialogueInclude.Source) {
        self.source = source
        self.include = include
    }

    private mutating func fail(_ problem: String) {
        guard errors.count < Self.errorLimit else { return }
        errors.append(DialogueFileError(line: number, problem: problem))
    }

    // MARK: Lines

    private mutating func read(line: ArraySlice<UInt8>) {
        number += 1
        var rest = line.drop { $0 == 32 || $0 == 9 }
        guard let first = rest.first, first != UInt8(ascii: "#") else { return }
        if rest.starts(with: DialogueFile.signature.utf8) { return version(rest) }
        if rest.starts(with: "==".utf8) { return header(rest.dropFirst(2)) }
        let isTimed = first == UInt8(ascii: "@")
        if isTimed {
            let text = rest.dropFirst().prefix { $0 != 32 && $0 != 9 }
            guard let seconds = TimeText.parse(seconds: text) else {
                return fail("the time behind '@' is no number of seconds such as @0.0012")
            }
            open()
            time = (sessions.last?.trace.info.started ?? time).advanced(by: seconds)
            goesOn = nil
            rest = rest[text.endIndex...].drop { $0 == 32 || $0 == 9 }
            guard !rest.isEmpty else { return }
        }
        if rest.starts(with: "C:".utf8) { return said(rest.dropFirst(2), by: .client) }
        if rest.starts(with: "S:".utf8) { return said(rest.dropFirst(2), by: .server) }
        if rest.starts(with: "-- ".utf8) { return happened(rest.dropFirst(3)) }
        fail("expected a line that begins with 'C:', 'S:', '--', '==' or '#'")
    }

    private mutating func version(_ line: ArraySlice<UInt8>) {
        let text = line.dropFirst(DialogueFile.signature.utf8.count).drop { $0 == 32 }
        guard let version = TimeText.number(text) else {
            return fail("the version line should read '\(DialogueFile.signature) \(DialogueFile.version)'")
        }
        guard version > 0, version <= DialogueFile.version else {
            return fail("version \(version) is newer than this program, which reads up to \(DialogueFile.version)")
        }
    }

    private mutating func happened(_ line: ArraySlice<UInt8>) {
        goesOn = nil
        guard let words = DialogueWord.words(line) else {
            return fail("a quote or an escape in the line behind '--' is not complete")
        }
        open()
        if words.count == 1, words[0].plain == "end" {
            sessions[sessions.count - 1].trace.ended = time
            isOpen = false
            return
        }
        guard let mark = MarkText.parse(words) else {
            return fail("what stands behind '--' is no mark, or one that lacks something; see docs/dialogue-files.md")
        }
        if case .gap(let side, let length) = mark { offsets[Int(side.rawValue)] &+= length }
        append(.mark(mark))
    }

    private mutating func said(_ line: ArraySlice<UInt8>, by side: Side) {
        let octets = line.first == 32 ? line.dropFirst() : line
        var text = DialogueLine()
        if let wanted = DialogueInclude(octets) {
            switch content(of: wanted) {
            case .success(let octets): text.octets = octets
            case .failure(let problem): return leaveOut("'\(wanted.path)' can't be included: \(problem.text)")
            }
        } else if let problem = text.read(octets, of: side) {
            return leaveOut(problem)
        }
        open()
        let last = sessions.count - 1
        let start = offsets[Int(side.rawValue)]
        func range(_ range: Range<Int>) -> StreamRange {
            StreamRange(side, start &+ UInt64(range.lowerBound), start &+ UInt64(range.upperBound))
        }
        var marks: [(Int, Mark)] = text.masks.map { place, kind in
            (place.lowerBound, .masked(Mask(range: range(place), kind: kind)))
        }
        marks += text.patterns.map { place, pattern in (place.lowerBound, .pattern(range(place), pattern)) }
        for (_, mark) in marks.sorted(by: { $0.0 < $1.0 }) {
            // It stands before the chunk that holds its octets, which may have begun lines ago.
            if goesOn == side {
                let chunk = sessions[last].trace.entries.count - 1
                sessions[last].trace.entries.insert((time, .mark(mark)), at: chunk)
                sessions[last].lines.insert(number, at: chunk)
            } else {
                append(.mark(mark))
            }
        }
        sessions[last].said.append(DialogueFileSaid(range: range(0..<text.octets.count), line: number))
        offsets[Int(side.rawValue)] = start &+ UInt64(text.octets.count)
        guard !text.octets.isEmpty else { return }
        if goesOn == side {
            // Appended in place: taking the array out first keeps it from being copied for each line.
            let entry = sessions[last].trace.entries.count - 1
            if case .chunk(_, var bytes) = sessions[last].trace.entries[entry].entry {
                sessions[last].trace.entries[entry].entry = .chunk(side, [])
                bytes += text.octets
                sessions[last].trace.entries[entry].entry = .chunk(side, bytes)
            }
        } else {
            append(.chunk(side, text.octets))
            goesOn = side
        }
    }

    /// Leaves a line out by which something is said, and lets the session tell so: without it, it is another one.
    private mutating func leaveOut(_ problem: String) {
        fail(problem)
        open()
        goesOn = nil
        append(.mark(.trouble(Trouble(code: DialogueFile.unreadableLine, text: "line \(number): \(problem)"))))
    }

    private mutating func content(of wanted: DialogueInclude) -> Result<[UInt8], DialogueInclude.Problem> {
        if let problem = wanted.problem { return .failure(problem) }
        let result = include(wanted.path).map { wanted.said($0) }
        guard case .success(let octets) = result else { return result }
        included += octets.count
        guard included <= DialogueInclude.limit else { return .failure(.init("all in all that is too much")) }
        return result
    }

    private mutating func append(_ entry: Trace.Entry) {
        if isByHand, case .chunk(let side, _) = entry, sessions[sessions.count - 1].trace.entries.isEmpty {
            // Written by hand, and the client speaks first: the greeting was left out.
            sessions[sessions.count - 1].trace.info.startSeen = side == .server
        }
        if isByHand, !sessions[sessions.count - 1].trace.info.startSeen,
            case .chunk(.server, let octets) = entry, octets.starts(with: "220".utf8),
            !hasServerSpoken
        {
            // Only a greeting says 220 first: the client did not wait for it.
            sessions[sessions.count - 1].trace.info.startSeen = true
        }
        if entry.isChunk(of: .server) { hasServerSpoken = true }
        sessions[sessions.count - 1].trace.entries.append((time, entry))
        sessions[sessions.count - 1].lines.append(number)
    }

    // MARK: Sessions

    /// Begins a session that no header began.
    private mutating func open() {
        guard !isOpen else { return }
        begin(
            SessionInfo(
                source: source ?? "", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
                started: Timestamp(nanoseconds: 0), isKnownMail: true))
        isByHand = true
    }

    private mutating func begin(_ info: SessionInfo) {
        close()
        isByHand = false
        hasServerSpoken = false
        sessions.append(DialogueFileSession(trace: Trace(info: info)))
        isOpen = true
        time = info.started
        offsets = [0, 0]
        goesOn = nil
    }

    private mutating func close() {
        guard isOpen, !sessions.isEmpty else { return }
        sessions[sessions.count - 1].trace.ended = time
        isOpen = false
    }

    private mutating func header(_ line: ArraySlice<UInt8>) {
        guard let words = DialogueWord.words(line), words.first?.plain == "session" else {
            return fail("a header should read '== session key=value …'")
        }
        switch DialogueHeader.info(words.dropFirst(), source: source) {
        case .success(var info):
            // Whoever writes a header by hand does not say whether the greeting is left out: the first line tells.
            let isWritten = words.contains { $0.key == "started" || $0.key == "start-seen" }
            if !isWritten, !words.contains(where: { $0.key == "known-mail" }) { info.isKnownMail = true }
            begin(info)
            isByHand = !isWritten
        case .failure(let error):
            begin(
                SessionInfo(
                    source: source ?? "", client: Endpoint(address: nil, port: 0),
                    server: Endpoint(address: nil, port: 0),
                    started: Timestamp(nanoseconds: 0)))
            fail(error.problem)
        }
    }
}
