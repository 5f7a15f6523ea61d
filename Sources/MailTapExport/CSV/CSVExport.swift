import MailTapAnalysis
import MailTapCore

/// `csv`: one record per exchange, with a line of headings.
public struct CSVExport: Exporter {
    private let reveal: Bool

    /// A table of exchanges.
    public init(_ options: ExportOptions = ExportOptions()) { reveal = options.reveal }

    /// Writes what stands before the first session.
    public mutating func begin(into out: inout [UInt8]) {
        CSV.append(
            [
                "session", "source", "protocol", "client", "server", "exchange", "at", "tls", "verb", "line", "status",
                "enhanced", "reply", "latency", "message", "note", "findings",
            ], to: &out)
    }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        let session = item.session
        for (index, exchange) in session.exchanges.enumerated() {
            let reply = exchange.reply
            let rules = session.findings.filter { $0.exchange == index }.map(\.rule)
            CSV.append(
                [
                    "\(session.number)", session.info.source, session.proto?.name ?? "unknown",
                    session.info.client.description, session.info.server.description, "\(index)",
                    TimeText.text(seconds: exchange.at, decimals: 6), exchange.isEncrypted ? "yes" : "no",
                    exchange.command?.verb ?? "", exchange.command?.line.text(revealing: reveal).text ?? "",
                    reply?.status.text ?? "", reply?.enhanced ?? "",
                    reply?.lines.map { $0.text(revealing: reveal).text }.joined(separator: " / ") ?? "",
                    reply.map { TimeText.text(seconds: $0.latency, decimals: 6) } ?? "",
                    exchange.message.map { "\($0 + 1)" } ?? "", exchange.note ?? "", rules.joined(separator: " "),
                ], to: &out)
        }
    }
}
