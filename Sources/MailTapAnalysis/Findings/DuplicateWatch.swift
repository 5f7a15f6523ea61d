import MailTapCore

/// Notices, across the sessions of an INPUT, a message that was sent before.
///
/// Remembers a digest and the envelope per message, 100,000 of them at most; later ones are then no more compared.
public struct DuplicateWatch {
    private struct Identity: Hashable {
        var sha256: String
        var from: String?
        var to: [String]
    }

    private struct First {
        var session: Int
        var accepted: Bool?
    }

    private static let limit = 100_000

    private var seen: [Identity: First] = [:]

    /// A watch that has seen no session.
    public init() {}

    /// The messages of a session that were sent before, as findings; give sessions in their order.
    ///
    /// A message that was refused before is no duplicate: sending it again is what the client should do.
    public mutating func findings(in session: Session) -> [Finding] {
        guard session.proto == .smtp else { return [] }
        var found = FindingList()
        for message in session.messages where message.complete && message.bytes > 0 && !message.sha256.isEmpty {
            let identity = Identity(sha256: message.sha256, from: message.from, to: message.to.sorted())
            if let first = seen[identity], first.accepted != false, message.accepted != false {
                let fate = first.accepted == nil ? "without a reply" : "and accepted"
                found.add(
                    "smtp.probable-duplicate", exchange: message.exchange,
                    "The same message to the same recipients was sent in session \(first.session) \(fate)")
            }
            if seen[identity] == nil || seen[identity]?.accepted == false, seen.count < Self.limit {
                seen[identity] = First(session: session.number, accepted: message.accepted)
            }
        }
        return found.inOrder
    }
}
