import MailTapAnalysis
import MailTapCore

/// One session's part of the page.
struct HTMLSession {
    /// Lines of a reply or a listing that show without unfolding.
    private static let unfoldedLines = 12

    private let item: ExportItem
    private let options: ExportOptions
    private var session: Session { item.session }

    init(_ item: ExportItem, _ options: ExportOptions) {
        self.item = item
        self.options = options
    }

    func append(to out: inout [UInt8]) {
        out.append(text: "<section id=\"s\(session.number)\"><header><h2>Session \(session.number)</h2>")
        out.append(tag: "span", SessionSummary(session).protocolMark)
        out.append(tag: "span", class: "mono", TranscriptWords.endpoints(session.info))
        if session.info.started.nanoseconds != 0 {
            out.append(tag: "span", class: "dim", Self.moment(session.info.started, decimals: 3) + " UTC")
        }
        var facts = "\(session.ending.rawValue), \(TimeText.text(seconds: session.duration, decimals: 3)) s, "
        facts += "\(session.clientBytes) + \(session.serverBytes) octets"
        if !session.info.source.isEmpty { facts += ", from \(session.info.source)" }
        out.append(tag: "span", class: "dim", facts)
        for tunnel in session.tunnels { out.append(tag: "span", class: "dim", tunnel.description) }
        out.append("</header>\n")
        if let overview = session.overview { out.append(tag: "p", overview.sentence) }
        findings(to: &out)
        dialogue(to: &out)
        for index in session.messages.indices {
            HTMLMessage(session.messages[index], number: index + 1, content: item.content(index), options)
                .append(to: &out)
        }
        SequenceDiagram(session, reveal: options.reveal).append(to: &out)
        out.append("</section>\n")
    }

