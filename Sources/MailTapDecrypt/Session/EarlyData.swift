/// What becomes of content that a TLS 1.3 client sends right behind its hello (0-RTT, RFC 8446 sections 2.3 and 4.2.10).
enum EarlyData: Sendable {
    /// Why records of it were passed over.
    enum Loss: Sendable, Equatable {
        /// The server did not take it, so it is no part of the dialogue.
        case refused
        /// The server took it, and no secret opens it: octets of the dialogue are missing.
        case sealed
        /// Whether the server took it can't be seen.
        case unknown
    }

    /// None was announced, or nothing more is to be known of it.
    case none
    /// The server has not said yet whether it takes it; the keys that open it, where its secret is known.
    case undecided(RecordProtection?)
    /// The server takes it.
    case accepted
    /// The server passes it over: it asks for another hello, or does not say that it takes it.
    case refused

    /// Why it is passed over, where it is.
    var loss: Loss {
        switch self {
        case .refused: .refused
        case .accepted: .sealed
        case .none, .undecided: .unknown
        }
    }
}
