/// The client's content that is open, or else the newest: what DATA or BDAT announced.
struct SMTPContent: Sendable {
    /// Its exchange; 0 before any content.
    var exchange: UInt32 = 0
    var scanner = ContentScanner()
    /// Whether its next octet begins a line.
    var isAtLineStart = true
    /// Whether the server answered before its end.
    var isAnsweredEarly = false
    /// Where the newest gap in it ends, in the client's stream, as a line may begin there; nil without one.
    var gapEnd: UInt64?
    /// The dot line with odd ends that may end it.
    var candidate: EndCandidate?
    /// Kept from one content to the next: octets that waited behind one may be another's.
    var strictEnd = StrictEndSearch()

    /// Whether the server's answer is to say if a dot line ended it.
    var awaitsVerdict: Bool { candidate.map { $0.verdict != .taken } ?? false }
}

/// A dot line with odd line ends, which some servers take for the end of content.
struct EndCandidate: Sendable {
    enum Verdict: Sendable {
        /// The server answered behind it.
        case taken
        /// It can't be the end, by what follows it.
        case refused
    }

    /// Octets of the line, its end included.
    let length: Int
    let line: DotLine
    /// Nil while nothing is known.
    var verdict: Verdict?
}
