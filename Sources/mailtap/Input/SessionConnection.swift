import MailTapAnalysis
import MailTapCore

/// Who is told what happens to connections, and takes what there is to give out of them.
protocol SessionOwner: AnyObject {
    func note(_ happening: NumberedSession.Happening, of session: NumberedSession)
    /// What is given out of a mail session that is over.
    func product(of session: consuming UnfinishedSession) -> NumberedSession.Product?
}

/// Follows one connection, and builds its session.
final class SessionConnection: SessionSink {
    private let builder: SessionBuilder
    private let session = NumberedSession()
    /// Lives as long as the reading, and so longer than any connection.
    private unowned let owner: any SessionOwner
    // These are set and read in single statements on the thread that reads, so that no two accesses can overlap; the
    // check for that would be made at each packet.
    @exclusivity(unchecked) private var verdict: Bool?
    @exclusivity(unchecked) private(set) var wantsMore = true
    /// Whether there is a `trace`: to look at that itself would copy it at each packet.
    @exclusivity(unchecked) private var keepsTrace: Bool
    /// Last, since it is large, and nearly always not there.
    private var trace: Trace?

    init(_ info: SessionInfo, _ wishes: borrowing SessionGatherer.Wishes, _ owner: any SessionOwner) {
        let limits = wishes.limits.shared(among: info.openTogether)
        var options = wishes.options
        options.pieceSize = min(options.pieceSize, limits.lineLength)
        builder = SessionBuilder(info, options: options, limits: limits, drafting: true)
        self.owner = owner
        keepsTrace = wishes.keepsTraces
        if keepsTrace { trace = Trace(info: info) }
        owner.note(.opened, of: session)
    }

    func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        builder.receive(bytes, from: side, at: time)
        if keepsTrace { trace?.entries.append((time, .chunk(side, [UInt8](copying: bytes)))) }
        if verdict == nil { judge(isOver: false) }
    }

    func mark(_ mark: Mark, at time: Timestamp) {
        builder.mark(mark, at: time)
        if keepsTrace { trace?.entries.append((time, .mark(mark))) }
        if verdict == nil { judge(isOver: false) }
    }

    func end(at time: Timestamp) {
        builder.end(at: time)
        if trace != nil { trace?.ended = time }
        if verdict == nil { judge(isOver: true) }
        // Nobody else holds the draft, or it would be copied when it is finished.
        if verdict == true,
            let product = owner.product(
                of: UnfinishedSession(
                    draft: builder.takeDraft(), trace: trace.take(), contents: builder.contents))
        {
            session.put(product)
        }
        owner.note(.ended, of: session)
    }

    /// Decides whether it is mail, as soon as that is certain.
    private func judge(isOver: Bool) {
        wantsMore = builder.wantsMore
        if !wantsMore {
            trace = nil
            keepsTrace = false
        }
        guard builder.isMail || isOver || !wantsMore else { return }
        verdict = builder.isMail
        owner.note(.judged(builder.isMail), of: session)
    }
}
