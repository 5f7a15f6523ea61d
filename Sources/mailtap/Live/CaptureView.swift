import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// What `capture` does with sessions: shows them while they run or as they end, and records them.
///
/// ```
/// text               MailGate -> recorder, live transcript
/// ndjson             gatherer -> JSON, and MailGate -> recorder
/// with a filter      gatherer -> text or JSON, and recorder, of whole sessions that match
/// ```
final class CaptureView {
    private let gate: MailGate?
    private let gatherer: SessionGatherer?
    private let counter = Counter()
    /// Takes the sessions.
    let sink: any TraceSink

    private final class Counter { var value = 0 }

    init(
        format: String, isQuiet: Bool, filter: SessionFilter?, options: ExportOptions, recorder: Recorder?,
        output: LiveOutput
    ) {
        let isText = format == "text"
        guard filter != nil || !isText else {
            var sinks: [any TraceSink] = []
            if let recorder { sinks.append(recorder) }
            if !isQuiet { sinks.append(LiveTranscriptSink(options, output)) }
            let gate = MailGate(sinks)
            self.gate = gate
            gatherer = nil
            sink = gate
            return
        }
        var wishes = SessionGatherer.Wishes()
        wishes.order = .ending
        wishes.filter = filter
        wishes.options.keepsContent = isText && options.full
        wishes.keepsTraces = filter != nil && recorder != nil
        let kind: ExportFormat = isText ? .text : .ndjson
        let counter = counter
        let gatherer = SessionGatherer(wishes) { item in
            counter.value += 1
            if filter != nil, let recorder { item.trace?.play(into: recorder) }
            guard !isText || !isQuiet else { return }
            var exporter = kind.makeExporter(options)
            output.write { exporter.session(item, into: &$0) }
        }
        // Nobody knows when the next session ends, so each is given out at once.
        gatherer.mayLag = false
        self.gatherer = gatherer
        gate = nil
        if filter == nil, let recorder {
            sink = TeeSink([gatherer, MailGate([recorder])])
        } else {
            sink = gatherer
        }
    }

    /// Mail sessions that have ended, of those that are shown.
    var ended: Int { gate?.ended ?? counter.value }

    /// The capture is over: throws what failed while sessions were given out.
    func finish() throws { try gatherer?.finish() }
}
