import MailTapCore

/// A session that is over, with what takes long still to be worked out: what its messages say, notes, findings.
///
/// A value of its own, so that any thread can finish it.
public struct SessionDraft: Sendable {
    /// An array of one, since drafts are handed on and a session has many parts.
    private var sessions: [Session]
    private var isFinished = false
    private let options: SessionOptions
    /// What else there is of each message.
    private let carried: [CarriedMessage]
    private let anomalies: [DialogueAnomaly]

    init(
        _ session: consuming Session, options: SessionOptions, carried: [CarriedMessage], anomalies: [DialogueAnomaly]
    ) {
        sessions = [session]
        self.options = options
        self.carried = carried
        self.anomalies = anomalies
    }

    /// About how many octets of memory it holds.
    public var weight: Int { 2_048 + (sessions.first?.exchanges.count ?? 0) * 512 }

    /// Works out what is left, once, where the session lies.
    ///
    /// - Returns: what `use` makes of the whole session; nil where that was done before.
    public mutating func finish<Result>(_ use: (inout Session) -> Result) -> Result? {
        guard !isFinished, !sessions.isEmpty else { return nil }
        isFinished = true
        Self.complete(&sessions[0], options, carried, anomalies)
        return use(&sessions[0])
    }

    private static func complete(
        _ session: inout Session, _ options: SessionOptions, _ carried: [CarriedMessage],
        _ anomalies: [DialogueAnomaly]
    ) {
        for index in carried.indices {
            if let reading = carried[index].reading { session.messages[index].take(reading.finish()) }
        }
        guard options.findsFaults else {
            if options.annotates { annotate(&session) }
            return
        }
        var notes: [NoteText] = []
        let annotates = options.annotates
        if annotates { notes.reserveCapacity(session.exchanges.count) }
        var sentence = Sentence()
        let found = Findings.apply(to: session, anomalies: anomalies, sumsUp: options.sumsUp) { place in
            if annotates { notes.append(Annotator.note(at: place, &sentence)) }
        }
        session.findings = found.findings
        session.overview = found.overview
        for index in notes.indices { swap(&session.exchanges[index].noteText, &notes[index]) }
    }

    private static func annotate(_ session: inout Session) {
        var annotator = Annotator(proto: session.proto)
        for index in session.exchanges.indices {
            session.exchanges[index].note = annotator.note(for: session.exchanges[index], in: session)
        }
    }
}

/// What there is of a message beside what the session says of it, while it is not finished.
struct CarriedMessage: Sendable {
    var envelope: Envelope
    /// Reads the message; nil while it is not over, and where it was read already.
    var reading: MessageReading?
}
