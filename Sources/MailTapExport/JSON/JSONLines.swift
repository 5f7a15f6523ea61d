public import MailTapAnalysis
import Synchronization

/// Sessions as lines of JSON, to which findings can still be added: what only several sessions show is known later.
public struct JSONLines: Sendable {
    private struct Line {
        /// Where it lies in `octets`, line end included.
        var range: Range<Int>
        /// Behind its last finding.
        var findings: SessionJSON.FindingsEnd
    }

    private let writer: SessionJSON
    private var memo: JSONMemo
    private var octets: [UInt8] = []
    private var lines: [Line] = []

    /// No lines yet.
    ///
    /// - Parameter memo: what earlier lines left, for those to come.
    public init(_ writer: SessionJSON, _ memo: JSONMemo) {
        self.writer = writer
        self.memo = memo
        octets.reserveCapacity(memo.usualLength)
    }

    /// Adds a session.
    public mutating func append(_ session: Session) {
        let start = octets.count
        let findings = writer.append(session, to: &octets, &memo)
        octets.append(UInt8(ascii: "\n"))
        lines.append(Line(range: start..<octets.count, findings: findings))
    }

    /// Adds an empty line in place of a session that is not wanted, so that those behind it keep their index.
    public mutating func appendNothing() {
        let end = octets.count
        lines.append(Line(range: end..<end, findings: SessionJSON.FindingsEnd(offset: end, isEmpty: true)))
    }

    /// The memo, for further lines; none are to be added here afterwards.
    public mutating func takeMemo() -> JSONMemo {
        var taken = JSONMemo()
        swap(&taken, &memo)
        taken.note(length: octets.count)
        return taken
    }

    /// The lines, with `findings` behind those that each has; may be fewer than the lines.
    public func octets(adding findings: [[Finding]]) -> [UInt8] {
        guard findings.contains(where: { !$0.isEmpty }) else { return octets }
        var out: [UInt8] = []
        var start = 0
        for (line, added) in zip(lines, findings) where !added.isEmpty && !line.range.isEmpty {
            out.append(contentsOf: octets[start..<line.findings.offset])
            writer.append(added, behind: line.findings, to: &out)
            start = line.findings.offset
        }
        out.append(contentsOf: octets[start...])
        return out
    }
}

/// The memos that are not in use, one for each thread that writes lines at a time.
public final class JSONMemos: Sendable {
    private let spare = Mutex<[JSONMemo]>([])

    /// None yet.
    public init() {}

    /// A memo, new where all are in use.
    public func take() -> JSONMemo { spare.withLock { $0.popLast() } ?? JSONMemo() }

    /// Takes back a memo.
    public func giveBack(_ memo: consuming JSONMemo) { spare.withLock { [memo] in $0.append(memo) } }
}
