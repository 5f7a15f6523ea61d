/// A session that is over, with what takes long still to be worked out: what its messages say, notes, findings.
///
/// A value of its own, so that any thread can finish it.
public struct SessionDraft: Sendable {
    private var session: Session
    private let options: SessionOptions
    /// The messages that may not be read yet, by index.
    private let readings: [(index: Int, reading: MessageReading)]
    private let anomalies: [DialogueAnomaly]

    init(
        _ session: Session, options: SessionOptions, readings: [(index: Int, reading: MessageReading)],
        anomalies: [DialogueAnomaly]
    ) {
        self.session = session
        self.options = options
        self.readings = readings
        self.anomalies = anomalies
    }

    /// About how many octets of memory it holds.
    public var weight: Int { 2_048 + session.exchanges.count * 512 }

    /// The whole session.
    public consuming func finish() -> Session {
        var draft = consume self
        // Taken out, since what is held at two places is copied where it changes.
        var session = Session(info: draft.session.info)
        swap(&session, &draft.session)
        for (index, reading) in draft.readings {
            let read = reading.finish()
            session.messages[index].digest = read.digest
            session.messages[index].content = read.content
        }
        let options = draft.options
        guard options.findsFaults else {
            if options.annotates { Self.annotate(&session) }
            return session
        }
        var notes: [String?] = []
        let annotates = options.annotates
        var sentence = Sentence()
        let found = Findings.apply(to: session, anomalies: draft.anomalies, sumsUp: options.sumsUp) { place in
            if annotates { notes.append(Annotator.note(at: place, &sentence)) }
        }
        session.findings = found.findings
        session.overview = found.overview
        for (index, note) in notes.enumerated() { session.exchanges[index].note = note }
        return session
    }

    private static func annotate(_ session: inout Session) {
        var annotator = Annotator(proto: session.proto)
        for index in session.exchanges.indices {
            session.exchanges[index].note = annotator.note(for: session.exchanges[index], in: session)
        }
    }
}
