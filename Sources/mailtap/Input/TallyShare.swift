import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// Tallies the sessions of one reader's share.
final class TallyShare: ShareSink {
    private final class Connection: SessionSink {
        /// What a session came to, in a place of its own: of the sessions that are open most take none.
        private final class Result {
            let summary: SessionSummary
            init(_ summary: SessionSummary) { self.summary = summary }
        }

        let opened: CaptureMoment
        // Owned by this object alone, from `init` to `end` or `deinit`, and used within its own calls, which never
        // overlap: a plain pointer saves the check for that at each packet, and copies at the end.
        private var tally: UnsafeMutablePointer<SessionTally>?
        private var isMail = false
        private(set) var wantsMore = true
        private var result: Result?

        init(_ info: SessionInfo, _ opened: CaptureMoment) {
            self.opened = opened
            let tally = UnsafeMutablePointer<SessionTally>.allocate(capacity: 1)
            tally.initialize(to: SessionTally(info, limits: Limits().shared(among: info.openTogether)))
            self.tally = tally
        }

        deinit {
            tally?.deinitialize(count: 1)
            tally?.deallocate()
        }

        var isOver: Bool { tally == nil }
        /// What the session came to, once it is over; nil for what is no mail.
        var summary: SessionSummary? { result?.summary }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            guard let tally else { return }
            tally.pointee.receive(bytes, from: side, at: time)
            if !isMail { judge(tally) }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            guard let tally else { return }
            tally.pointee.mark(mark, at: time)
            if !isMail { judge(tally) }
        }

        func end(at time: Timestamp) {
            guard let tally else { return }
            tally.pointee.end(at: time)
            judge(tally)
            self.tally = nil
            let whole = tally.move()
            tally.deallocate()
            if isMail { result = Result(SessionSummary(whole, number: 0)) }
        }

        private func judge(_ tally: UnsafeMutablePointer<SessionTally>) {
            wantsMore = tally.pointee.wantsMore
            isMail = tally.pointee.isMail
        }
    }

    private let share: CaptureShare
    private let position: PacketPosition
    private let merge: TallyMerge.Merge
    /// In the order of opening; those that were handed over are gone.
    private var connections: [Connection] = []

    init(_ share: CaptureShare, _ position: PacketPosition, _ merge: TallyMerge.Merge) {
        self.share = share
        self.position = position
        self.merge = merge
    }

    func open(_ info: SessionInfo) -> any SessionSink {
        let connection = Connection(info, position.moment)
        connections.append(connection)
        return connection
    }

    func handOver(isOver: Bool) {
        let count = connections.firstIndex { !$0.isOver } ?? connections.count
        let finished = connections[..<count].map { TallyMerge.Merge.Entry(moment: $0.opened, item: $0.summary) }
        connections.removeFirst(count)
        let next = connections.first?.opened ?? position.next(isOver: isOver)
        merge.add(finished, of: share.index, next: next)
    }
}

extension PacketPosition {
    /// When at the earliest something happens that was not told yet.
    func next(isOver: Bool) -> CaptureMoment { isOver ? CaptureMoment(packet: .max) : moment }
}
