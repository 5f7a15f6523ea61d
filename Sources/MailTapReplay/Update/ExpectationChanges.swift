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
            byExchange[index] = .reply(Self.lines(live, came))
        }
    }

    /// The lines of a dialogue file that say an exchange's reply, body and all.
    private static func lines(_ exchange: Exchange, _ came: RecordedSession) -> [[UInt8]] {
        let isPOP3 = came.session.proto == .pop3
        var lines: [[UInt8]] = []
        for reply in [exchange.reply].compactMap(\.self) + exchange.furtherReplies {
            let status = [UInt8](reply.status.text.utf8)
            for (index, line) in reply.lines.enumerated() {
                let isLast = index == reply.lines.count - 1
                let separator: [UInt8] = isPOP3 ? (line.octets.isEmpty ? [] : [0x20]) : [isLast ? 0x20 : 0x2D]
                lines.append(said(line, behind: reply.status == .none ? [] : status + separator))
            }
        }
        guard isPOP3, exchange.reply?.status == .ok else { return lines }
        if let data = exchange.data {
            lines += data.map { said($0, behind: $0.octets.first == 0x2E ? [0x2E] : []) }
            lines.append(DialogueFileWriter.line(saying: [0x2E]))
        } else if let message = exchange.message, let content = came.content(of: message) {
            // The last piece is what stands behind the end mark: nothing.
            for line in Replayer.stuff(content).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
                lines.append(
                    line.last == 0x0D
                        ? DialogueFileWriter.line(saying: [UInt8](line.dropLast()))
                        : DialogueFileWriter.line(saying: [UInt8](line) + [0x0A]) + [UInt8(ascii: "\\")])
            }
        }
        return lines
    }

    private static func said(_ line: WireText, behind start: [UInt8]) -> [UInt8] {
        DialogueFileWriter.line(
            saying: start + line.octets,
            masks: line.secrets.map {
                ($0.range.lowerBound + start.count..<$0.range.upperBound + start.count, $0.kind)
            })
    }
}
