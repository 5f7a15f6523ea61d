import MailTapCore

/// Notices a message that was sent before.
///
/// The same is one of the same octets, or of the same Message-ID and as many servers behind it, from the same client and
/// sender to the same recipients, in a session that began when the other was over: a message on its next hop, or seen
/// on both sides of a proxy, is none. Remembers some 50,000 messages, each by its octets and its Message-ID; later ones
/// are compared with those.
struct DuplicateWatch {
    struct Identity: Equatable, Sendable {
        /// Half of the octets' digest, their fingerprint, or two hashes of the message id: enough to keep a mistake out of
        /// the question, in little memory.
        private let high: UInt64, low: UInt64
        /// Of client, sender and recipients.
        private let envelope: Int

        /// Nil where nothing was worked out of the octets.
        init?(_ sum: ContentSum, _ envelope: Int) {
            switch sum {
            case .none: return nil
            case .digest(let digest): (high, low, _, _) = digest.words
            case .fingerprint(let fingerprint): (high, low) = (fingerprint.high, fingerprint.low)
            }
            self.envelope = envelope
        }

        /// What tells identities apart, spread over all bits.
        var mix: UInt64 { low ^ UInt64(truncatingIfNeeded: envelope) }

        init(id: String, receivedCount: Int, _ envelope: Int) {
            var hasher = Hasher()
            hasher.combine(receivedCount)
            hasher.combine(id)
            low = UInt64(truncatingIfNeeded: hasher.finalize())
            hasher = Hasher()
            hasher.combine(low)
            hasher.combine(id)
            high = UInt64(truncatingIfNeeded: hasher.finalize())
            self.envelope = envelope
        }
    }

    /// What is kept of the first message of an identity.
    struct First {
        /// When its session was over.
        var ended: Timestamp
        /// Of so many sessions, messages of only the first ones are remembered.
        var session: UInt32
        var accepted: Bool?
    }

    /// What is kept of a message to compare it with others.
    struct Sent: Sendable {
        fileprivate let octets: Identity
        fileprivate let id: Identity?
        fileprivate let accepted: Bool?
        fileprivate let hasRecipients: Bool
        /// Index of the exchange that carried it.
        fileprivate let exchange: Int

        /// The messages of a session that can be compared.
        static func all(in session: Session) -> [Sent] {
            var sent: [Sent] = []
            for index in session.messages.indices
            where session.messages[index].complete && session.messages[index].bytes > 0 {
                if let one = Sent(session.messages, index, session.info.client.address) { sent.append(one) }
            }
            return sent
        }

        private init?(_ messages: [Message], _ index: Int, _ client: IPAddress?) {
            let envelope = DuplicateWatch.envelope(of: messages, index, client)
            guard let octets = Identity(messages[index].sum, envelope) else { return nil }
            self.octets = octets
            let received = messages[index].content.facts.receivedCount
            id = messages[index].content.messageID.flatMap { text in
                text.isEmpty ? nil : Identity(id: text, receivedCount: received, envelope)
            }
            accepted = messages[index].accepted
            hasRecipients = !messages[index].to.isEmpty
            exchange = messages[index].exchange
        }
    }

    private var seen = FirstSightings()

    /// A message that was refused before is no duplicate: sending it again is what the client should do.
    mutating func apply(to sighting: SessionWatch.Sighting, _ found: inout FindingList) {
        for message in sighting.messages {
            let place = seen.place(of: message.octets)
            compare(message, seen.first(at: place), sighting, &found)
            remember(message.octets, at: place, message, sighting)
            if let id = message.id { remember(id, at: seen.place(of: id), message, sighting) }
        }
    }

    private static func envelope(of messages: [Message], _ index: Int, _ client: IPAddress?) -> Int {
        var hasher = Hasher()
        hasher.combine(client)
        hasher.combine(messages[index].from)
        // A sum, so that the order of the recipients makes no difference.
        var recipients = 0
        for recipient in messages[index].to {
            var hasher = Hasher()
            hasher.combine(recipient)
            recipients &+= hasher.finalize()
        }
        hasher.combine(recipients)
        return hasher.finalize()
    }

    private func compare(
        _ message: Sent, _ sameOctets: First?, _ sighting: SessionWatch.Sighting, _ found: inout FindingList
    ) {
        guard message.accepted != false, message.hasRecipients else { return }
        guard let first = sameOctets ?? message.id.flatMap({ seen.first(at: seen.place(of: $0)) }),
            first.accepted != false,
            first.session == UInt32(clamping: sighting.session) || first.ended <= sighting.started
        else { return }
        let what = sameOctets == nil ? "A message of the same Message-ID" : "The same message"
        let fate = first.accepted == nil ? "without a reply" : "and accepted"
        found.add(
            "smtp.probable-duplicate", exchange: message.exchange,
            "\(what) to the same recipients was sent in session \(first.session) \(fate)")
    }

    /// A refused message gives way to one that came later.
    private mutating func remember(
        _ identity: Identity, at place: Int, _ message: Sent, _ sighting: SessionWatch.Sighting
    ) {
        if let known = seen.first(at: place), known.accepted != false { return }
        let first = First(
            ended: sighting.ended, session: UInt32(clamping: sighting.session), accepted: message.accepted)
        seen.put(first, of: identity, at: place)
    }
}
