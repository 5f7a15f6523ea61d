import MailTapCore

/// The exchanges among which an SMTP envelope's MAIL and RCPT commands are.
struct Envelope: Sendable, Equatable {
    private var exchanges: Range<Int>

    /// Of the exchanges from `start` on; none so far.
    init(from start: Int = 0) { exchanges = start..<start }

    /// The same beginning, with all exchanges before `end`.
    func upTo(_ end: Int) -> Envelope {
        var whole = self
        whole.exchanges = exchanges.lowerBound..<max(exchanges.lowerBound, end)
        return whole
    }

    /// The envelope as the replies seen so far left it.
    ///
    /// A command without a reply counts as accepted: half of a capture is no refusal.
    func resolve(in session: Session, content: Int) -> (from: String?, to: [String], rejected: [String]) {
        let own = exchanges.clamped(to: session.exchanges.indices)
        func isRefused(_ index: Int) -> Bool { session.exchanges[index].reply?.status.isNegative ?? false }
        func address(_ index: Int) -> String? {
            session.exchanges[index].command?.line.withBytes { SMTPGrammar.address(in: $0) }
        }
        var sender: Int?
        var recipients = 0
        for index in own {
            switch session.exchanges[index].command?.keyword {
            case .mail?: if !isRefused(index) { sender = index }
            case .rcpt?: recipients += 1
            default: break
            }
        }
        var to: [String] = []
        to.reserveCapacity(recipients)
        var rejected: [String] = []
        // LMTP: the data's replies stand for the accepted recipients in turn (RFC 2033 section 4.2).
        var verdicts: [Reply] = []
        if content < session.exchanges.count, session.exchanges[content].hasFurtherReplies {
            verdicts = [session.exchanges[content].reply].compactMap(\.self) + session.exchanges[content].furtherReplies
            // 353 only announces them, and the last one is on the whole (PRDR).
            if verdicts.first?.status == .judged { verdicts.removeFirst() }
        }
        var accepted = 0
        for index in own where index > (sender ?? -1) && index < content {
            guard session.exchanges[index].command?.keyword == .rcpt, let recipient = address(index) else { continue }
            if isRefused(index) {
                rejected.append(recipient)
                continue
            }
            let verdict = accepted < verdicts.count ? verdicts[accepted] : nil
            accepted += 1
            if verdict?.status.isNegative == true { rejected.append(recipient) } else { to.append(recipient) }
        }
        return (sender.flatMap(address), to, rejected)
    }
}

extension Exchange {
    /// The status of the reply of the exchange at an index; nil without one.
    static func replyStatus(_ exchanges: [Exchange], _ index: Int) -> ReplyStatus? { exchanges[index].reply?.status }

    /// Whether the server took the message that the exchange at an index carried; nil without a reply.
    static func acceptance(_ exchanges: [Exchange], _ index: Int) -> Bool? {
        guard let status = exchanges[index].reply?.status, status != .none else { return nil }
        if status == .judged {
            // The last verdict is on the whole; without it nothing is settled.
            let verdicts = exchanges[index].furtherReplies.map(\.status)
            return verdicts.contains { $0.isPositive } ? true : verdicts.isEmpty ? nil : false
        }
        if status.isPositive || exchanges[index].isPlain { return status.isPositive }
        return exchanges[index].furtherReplies.contains { $0.status.isPositive }
    }
}
