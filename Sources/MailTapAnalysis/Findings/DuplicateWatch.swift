import MailTapCore

/// Notices a message that was sent before.
///
/// The same is one of the same octets, or of the same Message-ID, from the same sender to the same recipients. Remembers
/// 100,000 messages at most; later ones are then no more compared.
struct DuplicateWatch {
    private struct Identity: Hashable {
        /// The digest of the octets, or the message id.
        var content: String
        var from: String?
        var to: [String]
    }

    private struct First {
        var session: Int
        var accepted: Bool?
    }

    private static let limit = 100_000

    private var seen: [Identity: First] = [:]

    /// A message that was refused before is no duplicate: sending it again is what the client should do.
    mutating func apply(to session: Session, _ found: inout FindingList) {
        for message in session.messages where message.complete && message.bytes > 0 && !message.sha256.isEmpty {
            let envelope = (message.from, message.to.sorted())
            let octets = Identity(content: message.sha256, from: envelope.0, to: envelope.1)
            let id = message.content.messageID.flatMap {
                $0.isEmpty ? nil : Identity(content: "<\($0)>", from: envelope.0, to: envelope.1)
            }
            if message.accepted != false, !message.to.isEmpty {
                let sameOctets = seen[octets]
                let first = sameOctets ?? id.flatMap { seen[$0] }
                if let first, first.accepted != false {
                    let what = sameOctets == nil ? "A message of the same Message-ID" : "The same message"
                    let fate = first.accepted == nil ? "without a reply" : "and accepted"
                    found.add(
                        "smtp.probable-duplicate", exchange: message.exchange,
                        "\(what) to the same recipients was sent in session \(first.session) \(fate)")
                }
            }
            for identity in [octets, id].compactMap(\.self)
            where seen[identity] == nil || seen[identity]?.accepted == false {
                if seen.count < Self.limit || seen[identity] != nil {
                    seen[identity] = First(session: session.number, accepted: message.accepted)
                }
            }
        }
    }
}