    /// `2026-11-23 06:01:02.123`.
    static func moment(_ moment: Timestamp, decimals: Int) -> String {
        var out: [UInt8] = []
        TimeText.append(moment: moment, decimals: decimals, separator: 32, zone: false, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    // MARK: Findings

    private func findings(to out: inout [UInt8]) {
        guard !session.findings.isEmpty || !session.troubles.isEmpty else { return }
        out.append("<ul class=\"findings\">")
        for finding in session.findings {
            out.append("<li>")
            append(finding, to: &out)
            if let exchange = finding.exchange {
                out.append(text: " <a href=\"#s\(session.number)e\(exchange)\">exchange \(exchange)</a>")
            }
            out.append("</li>")
        }
        for trouble in session.troubles {
            out.append("<li class=\"error\">")
            out.append(html: "\(trouble.code): \(trouble.text)")
            out.append("</li>")
        }
        out.append("</ul>\n")
    }

    private func append(_ finding: Finding, to out: inout [UInt8]) {
        out.append(text: "<span class=\"\(finding.severity.rawValue)\"><b>\(finding.severity.rawValue)</b> ")
        out.append(tag: "code", finding.rule)
        out.append("</span> ")
        out.append(html: finding.text)
        if !finding.reference.isEmpty { out.append(tag: "span", class: "dim", " (\(finding.reference))") }
    }

    // MARK: Dialogue

    private func dialogue(to out: inout [UInt8]) {
        guard !session.exchanges.isEmpty else { return }
        out.append("<details open><summary class=\"head\">Dialogue</summary>\n")
        var isEncrypted = false
        for (index, exchange) in session.exchanges.enumerated() {
            if exchange.isEncrypted != isEncrypted {
                isEncrypted = exchange.isEncrypted
                if isEncrypted, let tls = session.tls { append(tls, to: &out) }
            }
            append(exchange, index, to: &out)
        }
        if let tls = session.tls, !isEncrypted { append(tls, to: &out) }
        out.append("</details>\n")
    }

    private func append(_ tls: TLSMark, to out: inout [UInt8]) {
        var text = tls.isDecrypted ? "TLS" : "TLS, not decrypted"
        for fact in [tls.client.version, tls.client.cipher, tls.client.sni.map { "server name \($0)" }] {
            if let fact { text += ", " + fact }
        }
        if let upstream = tls.upstream {
            text += "; to the server " + [upstream.version, upstream.cipher].compactMap(\.self).joined(separator: ", ")
            if let problem = upstream.problem { text += ", certificate: " + problem }
            if let reason = upstream.reason { text += ", whose certificate " + reason }
        }
        out.append(tag: "div", class: "event", text)
        out.append("\n")
    }

    private func append(_ exchange: Exchange, _ index: Int, to out: inout [UInt8]) {
        out.append(text: "<div class=\"x\(exchange.isEncrypted ? " tls" : "")\" id=\"s\(session.number)e\(index)\">")
        out.append(tag: "div", class: "t mono", TimeText.text(seconds: exchange.at, decimals: 3))
        out.append("<div class=\"d mono\">")
        if let command = exchange.command {
            let text =
                command.verb == "*data" ? messageLine(exchange) : command.line.text(revealing: options.reveal).text
            out.append(tag: "div", class: "c", text)
            forwarded(command.forwarded, command, to: &out)
        }
        for reply in (exchange.reply.map { [$0] } ?? []) + exchange.furtherReplies { append(reply, to: &out) }
        if let data = exchange.data { lines(data.map { $0.text(revealing: options.reveal).text }, "s", to: &out) }
        if exchange.command?.verb != "*data", exchange.message != nil {
            let kind = exchange.message.flatMap {
                session.messages.indices.contains($0) ? session.messages[$0].kind : nil
            }
            out.append(tag: "div", class: kind == .retr || kind == .top ? "s" : "c", messageLine(exchange))
        }
        out.append("</div>")
        out.append("<div class=\"n\">")
        out.append(html: exchange.note ?? "")
        let offers = exchange.note == nil ? [] : Annotator.capabilityNotes(for: exchange).compactMap(\.self)
        if !offers.isEmpty {
            out.append("<details><summary class=\"dim\">what is offered</summary>")
            for offer in offers { out.append(tag: "div", offer) }
            out.append("</details>")
        }
        out.append("</div>")
        bar(exchange, to: &out)
        for finding in session.findings where finding.exchange == index {
            out.append("<div class=\"f\">")
            append(finding, to: &out)
            out.append("</div>")
        }
        out.append("</div>\n")
    }

    private func messageLine(_ exchange: Exchange) -> String {
        guard let index = exchange.message, session.messages.indices.contains(index) else { return "[content]" }
        let message = session.messages[index]
        return "[message \(index + 1): \(TranscriptWords.count(message.bytes, "octet"))"
            + (message.content.subject.map { ", \"\($0)\"" } ?? "") + "]"
    }

    private func append(_ reply: Reply, to out: inout [UInt8]) {
        let status = reply.status.text
        let texts = reply.lines.isEmpty ? [""] : reply.lines.map { $0.text(revealing: options.reveal).text }
        let shown = texts.enumerated().map { index, text in
            let isLast = index == texts.count - 1
            return status + (reply.status.rawValue >= 100 && !isLast ? "-" : status.isEmpty || text.isEmpty ? "" : " ")
                + text
        }
        lines(shown, reply.status.isNegative ? "s no" : "s", to: &out)
        if reply.isInjected { out.append(tag: "div", class: "dim", "said by MailTap, not by the server") }
        forwarded(reply.forwarded, nil, to: &out)
    }

    private func lines(_ texts: [String], _ style: StaticString, to out: inout [UInt8]) {
        for text in texts.prefix(Self.unfoldedLines) { out.append(tag: "div", class: style, text) }
        guard texts.count > Self.unfoldedLines else { return }
        out.append(text: "<details><summary class=\"dim\">\(texts.count - Self.unfoldedLines) more lines</summary>")
        for text in texts.dropFirst(Self.unfoldedLines) { out.append(tag: "div", class: style, text) }
        out.append("</details>")
    }

    private func forwarded(_ forwarded: Forwarded, _ command: Command?, to out: inout [UInt8]) {
        switch forwarded {
        case .same: break
        case .nothing: out.append(tag: "div", class: "warning", "not passed on")
        case .octets(let octets):
            out.append(tag: "div", class: "warning", "passed on instead:")
            for line in ForwardedLines(octets, inPlaceOf: command).lines {
                out.append(tag: "div", class: "warning", line.text(revealing: options.reveal).text)
            }
        }
    }

    /// When the exchange was, within the session: from the command to its reply.
    private func bar(_ exchange: Exchange, to out: inout [UInt8]) {
        guard session.duration > 0, let reply = exchange.reply else {
            out.append("<div></div>")
            return
        }
        let whole = Double(session.duration)
        let latency = exchange.command == nil ? 0 : reply.latency
        // Content's latency counts from its end: what is drawn is the wait before the reply.
        let start = exchange.command == nil ? exchange.at : reply.at.subtractingReportingOverflow(latency).partialValue
        let left = min(98, max(0, Double(start) / whole * 100))
        let width = min(100 - left, max(0, Double(latency) / whole * 100))
        out.append("<div class=\"b\" title=\"")
        out.append(html: "\(TimeText.text(seconds: latency, decimals: 6)) s")
        out.append(text: "\"><i style=\"margin-left:\(Self.percent(left));width:\(Self.percent(width))\"></i></div>")
    }

    private static func percent(_ value: Double) -> String {
        let tenths = Int(value * 10)
        return "\(tenths / 10).\(tenths % 10)%"
    }
}
