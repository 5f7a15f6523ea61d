import MailTapAnalysis
import MailTapCapture

/// Puts the sessions that several readers built into the order in which they happened, and gives them out.
final class SessionMerge: ShareMerge {
    typealias Merge = MomentMerge<Happened>

    /// Something that happened to a session.
    struct Happened: Sendable {
        var happening: NumberedSession.Happening
        var session: NumberedSession
    }

    private let merge: Merge
    private let wishes: SessionGatherer.Wishes

    /// - Parameter play: takes what happened in turn, on whichever thread; false once it wants no more.
    init(readers: Int, _ wishes: SessionGatherer.Wishes, play: @escaping (Happened) -> Bool) {
        merge = Merge(readers: readers, give: play)
        self.wishes = wishes
    }

    var wantsConflicts: Bool { wishes.options.findsFaults }
    var isStopped: Bool { merge.isStopped }

    func sink(of share: CaptureShare, _ position: PacketPosition) -> any ShareSink {
        SessionShare(share, position, wishes, merge)
    }
}
