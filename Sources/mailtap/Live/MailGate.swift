import MailTapAnalysis
import MailTapCore

/// Lets only mail through: holds a session back until what is said shows what it is.
///
/// Numbers and counts are those of mail sessions alone.
final class MailGate: TraceSink {
    private let downstream: [any TraceSink]
    /// Mail sessions that have ended.
    private(set) var ended = 0

    init(_ downstream: [any TraceSink]) { self.downstream = downstream }

    func open(_ info: SessionInfo) -> any SessionSink { Passage(info, self) }

    private final class Passage: SessionSink {
        private enum State {
            case undecided(SessionTally, Trace)
            case mail([any SessionSink])
            case other
        }

        private let gate: MailGate
        private var state: State

        init(_ info: SessionInfo, _ gate: MailGate) {
            self.gate = gate
            state = .undecided(SessionTally(info), Trace(info: info))
        }

        var wantsMore: Bool { if case .other = state { false } else { true } }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            switch state {
            case .undecided(var tally, var trace):
                state = .other  // so that neither is copied
                tally.receive(bytes, from: side, at: time)
                trace.entries.append((time, .chunk(side, [UInt8](copying: bytes))))
                decide(tally, trace)
            case .mail(let sinks): for sink in sinks { sink.receive(bytes, from: side, at: time) }
            case .other: return
            }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            switch state {
            case .undecided(var tally, var trace):
                state = .other
                tally.mark(mark, at: time)
                trace.entries.append((time, .mark(mark)))
                decide(tally, trace)
            case .mail(let sinks): for sink in sinks { sink.mark(mark, at: time) }
            case .other: return
            }
        }

        func end(at time: Timestamp) {
            if case .undecided(var tally, let trace) = state {
                tally.end(at: time)
                decide(tally, trace)
            }
            guard case .mail(let sinks) = state else { return }
            for sink in sinks { sink.end(at: time) }
            state = .other
            gate.ended += 1
        }

        private func decide(_ tally: SessionTally, _ trace: Trace) {
            if tally.isMail {
                let sinks = gate.downstream.map { $0.open(trace.info) }
                for (time, entry) in trace.entries {
                    for sink in sinks {
                        switch entry {
                        case .chunk(let side, let bytes): sink.receive(bytes.span.bytes, from: side, at: time)
                        case .mark(let mark): sink.mark(mark, at: time)
                        }
                    }
                }
                state = .mail(sinks)
            } else {
                state = tally.wantsMore ? .undecided(tally, trace) : .other
            }
        }
    }
}
