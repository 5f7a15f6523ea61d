import MailTapAnalysis
import MailTapCore

/// `mermaid`: one sequence diagram of all sessions, one below the other.
public struct MermaidExport: Exporter {
    private let reveal: Bool
    private var participants: [String: String] = [:]

    /// A diagram.
    public init(_ options: ExportOptions = ExportOptions()) { reveal = options.reveal }

    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) { out.append("sequenceDiagram\n") }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        let session = item.session
        let client = participant(
            "client " + (session.info.client.name ?? session.info.client.address?.description ?? ""), into: &out)
        let server = participant(
            session.info.server.name.map { "\($0):\(session.info.server.port)" }
                ?? (session.info.server.address == nil ? "server" : session.info.server.description), into: &out)
        func line(_ prefix: String, _ text: String) {
            out.append(text: "    \(prefix): ")
            Self.append(SequenceDiagram.short(text, 100), to: &out)
            out.append("\n")
        }
        let both = "Note over \(client),\(server)"
        line(both, "session \(session.number), \(session.proto?.name ?? "unknown"), \(session.ending.rawValue)")
        for tunnel in session.tunnels { line(both, tunnel.description) }
        var isEncrypted = false
        for (index, exchange) in session.exchanges.enumerated() {
            if exchange.isEncrypted, !isEncrypted { line(both, "TLS") }
            isEncrypted = exchange.isEncrypted
            if let command = exchange.command {
                line(
                    "\(client)->>\(server)",
                    command.verb == "*data"
                        ? Self.message(exchange, session) : command.line.text(revealing: reveal).text)
            }
            for reply in (exchange.reply.map { [$0] } ?? []) + exchange.furtherReplies {
                let text = SequenceDiagram.text(of: reply, revealing: reveal)
                line("\(server)\(reply.status.isNegative ? "--x" : "-->>")\(client)", reply.status.text + " " + text)
            }
            for finding in session.findings where finding.exchange == index {
                line(both, "\(finding.severity.rawValue) \(finding.rule)")
            }
        }
    }

    private static func message(_ exchange: Exchange, _ session: Session) -> String {
        guard let index = exchange.message, session.messages.indices.contains(index) else { return "content" }
        let message = session.messages[index]
        return "message, \(message.bytes) octets" + (message.content.subject.map { ", \($0)" } ?? "")
    }

    private mutating func participant(_ label: String, into out: inout [UInt8]) -> String {
        if let known = participants[label] { return known }
        let name = "p\(participants.count + 1)"
        participants[label] = name
        out.append(text: "    participant \(name) as ")
        Self.append(label, to: &out)
        out.append("\n")
        return name
    }

    /// Appends text in which nothing is Mermaid's or HTML's: other than letters, digits and a few signs become entity codes.
    private static func append(_ text: String, to out: inout [UInt8]) {
        let plain = Set(" .,-+=/@_()[]'*".unicodeScalars)
        for scalar in VisibleText.of(text.isEmpty ? "-" : text).unicodeScalars {
            let isPlain =
                plain.contains(scalar)
                || (scalar.value < 0x80 ? scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) : true)
            if isPlain { out += String(scalar).utf8 } else { out.append(text: "#\(scalar.value);") }
        }
    }
}
