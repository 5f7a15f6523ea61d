import MailTapCore

/// What a session holds back from its TLS hello on, until it is certain how it goes on.
struct HeldSession {
    /// Something that happened.
    enum Item {
        case octets(Side, [UInt8])
        case mark(Mark)
        case end
    }

    /// What an item counts for beside its octets.
    private static let itemCost = 64

    let start: TLSMark.Start
    /// When the hello came.
    let since: Timestamp
    var conversation: TLSConversation
    /// Whether the server's records have begun.
    var serverBegan = false
    /// Whether this is the attempt that makes do with some of the secrets.
    let isLastAttempt: Bool
    private(set) var items: [(time: Timestamp, item: Item)] = []
    /// What the items count for.
    private(set) var octets = 0
    /// Octets of it that the decryptor knows of.
    var reported = 0
    /// Alerts so far.
    var alerts: [TLSOutput] = []

    init(_ start: TLSMark.Start, since: Timestamp, isLastAttempt: Bool = false) {
        self.start = start
        self.since = since
        self.isLastAttempt = isLastAttempt
        conversation = TLSConversation(takesPartialSecrets: isLastAttempt)
    }

    /// Whether the session is over.
    var isOver: Bool { if case .end? = items.last?.item { true } else { false } }

    mutating func append(_ item: Item, at time: Timestamp) {
        items.append((time, item))
        octets += Self.itemCost
        if case .octets(_, let bytes) = item { octets += bytes.count }
    }
}
