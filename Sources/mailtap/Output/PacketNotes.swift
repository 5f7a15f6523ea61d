import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

extension PacketNote {
    /// A session's findings, each for the packet in which its exchange begins.
    static func notes(for item: ExportItem) -> [PacketNote] {
        guard !item.session.findings.isEmpty, let trace = item.trace else { return [] }
        var starts = ExchangeStarts()
        var dialogue = Dialogue(trace.info)
        for (time, entry) in trace.entries {
            switch entry {
            case .chunk(let side, let octets): dialogue.receive(octets.span.bytes, from: side, at: time, &starts)
            case .mark(let mark): dialogue.mark(mark, at: time, &starts)
            }
        }
        dialogue.end(at: trace.ended, &starts)
        return item.session.findings.map { finding in
            let place = finding.exchange.flatMap { starts.places[UInt32(clamping: $0)] } ?? (.server, 0)
            return PacketNote(
                side: place.0, offset: place.1,
                text: "\(finding.severity.rawValue) \(finding.rule): \(finding.text) (\(finding.reference))")
        }
    }
}

/// Where each exchange begins in the streams.
private struct ExchangeStarts: DialogueHandler {
    var places: [UInt32: (Side, UInt64)] = [:]

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        guard event.kind.coversOctets, places[event.exchange] == nil else { return }
        places[event.exchange] = (event.range.side, event.range.start)
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {}
}
