import MailTapAnalysis
public import MailTapCore

/// Writes what a server said into the dialogue file that expected something else, as golden tests do.
///
/// What was as expected stays as it is written, patterns and all, line by line; so do comments, marks, line ends, and
/// what the client says. What the client could not say any more, because the server said something else before,
/// becomes a comment.
public struct DialogueUpdate: Sendable {
    /// What becomes of an exchange's lines.
    enum Change {
        /// The server's lines become these, as far as what counts differs.
        case reply([CameLine], Rules)
        /// All its lines become comments, for this reason.
        case leftOut(String)
    }

    /// What counts in the lines of a reply, and in those of its body.
    struct Rules {
        var reply: ExpectedLine.Rule
        var body: ExpectedLine.Rule
    }

    /// A line of the file and how it ends: CRLF, LF, or the file's end.
    private struct Line {
        var text: ArraySlice<UInt8>
        var end: ArraySlice<UInt8>
    }

    private let lines: [Line]
    private let sessions: [DialogueFileSession]
    /// New text of lines, by their number from 1; none takes a line away.
    private var rewritten: [Int: [[UInt8]]] = [:]

    /// A dialogue file that nothing was changed in.
    ///
    /// - Parameters:
    ///   - file: the file's octets.
    ///   - sessions: what they say.
    public init(_ file: [UInt8], _ sessions: [DialogueFileSession]) {
        let pieces = file.split(separator: 10, omittingEmptySubsequences: false)
        lines = pieces.enumerated().map { index, piece in
            guard index < pieces.count - 1 else { return Line(text: piece, end: []) }
            return piece.last == 13 ? Line(text: piece.dropLast(), end: [13, 10]) : Line(text: piece, end: [10])
        }
        self.sessions = sessions
    }

    /// The octets of the file with all changes.
    public var updated: [UInt8] {
        let usual = lines.first.map { $0.end.isEmpty ? [10] : $0.end } ?? [10]
        var octets: [UInt8] = []
        for (index, line) in lines.enumerated() {
            guard let new = rewritten[index + 1] else {
                octets += line.text + line.end
                continue
            }
            guard !new.isEmpty else { continue }
            octets += new.joined(separator: line.end.isEmpty ? usual : line.end) + line.end
        }
        return octets
    }

    /// Whether anything changed.
    public var hasChanges: Bool { !rewritten.isEmpty }

    /// Takes over what a replay of a session brought.
    ///
    /// - Parameters:
    ///   - session: the session's place in the file, from 0.
    ///   - comparison: how it compares.
    ///   - came: the session that came.
    /// - Returns: why the session can't be taken over, as when the server broke it off; nil where it was.
    public mutating func take(_ session: Int, _ comparison: SessionComparison, came: RecordedSession) -> String? {
        guard let said = sessions[checked: session] else { return "it is not in the file" }
        if let note = comparison.notes.first(where: { $0.kind == .aborted || $0.kind == .notPlayed }) {
            return note.text
        }
        let changes = ExpectationChanges(comparison, came).byExchange
        guard !changes.isEmpty else { return nil }
        var groups: [Int: [DialogueFileSaid]] = [:]
        for (line, exchange) in zip(said.said, said.exchanges) {
            if let exchange { groups[exchange, default: []].append(line) }
        }
        // Replies belong to the commands in their order, so none may stand before one to an earlier command.
        var earliest = 0
        // Said once for all that one reason leaves out.
        var reason: String?
        for exchange in groups.keys.sorted() {
            guard let group = groups[exchange] else { continue }
            if case .leftOut(let why)? = changes[exchange] {
                leaveOut(group, why: why == reason ? nil : why)
                reason = why
                continue
            }
            reason = nil
            if let change = changes[exchange] {
                apply(change, to: group, behind: &earliest, isPOP3: came.session.proto == .pop3)
            }
            earliest = max(earliest, group.last { $0.range.side == .server }?.line ?? 0)
        }
        return nil
    }

    private mutating func apply(
        _ change: Change, to group: [DialogueFileSaid], behind earliest: inout Int, isPOP3: Bool
    ) {
        switch change {
        case .leftOut(let why): leaveOut(group, why: why)
        case .reply(let reply, let rules):
            let old = group.filter { $0.range.side == .server }.map(\.line)
            guard !old.isEmpty else {
                // Nothing was expected so far: the reply goes behind what it answers, and behind earlier replies.
                guard let last = group.last else { return }
                earliest = max(earliest, last.line)
                rewritten[earliest] = (rewritten[earliest] ?? [text(earliest)]) + reply.map(\.line)
                return
            }
            guard let expected = expectedLines(old, isPOP3: isPOP3) else { return replace(old, by: reply.map(\.line)) }
            revise(expected, reply, rules, isPOP3: isPOP3)
        }
    }

