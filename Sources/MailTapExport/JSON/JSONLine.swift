public import MailTapAnalysis

/// A session as a line of JSON that lacks its number, and to which findings can still be added: both are known only
/// once it is known what came before.
public struct JSONLine: Sendable {
    private let writer: SessionJSON
    /// From behind the number on, without a line end.
    private let octets: OctetPiece
    private let findings: SessionJSON.FindingsEnd

    fileprivate init(_ writer: SessionJSON, _ octets: OctetPiece, _ findings: SessionJSON.FindingsEnd) {
        self.writer = writer
        self.octets = octets
        self.findings = findings
    }

    /// Appends the line, with `late` behind the session's own findings.
    public func append(number: Int, adding late: [Finding], to out: inout [UInt8]) {
        writer.append(number: number, to: &out)
        octets.withOctets { octets in
            guard !late.isEmpty else { return out.append(octets: octets) }
            out.append(contentsOf: octets[..<findings.offset])
            var more = OctetBuffer()
            writer.append(late, behind: findings, to: &more)
            out.append(octets: more.octets)
            out.append(contentsOf: octets[findings.offset...])
        }
    }
}

/// Makes lines of JSON of sessions, one after another.
///
/// Sendable, since whoever hands it to another thread keeps nothing of it: one thread at a time makes lines.
public final class JSONLineWriter: @unchecked Sendable {
    private let writer: SessionJSON
    // Used by `line` alone, which calls nobody that knows the writer: no two accesses can overlap.
    @exclusivity(unchecked) private var memo = JSONMemo()
    /// Where the next line grows.
    @exclusivity(unchecked) private var draft = OctetBuffer(capacity: 16 << 10)

    /// No session yet.
    public init(_ writer: SessionJSON) { self.writer = writer }

    /// The line of a session.
    public func line(_ session: borrowing Session) -> JSONLine {
        let findings = writer.appendRest(of: session, to: &draft, &memo)
        return JSONLine(writer, draft.cut(), findings)
    }
}
