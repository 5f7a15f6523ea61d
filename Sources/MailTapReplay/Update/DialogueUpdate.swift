public import MailTapCore

/// Writes what a server said into the dialogue file that expected something else, as golden tests do.
///
/// What was as expected stays as it is written, patterns and all; so do comments, marks, and what the client says. What
/// the client could not say any more, because the server said something else before, becomes a comment.
public struct DialogueUpdate: Sendable {
    /// What becomes of an exchange's lines.
    enum Change: Equatable {
        /// The server's lines are replaced by these.
        case reply([[UInt8]])
        /// All its lines become comments, for this reason.
        case leftOut(String)
    }

    private let lines: [ArraySlice<UInt8>]
    private let sessions: [DialogueFileSession]
    /// New text of lines, by their number from 1; nil takes a line away.
    private var rewritten: [Int: [[UInt8]]] = [:]

    /// A dialogue file that nothing was changed in.
    ///
    /// - Parameters:
    ///   - file: the file's octets.
    ///   - sessions: what they say.
    public init(_ file: [UInt8], _ sessions: [DialogueFileSession]) {
        lines = file.split(separator: 10, omittingEmptySubsequences: false)
        self.sessions = sessions
    }

    /// The octets of the file with all changes.
    public var updated: [UInt8] {
        var parts: [[UInt8]] = []
        for (index, line) in lines.enumerated() {
            if let new = rewritten[index + 1] { parts += new } else { parts.append([UInt8](line)) }
        }
        return [UInt8](parts.joined(separator: [10]))
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
        for (exchange, change) in changes.sorted(by: { $0.key < $1.key }) {
            guard let group = groups[exchange] else { continue }
            apply(change, to: group)
        }
        return nil
    }

    private mutating func apply(_ change: Change, to group: [DialogueFileSaid]) {
        switch change {
        case .leftOut(let why):
            for (index, said) in group.enumerated() {
                let comment = Array("# ".utf8) + text(said.line)
                rewritten[said.line] = index == 0 ? [Array("# left out: \(why)".utf8), comment] : [comment]
            }
        case .reply(let reply):
            let old = group.filter { $0.range.side == .server }
            guard let first = old.first else {
                // Nothing was expected so far: the reply goes behind what it answers.
                guard let last = group.last else { return }
                let before = rewritten[last.line] ?? [text(last.line)]
                rewritten[last.line] = before + reply
                return
            }
            let prefix = prefix(of: first.line)
            rewritten[first.line] = reply.enumerated().map { index, line in
                (index == 0 ? prefix : [UInt8](repeating: 32, count: prefix.count)) + line
            }
            for said in old.dropFirst() { rewritten[said.line] = [] }
        }
    }

    private func text(_ line: Int) -> [UInt8] { lines[checked: line - 1].map { [UInt8]($0) } ?? [] }

    /// The time and the space in front of a line's `S:`.
    private func prefix(of line: Int) -> [UInt8] {
        let text = text(line)
        return text.firstIndex(of: UInt8(ascii: "S")).map { [UInt8](text[..<$0]) } ?? []
    }
}
