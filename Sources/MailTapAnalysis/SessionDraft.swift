import MailTapCore

/// A session that is over, with what takes long still to be worked out: what its messages say, notes, findings.
///
/// A value of its own, so that any thread can finish it.
public struct SessionDraft: Sendable {
    /// An array of one, as drafts are handed on and a session has many parts; empty once it is finished.
    private var parts: [Parts]

    private struct Parts: Sendable {
        var session: Session
        let options: SessionOptions
        /// The messages that may not be read yet, by index.
        let readings: [(index: Int, reading: MessageReading)]
        let anomalies: [DialogueAnomaly]
    }

    init(
        _ session: consuming Session, options: SessionOptions, readings: [(index: Int, reading: MessageReading)],
        anomalies: [DialogueAnomaly]
    ) {
        parts = [Parts(session: session, options: options, readings: readings, anomalies: anomalies)]
    }

    /// About how many octets of memory it holds.
    public var weight: Int { 2_048 + (parts.first?.session.exchanges.count ?? 0) * 512 }

    /// The whole session, once; nil afterwards.
    public mutating func finish() -> Session? {
        guard var draft = parts.popLast() else { return nil }
        for (index, reading) in draft.readings {
            let read = reading.finish()
            draft.session.messages[index].digest = read.digest
            draft.session.messages[index].known = read.content
        }
        guard draft.options.findsFaults else {
            if draft.options.annotates { Self.annotate(&draft.session) }
            return draft.session
        }
        var notes: [NoteText] = []
        let annotates = draft.options.annotates
        if annotates { notes.reserveCapacity(draft.session.exchanges.count) }
        var sentence = Sentence()
        let found = Findings.apply(
            to: draft.session, anomalies: draft.anomalies, sumsUp: draft.options.sumsUp
        ) { place in
            if annotates { notes.append(Annotator.note(at: place, &sentence)) }
        }
        draft.session.findings = found.findings
        draft.session.overview = found.overview
        for index in notes.indices { swap(&draft.session.exchanges[index].noteText, &notes[index]) }
        return draft.session
    }

    private static func annotate(_ session: inout Session) {
        var annotator = Annotator(proto: session.proto)
        for index in session.exchanges.indices {
            session.exchanges[index].note = annotator.note(for: session.exchanges[index], in: session)
        }
    }
}
