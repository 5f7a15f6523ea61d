import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Turns the connections of one or several INPUTs into numbered sessions.
///
/// Numbers go by the first payload octet, over mail sessions only. A session is given out when its number is certain,
/// in the order of numbers or of ending. What takes long is worked out on other cores meanwhile, so `finish` has to be
/// called at the end for the last sessions: a capture file has several readers (`SessionShare`), anything else one, which
/// leaves it to a `FinishingQueue`.
final class SessionGatherer: SharedSink, SessionOwner, LaggingSink {
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
        /// Takes away from a finished session what nobody will look at.
        var reduce: (@Sendable (inout Session) -> Void)?
    }

    private var wishes: Wishes
    private let give: (ExportItem) throws -> Void
    private let write: ((inout [UInt8]) -> Void) throws -> Void
    private var numbering: SessionNumbering<NumberedSession>
    private var finishing: FinishingQueue<[FinishedSession]>
    private var watch = SessionWatch()
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?
    var mayLag = true
    /// Sends on what was given out, where somebody waits for it.
    var flush: () throws -> Void = {}

    /// - Parameters:
    ///   - write: where `Wishes.lines` asks for it, called to append each session's line to the output.
    ///   - give: otherwise called with each finished session.
    init(
        _ wishes: Wishes, write: @escaping ((inout [UInt8]) -> Void) throws -> Void = { _ in },
        give: @escaping (ExportItem) throws -> Void
    ) {
        self.wishes = wishes
        self.write = write
        self.give = give
        numbering = SessionNumbering(wishes.order)
        let pool = WorkerPool()
        let finishers = SpareFinishers(wishes)
        finishing = FinishingQueue(pool) { sessions in
            var finisher = finishers.take()
            var finished: [FinishedSession] = []
            finished.reserveCapacity(sessions.count)
            while let next = sessions.popLast() {
                if let session = finisher.finish(next) { finished.append(session) }
            }
            finishers.giveBack(finisher)
            return finished
        }
        let reading = ReadingQueue(pool)
        self.wishes.options.readsElsewhere = { reading.add($0, octets: $1) }
    }

    /// Sessions that were numbered so far, wanted or not.
    var count: Int { numbering.count }

    func open(_ info: SessionInfo) -> any SessionSink {
        SessionConnection(info, wishes, self)
    }

    func share(among readers: Int) -> any ShareMerge {
        var wishes = wishes
        // Every reader reads its messages itself; of large ones others may do a part.
        wishes.options.readsAtOnce = 256 << 10
        return SessionMerge(readers: readers, wishes) { [self] in
            play($0.happening, of: $0.session)
            return failure == nil
        }
    }

    func note(_ happening: NumberedSession.Happening, of session: NumberedSession) {
        play(happening, of: session)
    }

    func product(of session: consuming UnfinishedSession) -> NumberedSession.Product? { .unfinished(session) }

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

    private func play(_ happening: NumberedSession.Happening, of session: NumberedSession) {
        switch happening {
        case .opened: numbering.open(session)
        case .judged(let isMail): session.verdict = isMail
        case .ended:
            session.isOver = true
            numbering.settle(after: session, give: send)
        }
    }

    /// Gives a session out that has its number, once.
    private func send(_ session: NumberedSession) {
        guard let number = session.number, let product = session.take() else { return }
        guard number > 0, failure == nil else { return }
        // Consumed, since a draft that is held elsewhere would be copied when it is finished.
        switch consume product {
        case .finished(var finished):
            finished.number = number
            hand(finished)
        case .unfinished(var unfinished):
            unfinished.number = number
            finishing.add(unfinished, give: hand)
            guard !mayLag else { return }
            finishing.finish(give: hand)
            attempt(flush)
        }
    }

    private func hand(_ finished: [FinishedSession]) {
        for session in finished { hand(session) }
    }

    private func hand(_ finished: consuming FinishedSession) {
        guard failure == nil else { return }
        let number = finished.number
        finished.sighting?.session = number
        let late = finished.sighting.map { watch.findings(in: $0) } ?? []
        guard wishes.numbers?.contains(number) ?? true else { return }
        switch finished.form {
        case .nothing: return
        case .line(let line): attempt { try write { line.append(number: number, adding: late, to: &$0) } }
        case .item(var item):
            item.session.number = number
            item.session.findings += late
            if let filter = wishes.filter, !filter.matches(item.session) { return }
            attempt { try give(item) }
        }
    }

    private func attempt(_ work: () throws -> Void) {
        guard failure == nil else { return }
        do { try work() } catch { failure = error }
    }
}
