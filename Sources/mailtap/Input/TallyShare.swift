import MailTapAnalysis
import MailTapCapture
import MailTapCore
import MailTapExport

/// Tallies the sessions of one reader's share.
final class TallyShare: ShareSink {
    private final class Connection: SessionSink {
        let opened: CaptureMoment
        // Owned by this object alone, from `init` to `end` or `deinit`, and used within its own calls, which never
        // overlap: a plain pointer saves the check for that at each packet, and copies at the end.
        private let tally: UnsafeMutablePointer<SessionTally>
        private var isMail = false
        private(set) var isOver = false
        private(set) var wantsMore = true
        /// What the session came to, once it is over; nil for what is no mail.
        private(set) var summary: SessionSummary?

        init(_ info: SessionInfo, _ opened: CaptureMoment) {
            self.opened = opened
            tally = .allocate(capacity: 1)
            tally.initialize(to: SessionTally(info, limits: Limits().shared(among: info.openTogether)))
        }

        deinit {
            if !isOver { tally.deinitialize(count: 1) }
            tally.deallocate()
        }

        func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
            guard !isOver else { return }
            tally.pointee.receive(bytes, from: side, at: time)
            if !isMail { judge() }
        }

        func mark(_ mark: Mark, at time: Timestamp) {
            guard !isOver else { return }
            tally.pointee.mark(mark, at: time)
            if !isMail { judge() }
        }

        func end(at time: Timestamp) {
            guard !isOver else { return }
            tally.pointee.end(at: time)
            judge()
            isOver = true
            let whole = tally.move()
            if isMail { summary = SessionSummary(whole, number: 0) }
        }

        private func judge() {
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
    /// When at the earliest something happens that was not told yet, while the reader reports its progress.
    func next(isOver: Bool) -> CaptureMoment { CaptureMoment(packet: isOver ? .max : moment.packet &+ 1) }
}
