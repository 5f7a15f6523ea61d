import MailTapCore

/// An irregularity of a session's octets, with its place.
struct DialogueAnomaly: Sendable {
    /// What it is.
    enum Kind: Sendable, Hashable {
        /// What the decoder noticed.
        case dialogue(Anomaly)
        /// Segments overlapped with different octets.
        case conflict
    }

    var kind: Kind
    var range: StreamRange
    /// Index of the exchange.
    var exchange: Int
}
