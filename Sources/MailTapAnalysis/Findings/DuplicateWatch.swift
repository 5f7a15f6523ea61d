import MailTapCore

/// Notices a message that was sent before.
///
/// The same is one of the same octets, or of the same Message-ID, from the same sender to the same recipients. Remembers
/// 100,000 messages at most; later ones are then no more compared.
struct DuplicateWatch {
    private struct Identity: Hashable {
        /// Half of the digest of the octets, or two hashes of the message id: enough to keep a mistake out of the
        /// question, in little memory.
        private let high: UInt64, low: UInt64
        /// Of sender and recipients.
        private let envelope: Int

        init(digest: String, _ envelope: Int) {
            high = UInt64(digest.prefix(16), radix: 16) ?? 0
            low = UInt64(digest.dropFirst(16).prefix(16), radix: 16) ?? 0
            self.envelope = envelope
        }

        init(id: String, _ envelope: Int) {
            var hasher = Hasher()
            hasher.combine(id)
            low = UInt64(truncatingIfNeeded: hasher.finalize())
            hasher = Hasher()
            hasher.combine(low)
            hasher.combine(id)
            high = UInt64(truncatingIfNeeded: hasher.finalize())
            self.envelope = envelope
        }
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
            var hasher = Hasher()
            hasher.combine(message.from)
            hasher.combine(message.to.count > 1 ? message.to.sorted() : message.to)
            let envelope = hasher.finalize()
            let octets = Identity(digest: message.sha256, envelope)
            let id = message.content.messageID.flatMap { $0.isEmpty ? nil : Identity(id: $0, envelope) }
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
