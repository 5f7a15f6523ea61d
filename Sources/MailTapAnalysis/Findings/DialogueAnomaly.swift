import MailTapCore

/// An irregularity of a session's octets, with its place.
struct DialogueAnomaly: Sendable {
    /// What it is.
    enum Kind: Sendable, Hashable {
        /// What the decoder noticed.
        case dialogue(Anomaly)
        /// Segments overlapped with different octets.
        case conflict
        /// The connection ended inside a line.
        case cutLine
        /// Octets are missing.
        case gap
    }

    var kind: Kind
    var range: StreamRange
    /// Index of the exchange.
    var exchange: Int
    /// How many more of the kind came in the exchange.
    var further = 0

    /// Whether it is this irregularity of the dialogue.
    func isA(_ anomaly: Anomaly) -> Bool { kind == .dialogue(anomaly) }

    /// The odd dot line that it is about; nil for any other irregularity.
    var dotLine: DotLine? {
        switch kind {
        case .dialogue(.oddEndOfData(let line)), .dialogue(.dotLineWithOddEnds(let line)): line
        default: nil
        }
    }
}
