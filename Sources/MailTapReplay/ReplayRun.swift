import MailTapAnalysis
public import MailTapCore

/// Plays recorded sessions against a server, one after another, and compares what comes.
public struct ReplayRun: Sendable {
    private let target: ReplayTarget
    private let client: ReplayClient
    private let comparison: Comparison

    /// A run.
    public init(target: ReplayTarget, client: ReplayClient, comparison: Comparison = Comparison()) {
        self.target = target
        self.client = client
        self.comparison = comparison
    }

    /// Plays the sessions.
    ///
    /// - Parameters:
    ///   - sessions: what was recorded, with the octets of its messages.
    ///   - played: called after each session with its live trace, for a recorder, and its result.
    /// - Throws: `ReplayError` where the server can't be reached for the first session that is played.
    public func play(
        _ sessions: [RecordedSession], played: (Trace?, ComparisonReport.Entry) -> Void = { _, _ in }
    ) async throws -> ComparisonReport {
        var report = ComparisonReport([ComparisonReport.Entry]())
        var hasConnected = false
        for (index, recorded) in sessions.enumerated() {
            let number = recorded.session.number > 0 ? recorded.session.number : index + 1
            var trace: Trace?
            var outcome: ComparisonReport.Outcome
            if let why = reasonToSkip(recorded.session) {
                outcome = .skipped(why)
            } else if let plan = ReplayPlan(client.renewsIDs ? recorded.withFreshIDs() : recorded) {
                do {
                    let live = try await client.play(plan)
                    hasConnected = true
                    trace = live.trace
                    outcome = .compared(
                        comparison.compare(recorded, with: RecordedSession(live.trace), notes: live.notes))
                } catch let error as ReplayError where hasConnected {
                    outcome = .failed(error.description)
                }
            } else {
                outcome = .skipped("nothing of it can be played")
            }
            let entry = ComparisonReport.Entry(number: number, outcome: outcome)
            report.entries.append(entry)
            played(trace, entry)
        }
        return report
    }

    private func reasonToSkip(_ session: Session) -> String? {
        guard let proto = session.proto else {
            return session.tls == nil ? "its protocol is unknown" : "it is under TLS and was not decrypted"
        }
        guard proto == target.proto else { return "it is \(proto.name), the server is for \(target.proto.name)" }
        if let speaksLMTP = target.speaksLMTP, proto == .smtp {
            let isLMTP = session.exchanges.contains { $0.command?.verb == "LHLO" }
            guard isLMTP == speaksLMTP else {
                return "it is \(isLMTP ? "lmtp" : "smtp"), the server is for \(speaksLMTP ? "lmtp" : "smtp")"
            }
        }
        guard session.exchanges.contains(where: { $0.command != nil }) else { return "its client said nothing" }
        return nil
    }
}

extension RecordedSession {
    /// Decodes a trace, keeping the octets of its messages.
    public init(_ trace: Trace) {
        var options = SessionOptions()
        options.keepsContent = true
        options.annotates = false
        options.findsFaults = false
        let sink = OneSession(trace.info, options: options)
        trace.play(into: sink)
        self.init(session: sink.builder.session, contents: sink.builder.contents)
    }
}

/// Builds the one session of a trace.
private final class OneSession: TraceSink {
    let builder: SessionBuilder

    init(_ info: SessionInfo, options: SessionOptions) { builder = SessionBuilder(info, options: options) }

    func open(_ info: SessionInfo) -> any SessionSink { builder }
}
