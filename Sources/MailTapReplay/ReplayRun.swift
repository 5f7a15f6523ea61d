import MailTapAnalysis
public import MailTapCore
import NIOCore

/// How often recorded sessions are played, and how many of them at once.
public struct ReplayLoad: Sendable, Hashable {
    /// How often each is played.
    public var times: Int
    /// How many connections there are at once.
    public var concurrency: Int

    /// At least once, at least one.
    public init(times: Int = 1, concurrency: Int = 1) {
        self.times = max(1, times)
        self.concurrency = max(1, concurrency)
    }
}

/// Plays recorded sessions against a server and compares what comes.
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
    ///   - load: how often and how many at once.
    ///   - played: called after each session, in the order of ending, with its live trace, for a recorder, its result,
    ///     and the figures so far.
    /// - Throws: `ReplayError` where the server can't be reached for the first session that is played.
    public func play(
        _ sessions: [RecordedSession], load: ReplayLoad = ReplayLoad(),
        played: (Trace?, ComparisonReport.Entry, LoadFigures) -> Void = { _, _, _ in }
    ) async throws -> ComparisonReport {
        let total = sessions.count * load.times
        var report = ComparisonReport([ComparisonReport.Entry]())
        var figures = LoadFigures(concurrency: load.concurrency)
        let started = NIODeadline.now()
        var hasConnected = false
        try await withThrowingTaskGroup(of: Played.self) { group in
            var next = 0
            func start() {
                guard next < total else { return }
                let number = next
                next += 1
                group.addTask { await play(sessions[number % sessions.count], number: number) }
            }
            for _ in 0..<max(1, min(load.concurrency, total)) { start() }
            while let result = try await group.next() {
                start()
                if case .failed(let error) = result.outcome, !hasConnected { throw error }
                hasConnected = hasConnected || result.trace != nil
                let place = result.number % sessions.count
                let number = sessions[place].session.number > 0 ? sessions[place].session.number : place + 1
                figures.elapsed = (NIODeadline.now() - started).nanoseconds
                let entry = ComparisonReport.Entry(number: number, outcome: result.outcome.reported)
                switch entry.outcome {
                case .compared(let comparison):
                    figures.played += 1
                    figures.add(comparison)
                case .failed:
                    figures.played += 1
                    figures.failed += 1
                case .skipped: break
                }
                report.add(entry, at: place)
                played(result.trace, entry, figures)
            }
        }
        if load.times > 1 || load.concurrency > 1 { report.load = figures }
        return report
    }

    /// One session that is over.
    private struct Played: Sendable {
        enum Outcome: Sendable {
            case compared(SessionComparison)
            case skipped(String)
            case failed(ReplayError)

            var reported: ComparisonReport.Outcome {
                switch self {
                case .compared(let comparison): .compared(comparison)
                case .skipped(let why): .skipped(why)
                case .failed(let error): .failed(error.description)
                }
            }
        }

        var number: Int
        var trace: Trace?
        var outcome: Outcome
    }

    private func play(_ original: RecordedSession, number: Int) async -> Played {
        if let why = reasonToSkip(original.session) { return Played(number: number, outcome: .skipped(why)) }
        let recorded = original.rewritten(by: client.rewrites, number: number + 1)
        guard let plan = ReplayPlan(client.renewsIDs ? recorded.withFreshIDs() : recorded) else {
            return Played(number: number, outcome: .skipped("nothing of it can be played"))
        }
        do throws(ReplayError) {
            let live = try await client.play(plan)
            let came = RecordedSession(live.trace, findsFaults: comparison.extras.contains(.findings))
            return Played(
                number: number, trace: live.trace,
                outcome: .compared(comparison.compare(recorded, with: came, notes: live.notes)))
        } catch {
            return Played(number: number, outcome: .failed(error))
        }
    }

    private func reasonToSkip(_ session: Session) -> String? {
        if let why = Self.unreadable(session) { return why }
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

extension ReplayRun {
    /// Why a session of which a line can't be read is not played, the line aside.
    public static let wholeOrNot = "nothing of it is said before all of it can be read"

    /// Whether a line of the dialogue file that the session comes from can't be read.
    public static func isUnreadable(_ recorded: RecordedSession) -> Bool { unreadable(recorded.session) != nil }

    /// Why a session of a dialogue file can't be played as it is meant; nil where it can.
    static func unreadable(_ session: Session) -> String? {
        session.troubles.first { $0.code == DialogueFile.unreadableLine }.map {
            "\($0.text); \(wholeOrNot)"
        }
    }
}

extension RecordedSession {
    /// Decodes a trace, keeping the octets of its messages.
    ///
    /// - Parameter findsFaults: whether to apply the rules of `mailtap check`.
    public init(_ trace: Trace, findsFaults: Bool = false) {
        var options = SessionOptions()
        options.keepsContent = true
        options.annotates = false
        options.findsFaults = findsFaults
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
