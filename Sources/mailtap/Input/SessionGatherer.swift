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
        /// Writes sessions as lines of JSON where they are finished, instead of giving them out; not with a filter.
        var lines: SessionJSON?
    }

    /// What other cores make of a batch of sessions.
    private enum Finished: Sendable {
        case items([ExportItem])
        case lines(JSONLines, [SessionWatch.Sighting])
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
            let limits = wishes.limits.shared(among: gatherer.openCount)
            var options = wishes.options
            options.pieceSize = min(options.pieceSize, limits.lineLength)
            builder = SessionBuilder(info, options: options, limits: limits, drafting: true)
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
            gatherer.openCount -= 1
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

    private var wishes: Wishes
    private let give: (ExportItem) throws -> Void
    private let write: ([UInt8]) throws -> Void
    private var numbering: SessionNumbering<Connection>
    private var finishing: FinishingQueue<Finished>
    /// Connections that have not ended.
    private var openCount = 0
    private var watch = SessionWatch()
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?
    var mayLag = true
    /// Sends on what was given out, where somebody waits for it.
    var flush: () throws -> Void = {}

    /// - Parameters:
    ///   - write: where `Wishes.lines` asks for it, called with the lines of a batch of sessions.
    ///   - give: otherwise called with each finished session.
    init(
        _ wishes: Wishes, write: @escaping ([UInt8]) throws -> Void = { _ in },
        give: @escaping (ExportItem) throws -> Void
    ) {
        self.wishes = wishes
        self.write = write
        self.give = give
        numbering = SessionNumbering(wishes.order)
        let pool = WorkerPool()
        finishing = FinishingQueue(pool, Self.work(wishes))
        let reading = ReadingQueue(pool)
        self.wishes.options.readsElsewhere = { reading.add($0, octets: $1) }
    }

    private static func work(_ wishes: Wishes) -> FinishingJob<Finished>.Work {
        guard let writer = wishes.lines else {
            return { sessions in
                var items: [ExportItem] = []
                items.reserveCapacity(sessions.count)
                while var next = sessions.popLast() {
                    guard let session = next.finish() else { continue }
                    items.append(ExportItem(session: session, trace: next.trace, contents: next.contents))
                }
                return .items(items)
            }
        }
        let numbers = wishes.numbers
        let memos = JSONMemos()
        return { sessions in
            var lines = JSONLines(writer, memos.take())
            var sightings: [SessionWatch.Sighting] = []
            while var next = sessions.popLast() {
                guard let session = next.finish() else { continue }
                sightings.append(SessionWatch.Sighting(session))
                if numbers?.contains(next.number) ?? true { lines.append(session) } else { lines.appendNothing() }
            }
            memos.giveBack(lines.takeMemo())
            return .lines(lines, sightings)
        }
    }

    /// Sessions that were numbered so far, wanted or not.
    var count: Int { numbering.count }

    func open(_ info: SessionInfo) -> any SessionSink {
        openCount += 1
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
        attempt(flush)
    }

    private func settle(after ended: Connection) { numbering.settle(after: ended, give: enqueue) }

    private func enqueue(_ connection: Connection) {
        guard let number = connection.number, let (builder, trace) = connection.take() else { return }
        guard number > 0, failure == nil else { return }
        let session = UnfinishedSession(
            number: number, draft: builder.takeDraft(), trace: trace, contents: builder.contents)
        finishing.add(session, give: hand)
        guard !mayLag else { return }
        finishing.finish(give: hand)
        attempt(flush)
    }

    private func hand(_ finished: Finished) {
        switch finished {
        case .items(let items):
            for item in items { hand(item) }
        case .lines(let lines, let sightings):
            let late = wishes.options.findsFaults ? sightings.map { watch.findings(in: $0) } : []
            attempt { try write(lines.octets(adding: late)) }
        }
    }

    private func hand(_ finished: ExportItem) {
        guard failure == nil else { return }
        var item = finished
        if wishes.options.findsFaults { item.session.findings += watch.findings(in: item.session) }
        guard wishes.numbers?.contains(item.session.number) ?? true else { return }
        if let filter = wishes.filter, !filter.matches(item.session) { return }
        attempt { try give(item) }
    }

    private func attempt(_ work: () throws -> Void) {
        guard failure == nil else { return }
        do { try work() } catch { failure = error }
    }
}
