import MailTapCore

/// Notices what only several sessions of an INPUT show together: messages sent again, offers that vanished.
public struct SessionWatch {
    /// What the watch looks at of a session: little, so that the session itself can be let go elsewhere.
    public struct Sighting: Sendable {
        /// The session's number.
        public var session: Int
        /// When it began and ended.
        var started: Timestamp, ended: Timestamp
        var messages: [DuplicateWatch.Sent]
        var offer: OfferWatch.Offer?

        /// What there is to see of a session that is finished and has its number.
        public init(_ session: borrowing Session) {
            self.session = session.number
            started = session.info.started
            ended = started.advanced(by: session.duration)
            let isSMTP = session.proto == .smtp
            messages = isSMTP ? DuplicateWatch.Sent.all(in: session) : []
            offer = isSMTP ? OfferWatch.Offer(of: session) : nil
        }
    }

    private var duplicates = DuplicateWatch()
    private var offers = OfferWatch()

    /// A watch that has seen no session.
    public init() {}

    /// The findings that earlier sessions give this one; give sessions in their order.
    public mutating func findings(in session: Session) -> [Finding] { findings(in: Sighting(session)) }

    /// As `findings(in:)`, of what was seen of a session.
    public mutating func findings(in sighting: Sighting) -> [Finding] {
        guard !sighting.messages.isEmpty || sighting.offer != nil else { return [] }
        var found = FindingList()
        duplicates.apply(to: sighting, &found)
        if let offer = sighting.offer { offers.apply(to: offer, in: sighting.session, &found) }
        return found.inOrder
    }
}
