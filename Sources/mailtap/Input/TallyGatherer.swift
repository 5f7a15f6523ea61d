import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Turns the connections of one or several INPUTs into numbered summaries of their tallies, which is all that `list`
/// needs.
final class TallyGatherer: SharedSink {
    private final class Connection: SessionSink, NumberedConnection {
        /// Let go once the session was given out.
        private var tally: SessionTally?
        private(set) var verdict: Bool?
        private(set) var wantsMore = true
        private(set) var isOver = false
        var number: Int?
        /// Lives as long as the reading, and so longer than any connection.
        private unowned let gatherer: TallyGatherer

        init(_ info: SessionInfo, _ gatherer: TallyGatherer) {
            tally = SessionTally(info, limits: Limits().shared(among: info.openTogether))
            self.gatherer = gatherer
        }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            tally?.receive(bytes, from: side, at: time)
            if verdict == nil { judge() }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            tally?.mark(mark, at: time)
            if verdict == nil { judge() }
        }

        func end(at time: Timestamp) {
            tally?.end(at: time)
            isOver = true
            judge()
            gatherer.settle(after: self)
        }

        /// The tally, once.
        func takeTally() -> SessionTally? {
            defer { tally = nil }
            return tally
        }

        private func judge() {
            guard let tally else { return }
            wantsMore = tally.wantsMore
            if tally.isMail { verdict = true } else if isOver || !wantsMore { verdict = false }
        }
    }

    private let numbers: SessionNumbers?
    private let give: (SessionSummary) throws -> Void
    private var numbering: SessionNumbering<Connection>
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?

    /// - Parameters:
    ///   - numbers: the sessions that are wanted; nil for all.
    ///   - order: in which order they are given out.
    ///   - give: called with each finished session.
    init(
        only numbers: SessionNumbers?, order: SessionOrder = .number,
        give: @escaping (SessionSummary) throws -> Void
    ) {
        self.numbers = numbers
        numbering = SessionNumbering(order)
        self.give = give
    }

    /// Sessions that were numbered so far, wanted or not.
    var count: Int { numbering.count }

    func open(_ info: SessionInfo) -> any SessionSink {
        let connection = Connection(info, self)
        numbering.open(connection)
        return connection
    }

    func share(among readers: Int) -> any ShareMerge {
        TallyMerge(readers: readers) { [self] summary in
            var summary = summary
            summary.number = numbering.number()
            return hand(summary)
        }
    }

    /// Sends on what was given out, for somebody who waits for more; a failure is as one of `give`.
    func show(_ flush: () throws -> Void) {
        guard failure == nil else { return }
        do { try flush() } catch { failure = error }
    }

    private func settle(after ended: Connection) { numbering.settle(after: ended, give: hand) }

    private func hand(_ connection: Connection) {
        guard let number = connection.number, let tally = connection.takeTally(), number > 0 else { return }
        _ = hand(SessionSummary(tally, number: number))
    }

    /// Gives a session out, unless it is not wanted; false once none is.
    private func hand(_ summary: SessionSummary) -> Bool {
        guard failure == nil else { return false }
        guard numbers?.contains(summary.number) ?? true else { return true }
        do {
            try give(summary)
            return true
        } catch {
            failure = error
            return false
        }
    }
}
