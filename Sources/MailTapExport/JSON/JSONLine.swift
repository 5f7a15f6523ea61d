public import MailTapAnalysis

/// A session as a line of JSON that lacks its number, and to which findings can still be added: both are known only
/// once it is known what came before.
public struct JSONLine: Sendable {
    private let writer: SessionJSON
    /// From behind the number to the line end.
    private let octets: [UInt8]
    private let findings: SessionJSON.FindingsEnd

    fileprivate init(_ writer: SessionJSON, _ octets: [UInt8], _ findings: SessionJSON.FindingsEnd) {
        self.writer = writer
        self.octets = octets
        self.findings = findings
    }

    /// Appends the line, with `late` behind the session's own findings.
    public func append(number: Int, adding late: [Finding], to out: inout [UInt8]) {
        writer.append(number: number, to: &out)
        guard !late.isEmpty else { return out.append(contentsOf: octets) }
        out.append(contentsOf: octets[..<findings.offset])
        var more = OctetBuffer()
        writer.append(late, behind: findings, to: &more)
        out.append(octets: more.octets)
        out.append(contentsOf: octets[findings.offset...])
    }
}

/// Makes lines of JSON of sessions, one after another.
public struct JSONLineWriter: Sendable {
    private let writer: SessionJSON
    private var memo = JSONMemo()

    /// No session yet.
    public init(_ writer: SessionJSON) { self.writer = writer }

    /// The line of a session.
    public mutating func line(_ session: Session) -> JSONLine {
        // A line grows here, and is copied to the length that it takes, since it may wait long.
        var draft = OctetBuffer(capacity: 8_192)
        let findings = writer.appendRest(of: session, to: &draft, &memo)
        draft.append(UInt8(ascii: "\n"))
        return JSONLine(writer, [UInt8](draft), findings)
    }
}
