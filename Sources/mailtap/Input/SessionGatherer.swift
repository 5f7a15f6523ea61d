import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Turns the connections of one or several INPUTs into numbered sessions.
///
/// Numbers go by the first payload octet, over mail sessions only. A session is given out when its number is certain,
/// in the order of numbers or of ending.
final class SessionGatherer: TraceSink {
    /// In which order sessions are given out.
    enum Order { case number, ending }

    /// What is wanted of each session.
    struct Wishes {
        var options = SessionOptions()
        var keepsTraces = false
        var order = Order.number
        var numbers: SessionNumbers?
        var filter: SessionFilter?
        var limits = Limits()
    }

    private final class Connection: SessionSink {
        /// Let go once the session was given out.
        var builder: SessionBuilder?
        var trace: Trace?
        var isOver = false
        var isGiven = false
        var number: Int?
        weak var gatherer: SessionGatherer?

        init(_ info: SessionInfo, _ wishes: Wishes) {
            builder = SessionBuilder(info, options: wishes.options, limits: wishes.limits)
            if wishes.keepsTraces { trace = Trace(info: info) }
        }

        /// Whether it is mail; nil while that is open.
        var verdict: Bool? {
            guard let builder else { return false }
            if builder.isMail { return true }
            return isOver || !builder.wantsMore ? false : nil
        }

        var wantsMore: Bool { builder?.wantsMore ?? false }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            builder?.receive(bytes, from: side, at: time)
            trace?.entries.append((time, .chunk(side, [UInt8](copying: bytes))))
            if !wantsMore { trace = nil }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            builder?.mark(mark, at: time)
            trace?.entries.append((time, .mark(mark)))
        }

        func end(at time: Timestamp) {
            builder?.end(at: time)
            trace?.ended = time
            isOver = true
            gatherer?.settle(after: self)
        }
    }

    private let wishes: Wishes
    private let give: (ExportItem) throws -> Void
    private var waiting: [Connection] = []
    /// Those before this index are given out; those before `numbered` have their number.
    private var first = 0
    private var numbered = 0
    private var next = 1
    private var duplicates = DuplicateWatch()
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?

    /// - Parameter give: called with each finished session.
    init(_ wishes: Wishes, give: @escaping (ExportItem) throws -> Void) {
        self.wishes = wishes
        self.give = give
    }

    func open(_ info: SessionInfo) -> any SessionSink {
        let connection = Connection(info, wishes)
        connection.gatherer = self
        waiting.append(connection)
        return connection
    }

    /// Numbers what can be numbered and gives out what is finished.
    private func settle(after ended: Connection) {
        while numbered < waiting.count, let isMail = waiting[numbered].verdict {
            let connection = waiting[numbered]
            connection.number = isMail ? next : 0
            if isMail { next += 1 }
            numbered += 1
            if wishes.order == .ending, connection.isOver { hand(connection) }
        }
        if wishes.order == .ending { hand(ended) }
        while first < numbered {
            let connection = waiting[first]
            guard connection.isOver || connection.number == 0 else { break }
            hand(connection)
            first += 1
        }
        if first > 1_024, first > waiting.count / 2 {
            waiting.removeFirst(first)
            numbered -= first
            first = 0
        }
    }

    private func hand(_ connection: Connection) {
        guard !connection.isGiven, let number = connection.number else { return }
        connection.isGiven = true
        defer {
            connection.builder = nil
            connection.trace = nil
        }
        guard number > 0, failure == nil, let builder = connection.builder else { return }
        var session = builder.session
        session.number = number
        if wishes.options.findsFaults { session.findings += duplicates.findings(in: session) }
        guard wishes.numbers?.contains(number) ?? true else { return }
        if let filter = wishes.filter, !filter.matches(session) { return }
        do {
            try give(ExportItem(session: session, trace: connection.trace, contents: builder.contents))
        } catch {
            failure = error
        }
    }
}