    /// Makes comments of an exchange's lines.
    private mutating func leaveOut(_ group: [DialogueFileSaid], why: String?) {
        for (index, said) in group.enumerated() {
            let comment = Array("# ".utf8) + text(said.line)
            let head = index == 0 ? why.map { [Array("# left out: \($0)".utf8)] } ?? [] : []
            rewritten[said.line] = head + [comment]
        }
    }

    /// The lines of the file as single lines of the server; nil where one is a part of a line, or stands for a file.
    private func expectedLines(_ numbers: [Int], isPOP3: Bool) -> [ExpectedLine]? {
        var lines: [ExpectedLine] = []
        for (index, number) in numbers.enumerated() {
            let said = text(number)
            guard let start = said.firstIndex(of: UInt8(ascii: "S")) else { return nil }
            let behind = said[start...].dropFirst(2)
            let isRefusal = behind.drop { $0 == 0x20 }.starts(with: "-ERR".utf8)
            let length = !isPOP3 ? 3 : index > 0 ? 0 : isRefusal ? 4 : 3
            guard let line = ExpectedLine(number, behind, statusLength: length) else { return nil }
            lines.append(line)
        }
        return lines
    }

    /// Changes the lines that differ, and leaves the others.
    private mutating func revise(_ old: [ExpectedLine], _ came: [CameLine], _ rules: Rules, isPOP3: Bool) {
        var (old, came) = (old, came)
        // The end mark of a listing or a mail stays what it is.
        if isPOP3, old.count > 1, came.count > 1, came.last?.octets == [0x2E],
            text(old[old.count - 1].number).last == 0x2E
        {
            old.removeLast()
            came.removeLast()
        }
        let isSeveral = !isPOP3 && came.dropLast().contains { $0.separator == " " }
        let revision = LineRevision(old, came, isSet: rules.reply == .set || rules.body == .set) { index, other in
            let isReply = came[other].status != nil
            guard isSeveral || (index == 0) == (other == 0) else { return false }
            return old[index].holds(
                for: came[other], isFirst: isReply && (other == 0 || isSeveral), isReply ? rules.reply : rules.body)
        }
        for (index, line) in old.enumerated() {
            let behind = revision.following[index, default: []] + (index == old.count - 1 ? revision.appended : [])
            if let new = revision.replaced[index] {
                rewritten[line.number] = indented(new + behind, like: line.number)
            } else if !behind.isEmpty {
                let prefix = prefix(of: line.number)
                rewritten[line.number] = [text(line.number)] + behind.map { Self.spaces(prefix.count) + $0 }
            }
        }
        if !isPOP3, !isSeveral { separate(old.map(\.number)) }
    }

    /// Lets each line but the last of a reply say that more follow.
    private mutating func separate(_ numbers: [Int]) {
        let texts = numbers.map { rewritten[$0] ?? [text($0)] }
        let count = texts.reduce(0) { $0 + $1.count }
        var position = 0
        for (number, lines) in zip(numbers, texts) {
            let new = lines.map { line in
                position += 1
                return Self.separated(line, isLast: position == count)
            }
            if new != lines { rewritten[number] = new }
        }
    }

    /// A line with the separator that it needs behind its status.
    private static func separated(_ line: [UInt8], isLast: Bool) -> [UInt8] {
        guard let start = line.firstIndex(of: UInt8(ascii: "S")) else { return line }
        var index = start + 2
        while index < line.count, line[index] == 0x20 { index += 1 }
        if index < line.count, line[index] == UInt8(ascii: "{") {
            index = (line[index...].firstIndex(of: UInt8(ascii: "}")) ?? line.count) + 1
        } else {
            index += 3
        }
        var line = line
        if index < line.count, [0x20, 0x2D].contains(line[index]) {
            line[index] = isLast ? 0x20 : 0x2D
        } else if index == line.count, !isLast {
            line.append(0x2D)
        }
        return line
    }

    private mutating func replace(_ old: [Int], by new: [[UInt8]]) {
        guard let first = old.first else { return }
        rewritten[first] = indented(new, like: first)
        for line in old.dropFirst() { rewritten[line] = [] }
    }

    /// Lines with the time and the space of the one whose place they take.
    private func indented(_ new: [[UInt8]], like line: Int) -> [[UInt8]] {
        let prefix = prefix(of: line)
        return new.enumerated().map { ($0.offset == 0 ? prefix : Self.spaces(prefix.count)) + $0.element }
    }

    private static func spaces(_ count: Int) -> [UInt8] { [UInt8](repeating: 32, count: count) }

    private func text(_ line: Int) -> [UInt8] { lines[checked: line - 1].map { [UInt8]($0.text) } ?? [] }

    /// The time and the space in front of a line's `S:`.
    private func prefix(of line: Int) -> [UInt8] {
        let text = text(line)
        return text.firstIndex(of: UInt8(ascii: "S")).map { [UInt8](text[..<$0]) } ?? []
    }
}
