import MailTapCapture
import MailTapExport

/// Puts the sessions that several readers tallied into the order in which they opened, and gives them out.
final class TallyMerge: ShareMerge {
    /// A session that is over; nil for what is no mail.
    typealias Merge = MomentMerge<SessionSummary?>

    private let merge: Merge

    /// - Parameter give: takes each mail session in turn, on whichever thread; false once it wants no more.
    init(readers: Int, give: @escaping (SessionSummary) -> Bool) {
        merge = Merge(readers: readers) { $0.map(give) ?? true }
    }

    /// Whether octets came again differently is a finding, which nobody looks for here.
    var wantsConflicts: Bool { false }
    var isStopped: Bool { merge.isStopped }

    func sink(of share: CaptureShare, _ position: PacketPosition) -> any ShareSink {
        TallyShare(share, position, merge)
    }
}
