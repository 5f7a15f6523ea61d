import MailTapAnalysis
import MailTapCore

/// `text`: the annotated transcript of finished sessions.
public struct TranscriptExport: Exporter {
    private let options: ExportOptions
    private var isFirst = true

    /// A transcript; message content is shown where `options.full` and the items carry it.
    public init(_ options: ExportOptions) { self.options = options }

    /// Writes one session.
    public mutating func session(_ item: ExportItem, into out: inout [UInt8]) {
        if !isFirst { out.append("\n") }
        isFirst = false
        let session = item.session
        var formatter = TranscriptFormatter(options)
        formatter.header(session.info, number: session.number, into: &out)
        for tunnel in session.tunnels { formatter.event(tunnel.description, into: &out) }
        var findings: [Int: [Finding]] = [:]
        var elsewhere: [Finding] = []
        for finding in session.findings {
            if let exchange = finding.exchange, session.exchanges.indices.contains(exchange) {
                findings[exchange, default: []].append(finding)
            } else {
                elsewhere.append(finding)
            }
        }
        var tls = session.tls
        if let mark = tls, mark.start == .implicit {
            formatter.tls(mark, into: &out)
            tls = nil
        }
        for (index, exchange) in session.exchanges.enumerated() {
            if let mark = tls, exchange.isEncrypted {
                formatter.tls(mark, into: &out)
                tls = nil
            }
            append(exchange, index, of: item, with: &formatter, into: &out)
            for finding in findings[index] ?? [] { formatter.finding(finding, into: &out) }
            let asked = exchange.command.map { $0.verb == "STARTTLS" || $0.verb == "STLS" } ?? false
            if let mark = tls, asked, exchange.reply?.status.isPositive == true {
                formatter.tls(mark, into: &out)
                tls = nil
            }
        }
        if let mark = tls { formatter.tls(mark, into: &out) }
        // A message that the input cut off belongs to no exchange of its own.
        for (index, message) in session.messages.enumerated() where !message.complete {
            let carrier =
                session.exchanges.indices.contains(message.exchange) ? session.exchanges[message.exchange].message : nil
            if carrier != index {
                formatter.problem(
                    "message \(index + 1) was cut off after \(TranscriptWords.count(message.bytes, "octet"))",
                    isError: false, into: &out)
            }
        }
        for finding in elsewhere { formatter.finding(finding, into: &out) }
        for trouble in session.troubles { formatter.problem("\(trouble.code): \(trouble.text)", into: &out) }
        formatter.flush(into: &out)
        formatter.summary(session, into: &out)
    }

    private func append(
        _ exchange: Exchange, _ index: Int, of item: ExportItem, with formatter: inout TranscriptFormatter,
        into out: inout [UInt8]
    ) {
        let isEncrypted = exchange.isEncrypted
        var note = exchange.note
        if let command = exchange.command, command.verb != "*data" {
            formatter.command(command, at: exchange.at, isEncrypted: isEncrypted, note: note, into: &out)
            note = nil
        }
        let message = exchange.message.flatMap { item.session.messages.indices.contains($0) ? $0 : nil }
        let isServers = message.map { [.retr, .top].contains(item.session.messages[$0].kind) } ?? false
        if let message, !isServers {
            append(message, of: exchange, index, item, &formatter, into: &out)
        }
        if let reply = exchange.reply {
            let verb = exchange.command?.verb
            let offers = verb == "EHLO" || verb == "LHLO" ? Annotator.capabilityNotes(for: reply) : []
            formatter.reply(
                reply, at: reply.at, isEncrypted: isEncrypted, note: note, lineNotes: offers, into: &out)
        }
        for reply in exchange.furtherReplies {
            formatter.reply(reply, at: reply.at, isEncrypted: isEncrypted, into: &out)
        }
        if let data = exchange.data {
            let notes = exchange.command?.verb == "CAPA" ? data.map { Annotator.capabilityNote(ofTag: $0) } : []
            formatter.listing(data, isEncrypted: isEncrypted, notes: notes, into: &out)
        }
        if let message, isServers {
            append(message, of: exchange, index, item, &formatter, into: &out)
        }
        formatter.flush(into: &out)
    }

    private func append(
        _ number: Int, of exchange: Exchange, _ index: Int, _ item: ExportItem, _ formatter: inout TranscriptFormatter,
        into out: inout [UInt8]
    ) {
        let message = item.session.messages[number]
        guard message.exchange == index else {
            formatter.chunk(ofMessage: number + 1, isEncrypted: exchange.isEncrypted, into: &out)
            return
        }
        let isContent = exchange.command?.verb == "*data"
        formatter.message(
            message, number: number + 1, at: isContent ? exchange.at : nil, isEncrypted: exchange.isEncrypted,
            note: isContent && exchange.reply == nil ? exchange.note : nil, octets: item.content(number), into: &out)
    }
}
