import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Turns the connections of one or several INPUTs into numbered sessions.
///
/// Numbers go by the first payload octet, over mail sessions only. A session is given out when its number is certain,
/// in the order of numbers or of ending. What takes long is worked out on other cores meanwhile, so `finish` has to be
/// called at the end for the last sessions.
final class SessionGatherer: TraceSink, LaggingSink {
    /// What is wanted of each session.
    struct Wishes {
        var options = SessionOptions()
        var keepsTraces = false
        var order = SessionOrder.number
        var numbers: SessionNumbers?
        var filter: SessionFilter?
        var limits = Limits()
    }

    final class Connection: SessionSink, NumberedConnection {
        /// Let go once the session was given out.
        private var builder: SessionBuilder?
        private var trace: Trace?
        private(set) var verdict: Bool?
        private(set) var wantsMore = true
        private(set) var isOver = false
        var number: Int?
        /// Lives as long as the reading, and so longer than any connection.
        private unowned let gatherer: SessionGatherer

        init(_ info: SessionInfo, _ wishes: Wishes, _ gatherer: SessionGatherer) {
            self.gatherer = gatherer
            builder = SessionBuilder(info, options: wishes.options, limits: wishes.limits, drafting: true)
            if wishes.keepsTraces { trace = Trace(info: info) }
        }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            builder?.receive(bytes, from: side, at: time)
            if trace != nil { trace?.entries.append((time, .chunk(side, [UInt8](copying: bytes)))) }
            if verdict == nil { judge() }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            builder?.mark(mark, at: time)
            trace?.entries.append((time, .mark(mark)))
            if verdict == nil { judge() }
        }

        func end(at time: Timestamp) {
            builder?.end(at: time)
            trace?.ended = time
            isOver = true
            if verdict == nil { judge() }
            gatherer.settle(after: self)
        }

        /// What there is to give out, once.
        func take() -> (builder: SessionBuilder, trace: Trace?)? {
            guard let builder else { return nil }
            defer {
                self.builder = nil
                trace = nil
            }
            return (builder, trace)
        }

        /// Decides whether it is mail, as soon as that is certain.
        private func judge() {
            guard let builder else { return }
            wantsMore = builder.wantsMore
            if !wantsMore { trace = nil }
            if builder.isMail { verdict = true } else if isOver || !wantsMore { verdict = false }
        }
    }

    /// What goes with a session and needs no finishing.
    private struct Rest {
        var number: Int
        var trace: Trace?
        var contents: [[UInt8]]
    }

    private var wishes: Wishes
    private let give: (ExportItem) throws -> Void
    private var numbering: SessionNumbering<Connection>
    private var finishing: FinishingQueue<Rest>
    private var watch = SessionWatch()
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?
    var mayLag = true

    /// - Parameter give: called with each finished session.
    init(_ wishes: Wishes, give: @escaping (ExportItem) throws -> Void) {
        self.wishes = wishes
        self.give = give
        numbering = SessionNumbering(wishes.order)
        let pool = WorkerPool()
        finishing = FinishingQueue(pool)
        self.wishes.options.readsElsewhere = { pool.add($0, weight: $1) }
    }

    /// Sessions that were numbered so far, wanted or not.
    var count: Int { numbering.count }

    func open(_ info: SessionInfo) -> any SessionSink {
        let connection = Connection(info, wishes, self)
        numbering.open(connection)
        return connection
    }

    /// Gives out the sessions that are still being finished; to be called behind the last INPUT.
    ///
    /// - Throws: what `give` threw.
    func finish() throws {
        finishing.finish(give: hand)
        if let failure { throw failure }
    }

    /// Sends on what was given out, for somebody who waits for more; a failure is as one of `give`.
    func show(_ flush: () throws -> Void) {
        guard failure == nil else { return }
        do { try flush() } catch { failure = error }
    }

    private func settle(after ended: Connection) { numbering.settle(after: ended, give: enqueue) }

    private func enqueue(_ connection: Connection) {
        guard let number = connection.number, let (builder, trace) = connection.take() else { return }
        guard number > 0, failure == nil else { return }
        let rest = Rest(number: number, trace: trace, contents: builder.contents)
        finishing.add(builder.takeDraft(), with: rest, give: hand)
        if !mayLag { finishing.finish(give: hand) }
    }

    private func hand(_ finished: Session, _ rest: Rest) {
        guard failure == nil else { return }
        var session = finished
        session.number = rest.number
        if wishes.options.findsFaults { session.findings += watch.findings(in: session) }
        guard wishes.numbers?.contains(rest.number) ?? true else { return }
        if let filter = wishes.filter, !filter.matches(session) { return }
        do {
            try give(ExportItem(session: session, trace: rest.trace, contents: rest.contents))
        } catch {
            failure = error
        }
    }
}
