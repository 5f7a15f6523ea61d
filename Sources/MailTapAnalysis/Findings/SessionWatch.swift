import MailTapCore

/// Notices what only several sessions of an INPUT show together: messages sent again, offers that vanished.
public struct SessionWatch {
    private var duplicates = DuplicateWatch()
    private var offers = OfferWatch()

    /// A watch that has seen no session.
    public init() {}

    /// The findings that earlier sessions give this one; give sessions in their order.
    public mutating func findings(in session: Session) -> [Finding] {
        guard session.proto == .smtp else { return [] }
        var found = FindingList()
        duplicates.apply(to: session, &found)
        offers.apply(to: session, &found)
        return found.inOrder
    }
}
