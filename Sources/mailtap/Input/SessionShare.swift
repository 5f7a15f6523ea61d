import MailTapCapture
import MailTapCore

/// Builds and finishes the sessions of one reader's share: what is handed on is what is given out.
final class SessionShare: ShareSink, SessionOwner {
    private let share: CaptureShare
    private let position: PacketPosition
    private let wishes: SessionGatherer.Wishes
    private let merge: SessionMerge.Merge
    // Used in single statements of the reader's thread, none of which leads back here: no two accesses can overlap.
    @exclusivity(unchecked) private var finisher: SessionFinisher
    @exclusivity(unchecked) private var happened: [SessionMerge.Merge.Entry] = []

    init(
        _ share: CaptureShare, _ position: PacketPosition, _ wishes: SessionGatherer.Wishes,
        _ merge: SessionMerge.Merge
    ) {
        self.share = share
        self.position = position
        self.wishes = wishes
        self.merge = merge
        finisher = SessionFinisher(wishes)
    }

    func open(_ info: SessionInfo) -> any SessionSink {
        SessionConnection(info, wishes, self)
    }

    func note(_ happening: NumberedSession.Happening, of session: NumberedSession) {
        let item = SessionMerge.Happened(happening: happening, session: session)
        happened.append(SessionMerge.Merge.Entry(moment: position.moment, item: item))
    }

    func product(of session: consuming UnfinishedSession) -> NumberedSession.Product? {
        // Which sessions are wanted is known once they are numbered: no JSON is written of the others.
        guard wishes.numbers == nil else { return .unfinished(session) }
        return finisher.finish(session).map { .finished($0) }
    }

    func handOver(isOver: Bool) {
        merge.add(happened, of: share.index, next: position.next(isOver: isOver))
        happened.removeAll(keepingCapacity: true)
    }
}
