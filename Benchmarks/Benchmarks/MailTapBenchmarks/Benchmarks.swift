import Benchmark
import CAllocations
import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// What MailTap's stages cost: framing, pairing, messages, reassembly, JSON, relaying, recording.
///
/// Each takes the same work every time; `make bench` compares the best times with those in `baseline.json`, and how often
/// memory was asked for with `allocations.json`.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.throughput, .wallClock, Allocations.metric], warmupIterations: 2, maxDuration: .seconds(3))

    let short = Script.shortMails(2_000)
    let large = Script.largeMail(lines: 100_000)
    let fetched = Script.fetchedMail(lines: 100_000)
    let capture = SyntheticCapture.of(Script.shortMails(20), sessions: 200)

    // What a machine is worth, for ratios against a baseline of another one.
    Benchmark("calibration/count-octets-8MB") { benchmark in
        let octets = large.flatMap { $0.octets }
        benchmark.startMeasurement()
        var sum = 0
        Allocations.count(benchmark) { for octet in octets { sum &+= Int(octet) &* 31 ^ sum >> 3 } }
        blackHole(sum)
    }

    for (name, script) in [
        ("framing/smtp-small-commands", short), ("framing/smtp-data-8MB", large), ("framing/pop3-retr-8MB", fetched),
    ] {
        Benchmark("\(name)") { benchmark in
            var counter = EventCounter()
            Allocations.count(benchmark) {
                var dialogue = Dialogue(isKnownMail: true)
                for step in script {
                    dialogue.receive(step.octets.span.bytes, from: step.side, at: step.time, &counter)
                }
                dialogue.end(at: Timestamp(nanoseconds: 0), &counter)
            }
            precondition(counter.events > 0, "nothing was decoded")
            blackHole(counter)
        }
    }

    Benchmark("tally/smtp-small-commands") { benchmark in
        var tally = SessionTally(Script.info)
        Allocations.count(benchmark) {
            for step in short { tally.receive(step.octets.span.bytes, from: step.side, at: step.time) }
            tally.end(at: Timestamp(nanoseconds: 0))
        }
        precondition(tally.messages == 2_000, "messages are missing")
    }

    Benchmark("pairing/smtp-small-commands") { benchmark in
        var options = SessionOptions()
        options.readsMessages = false
        options.annotates = false
        options.findsFaults = false
        Allocations.count(benchmark) { blackHole(Script.session(short, options)) }
    }

    Benchmark("analysis/smtp-small-commands") { benchmark in
        Allocations.count(benchmark) { blackHole(Script.session(short)) }
    }

    Benchmark("messages/base64-8MB") { benchmark in
        let session = Allocations.count(benchmark) { Script.session(large) }
        precondition(session.messages.first?.complete == true, "the message is not whole")
        blackHole(session)
    }

    Benchmark("reassembly/short-sessions") { benchmark in
        let sink = CountingSink()
        Allocations.count(benchmark) {
            _ = try? CaptureReader().read(MemorySource(capture), named: "synthetic", into: sink)
        }
        precondition(sink.ended == 200, "sessions are missing")
        blackHole(sink.octets)
    }

    Benchmark("json/smtp-small-commands") { benchmark in
        let session = Script.session(short)
        benchmark.startMeasurement()
        let out = Allocations.count(benchmark) {
            var export = JSONExport(.lines)
            var out: [UInt8] = []
            export.session(ExportItem(session: session), into: &out)
            return out
        }
        blackHole(out)
    }

    LiveBenchmarks.register()
}
