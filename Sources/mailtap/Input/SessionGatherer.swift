import MailTapAnalysis
import MailTapCore
import MailTapExport

/// Turns the connections of one or several INPUTs into numbered sessions.
///
/// Numbers go by the first payload octet, over mail sessions only. A session is given out when its number is certain,
/// in the order of numbers or of ending.
final class SessionGatherer: TraceSink {
    /// What is wanted of each session.
    struct Wishes {
        var options = SessionOptions()
        var keepsTraces = false
        var order = SessionNumbering<Connection>.Order.number
        var numbers: SessionNumbers?
        var filter: SessionFilter?
        var limits = Limits()
    }

    final class Connection: SessionSink, NumberedConnection {
        /// Let go once the session was given out.
        var builder: SessionBuilder?
        var trace: Trace?
        var isOver = false
        var isGiven = false
        var number: Int?
        /// Lives as long as the reading, and so longer than any connection.
        private unowned let gatherer: SessionGatherer

        init(_ info: SessionInfo, _ wishes: Wishes, _ gatherer: SessionGatherer) {
            self.gatherer = gatherer
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
            gatherer.settle(after: self)
        }
    }

    private let wishes: Wishes
    private let give: (ExportItem) throws -> Void
    private var numbering: SessionNumbering<Connection>
    private var watch = SessionWatch()
    /// What `give` threw; nothing is given out afterwards.
    private(set) var failure: (any Error)?

    /// - Parameter give: called with each finished session.
    init(_ wishes: Wishes, give: @escaping (ExportItem) throws -> Void) {
        self.wishes = wishes
        self.give = give
        numbering = SessionNumbering(wishes.order)
    }

    /// Sessions that were numbered so far, wanted or not.
    var count: Int { numbering.count }

    func open(_ info: SessionInfo) -> any SessionSink {
        let connection = Connection(info, wishes, self)
        numbering.open(connection)
        return connection
    }

    private func settle(after ended: Connection) { numbering.settle(after: ended, give: hand) }

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
        if wishes.options.findsFaults { session.findings += watch.findings(in: session) }
        guard wishes.numbers?.contains(number) ?? true else { return }
        if let filter = wishes.filter, !filter.matches(session) { return }
        do {
            try give(ExportItem(session: session, trace: connection.trace, contents: builder.contents))
        } catch {
            failure = error
        }
    }
}
