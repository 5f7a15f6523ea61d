public import MailTapCore

/// Sums up one session from its octets and marks, as they come: what `list` says of it, and no more.
///
/// Counts from the same events as `SessionBuilder`, and comes to the same figures, but keeps of all lines only those
/// that make up envelopes. So it costs a fraction, in time and in memory.
public struct SessionTally: Sendable {
    private var dialogue: Dialogue
    private var account: TallyAccount

    /// A tally of a session in which nothing was said yet.
    public init(_ info: SessionInfo, limits: Limits = Limits()) {
        dialogue = Dialogue(info, limits: limits)
        account = TallyAccount(info)
    }

    /// Octets of one side, as they came.
    public mutating func receive(_ bytes: RawSpan, from side: Side, at time: Timestamp) {
        account.count(bytes.byteCount, of: side, at: time)
        dialogue.receive(bytes, from: side, at: time, &account)
    }

    /// Something other than octets happened.
    public mutating func mark(_ mark: Mark, at time: Timestamp) {
        account.note(mark, at: time)
        dialogue.mark(mark, at: time, &account)
    }

    /// The session is over.
    public mutating func end(at time: Timestamp) {
        dialogue.end(at: time, &account)
        account.finish()
    }

    /// Whether it is mail, or counts as such because a proxy relayed it.
    public var isMail: Bool { account.proto != nil || account.info.isKnownMail }

    /// False once it is certain that this is no mail, so that its octets need not be delivered.
    public var wantsMore: Bool { !(dialogue.isOpaque && dialogue.proto == nil && !account.info.isKnownMail) }

    /// What was known when it opened.
    public var info: SessionInfo { account.info }
    /// The protocol, nil for `unknown`.
    public var proto: MailProtocol? { account.proto }
    /// Where TLS began and with what; nil for none.
    public var tls: TLSMark? { account.tls }
    /// Nanoseconds from the start to the last thing that happened.
    public var duration: Int64 { account.duration }
    /// Octets seen of each side.
    public var clientBytes: UInt64 { account.clientBytes }
    /// Octets seen of the server.
    public var serverBytes: UInt64 { account.serverBytes }
    /// Why it stopped; known at its end.
    public var ending: Ending { account.ending }
    /// Who logged in last, the server having agreed; nil for nobody.
    public var user: String? { account.user }
    /// Number of messages.
    public var messages: Int { account.messages.count }
    /// Octets of all messages.
    public var messageBytes: UInt64 { account.messages.reduce(0) { $0 &+ $1.bytes } }
    /// Commands that the server refused.
    public var refusals: Int { account.replies.refusals }
    /// The mail transactions together: sender of the first, recipients accepted and refused.
    public var envelope: (from: String?, to: [String], rejected: [String]) { account.envelope }
}
