import MailTapCore

/// Notices a message that was sent before.
///
/// The same is one of the same octets, or of the same Message-ID and as many servers behind it, from the same client and
/// sender to the same recipients, in a session that began when the other was over: a message on its next hop, or seen
/// on both sides of a proxy, is none. Remembers 100,000 messages at most; later ones are then no more compared.
struct DuplicateWatch {
    private struct Identity: Hashable {
        /// Half of the digest of the octets, or two hashes of the message id: enough to keep a mistake out of the
        /// question, in little memory.
        private let high: UInt64, low: UInt64
        /// Of client, sender and recipients.
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
        /// When its session was over.
        var ended: Timestamp
    }

    private static let limit = 100_000

    private var seen: [Identity: First] = [:]

    /// A message that was refused before is no duplicate: sending it again is what the client should do.
    mutating func apply(to session: Session, _ found: inout FindingList) {
        for message in session.messages where message.complete && message.bytes > 0 && !message.sha256.isEmpty {
            let envelope = Self.envelope(of: message, session)
            let octets = Identity(digest: message.sha256, envelope)
            let id = message.content.messageID.flatMap { text in
                text.isEmpty ? nil : Identity(id: "\(message.content.facts.receivedCount) \(text)", envelope)
            }
            compare(message, octets, id, session, &found)
            for identity in [octets, id].compactMap(\.self) { remember(identity, message, session) }
        }
    }

    private static func envelope(of message: Message, _ session: Session) -> Int {
        var hasher = Hasher()
        hasher.combine(session.info.client.address)
        hasher.combine(message.from)
        hasher.combine(message.to.count > 1 ? message.to.sorted() : message.to)
        return hasher.finalize()
    }

    private func compare(
        _ message: Message, _ octets: Identity, _ id: Identity?, _ session: Session, _ found: inout FindingList
    ) {
        guard message.accepted != false, !message.to.isEmpty else { return }
        let sameOctets = seen[octets]
        guard let first = sameOctets ?? id.flatMap({ seen[$0] }), first.accepted != false,
            first.session == session.number || first.ended <= session.info.started
        else { return }
        let what = sameOctets == nil ? "A message of the same Message-ID" : "The same message"
        let fate = first.accepted == nil ? "without a reply" : "and accepted"
        found.add(
            "smtp.probable-duplicate", exchange: message.exchange,
            "\(what) to the same recipients was sent in session \(first.session) \(fate)")
    }

    private mutating func remember(_ identity: Identity, _ message: Message, _ session: Session) {
        let known = seen[identity]
        guard known.map({ $0.accepted == false }) ?? (seen.count < Self.limit) else { return }
        seen[identity] = First(
            session: session.number, accepted: message.accepted,
            ended: session.info.started.advanced(by: session.duration))
    }
}
