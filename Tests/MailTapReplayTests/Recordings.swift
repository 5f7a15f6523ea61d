import MailTapAnalysis
import MailTapCore
import MailTapReplay

/// Makes a recorded session from a script: `S: ` and `C: ` lines, `C! ` without line end; `\r`, `\n` stand for themselves.
///
/// Goes through the decoder, so that recordings in tests are what the tool itself would read.
func recording(_ script: String, _ proto: MailProtocol = .smtp) -> RecordedSession {
    RecordedSession(trace(script, proto))
}

/// The trace of a script, one line each millisecond.
func trace(_ script: String, _ proto: MailProtocol = .smtp) -> Trace {
    let start = Timestamp(nanoseconds: 1_000_000_000)
    var trace = Trace(
        info: SessionInfo(
            source: "test", client: Endpoint(address: nil, port: 0), server: Endpoint(address: nil, port: 0),
            started: start, expecting: proto, isKnownMail: true))
    var time = start
    for line in script.split(separator: "\n") {
        time = time.advanced(by: 1_000_000)
        var octets = [UInt8](
            line.dropFirst(3).replacing("\\r", with: "\r").replacing("\\n", with: "\n").utf8)
        if !line.hasPrefix("C! ") { octets += [0x0D, 0x0A] }
        trace.entries.append((time, .chunk(line.hasPrefix("S") ? .server : .client, octets)))
    }
    trace.ended = time
    return trace
}

/// Plays a plan against scripted replies.
///
/// - Parameter answers: what the server sends: first the greeting, then one text for each batch that the replay sends.
/// - Returns: what was sent, batch by batch, and the replayer.
func play(
    _ recorded: RecordedSession, options: ReplayOptions = ReplayOptions(), answers: [String]
) -> (sent: [String], replayer: Replayer, effects: [Replayer.Effect]) {
    guard let plan = ReplayPlan(recorded) else { return ([], Replayer(.none), []) }
    var replayer = Replayer(plan, options: options)
    var sent: [String] = []
    var all: [Replayer.Effect] = []
    for answer in answers {
        var effects: [Replayer.Effect] = []
        replayer.receive([UInt8](answer.utf8).span.bytes, into: &effects)
        all += effects
        let octets = effects.flatMap { effect -> [UInt8] in
            guard case .send(let octets) = effect else { return [] }
            return octets
        }
        if !octets.isEmpty { sent.append(String(decoding: octets, as: UTF8.self)) }
    }
    return (sent, replayer, all)
}

extension ReplayPlan {
    /// A plan that does nothing.
    static let none = ReplayPlan(proto: .smtp, hasGreeting: false, greeting: nil, steps: [], beyondReach: [:])
}
