import MailTapAnalysis
import MailTapCore

/// What has to change in what a dialogue file expects, so that it expects what came.
struct ExpectationChanges {
    /// The changes, by the index of the expected exchange.
    private(set) var byExchange: [Int: DialogueUpdate.Change] = [:]

    init(_ comparison: SessionComparison, _ came: RecordedSession) {
        let different = Set(comparison.differences.compactMap(\.exchange))
        let expected = comparison.expected?.exchanges ?? []
        for pair in comparison.pairs {
            guard let index = pair.expected, let exchange = expected[checked: index] else { continue }
            guard let other = pair.came else {
                let note = comparison.notes.first { $0.kind == .leftOut && $0.exchanges.contains(index) }
                byExchange[index] = .leftOut(note?.text ?? "the server did not come to this")
                continue
            }
            guard different.contains(index) || exchange.reply == nil, let live = came.session.exchanges[checked: other],
                live.reply != nil
            else { continue }
            byExchange[index] = .reply(Self.lines(live, came), Self.rules(exchange, isExact: comparison.mode == .exact))
        }
    }

    /// What counts in the lines of a reply, and in those of its body.
    private static func rules(_ exchange: Exchange, isExact: Bool) -> DialogueUpdate.Rules {
        let verb = exchange.command?.verb ?? ""
        let reply: ExpectedLine.Rule = isExact ? .exact : ["EHLO", "LHLO"].contains(verb) ? .set : .free
        // Beside patterns, lines of a listing count as they are.
        let isKeyed = !isExact && !(exchange.data?.contains { !$0.patterns.isEmpty } ?? false)
        let body: ExpectedLine.Rule =
            switch verb {
            case "CAPA": .set
            case "LIST" where isKeyed, "UIDL" where isKeyed: .keyed
            default: .content
            }
        return DialogueUpdate.Rules(reply: reply, body: body)
    }

    /// The lines that say an exchange's reply, body and all.
    private static func lines(_ exchange: Exchange, _ came: RecordedSession) -> [CameLine] {
        let isPOP3 = came.session.proto == .pop3
        var lines: [CameLine] = []
        for reply in [exchange.reply].compactMap(\.self) + exchange.furtherReplies {
            for (index, line) in reply.lines.enumerated() {
                let isLast = index == reply.lines.count - 1
                var separator = isPOP3 || isLast ? " " : "-"
                if isPOP3, line.octets.isEmpty { separator = "" }
                let start = reply.status == .none ? [] : [UInt8]((reply.status.text + separator).utf8)
                var said = said(line, behind: start)
                said.status = reply.status == .none ? nil : reply.status
                said.separator = separator
                lines.append(said)
            }
        }
        guard isPOP3, exchange.reply?.status == .ok else { return lines }
        if let data = exchange.data {
            lines += data.map { said($0, behind: $0.octets.first == 0x2E ? [0x2E] : []) }
            lines.append(CameLine(text: ".", octets: [0x2E]))
        } else if let message = exchange.message, let content = came.content(of: message) {
            // The last piece is what stands behind the end mark: nothing.
            for line in WireContent.stuffed(content).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
            {
                let isWhole = line.last == 0x0D
                let octets = [UInt8](isWhole ? line.dropLast() : line)
                var said = CameLine(text: WireText.decode(octets).text, octets: octets)
                if !isWhole {
                    said.written = DialogueFileWriter.line(saying: octets + [0x0A]) + [UInt8(ascii: "\\")]
                }
                lines.append(said)
            }
        }
        return lines
    }

    private static func said(_ line: WireText, behind start: [UInt8]) -> CameLine {
        CameLine(
            text: line.text().text, octets: start + line.octets,
            masks: line.secrets.map {
                ($0.range.lowerBound + start.count..<$0.range.upperBound + start.count, $0.kind)
            })
    }
}
