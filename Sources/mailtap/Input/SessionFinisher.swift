import MailTapAnalysis
import MailTapExport
import Synchronization

/// Works out what is left of sessions that are over, on one thread at a time.
struct SessionFinisher: Sendable {
    private let numbers: SessionNumbers?
    private let findsFaults: Bool
    private let reduce: (@Sendable (inout Session) -> Void)?
    private var lines: JSONLineWriter?

    init(_ wishes: SessionGatherer.Wishes) {
        numbers = wishes.numbers
        findsFaults = wishes.options.findsFaults
        reduce = wishes.reduce
        lines = wishes.lines.map { JSONLineWriter($0) }
    }

    /// The finished session; nil for one that was finished before.
    mutating func finish(_ unfinished: consuming UnfinishedSession) -> FinishedSession? {
        let (number, trace, contents) = (unfinished.number, unfinished.trace, unfinished.contents)
        return unfinished.finish { session in
            session.number = number
            let sighting = findsFaults ? SessionWatch.Sighting(session) : nil
            let isWanted = number == 0 || numbers?.contains(number) ?? true
            let form: FinishedSession.Form
            if !isWanted {
                form = .nothing
            } else if let lines {
                form = .line(lines.line(session))
            } else {
                reduce?(&session)
                form = .item(ExportItem(session: session, trace: trace, contents: contents))
            }
            return FinishedSession(number: number, form: form, sighting: sighting)
        }
    }
}

/// The finishers that are not in use, one for each thread that finishes at a time: they remember what comes again.
final class SpareFinishers: Sendable {
    private let wishes: SessionGatherer.Wishes
    private let spare = Mutex<[SessionFinisher]>([])

    init(_ wishes: SessionGatherer.Wishes) { self.wishes = wishes }

    /// A finisher, new where all are in use.
    func take() -> SessionFinisher { spare.withLock { $0.popLast() } ?? SessionFinisher(wishes) }

    /// Takes back a finisher.
    func giveBack(_ finisher: consuming SessionFinisher) { spare.withLock { [finisher] in $0.append(finisher) } }
}
