import MailTapCore

/// What the follower learns from the dialogue's events: who asks for TLS, and what the server says to that.
struct FollowTracker: DialogueHandler, Sendable {
    /// A command that asks for TLS and was not answered yet.
    struct Request: Sendable {
        var exchange: UInt32
        /// Where its line ends.
        var end: UInt64
        /// Where the answer begins, once it does.
        var replyStart: UInt64?
    }

    /// The protocol, once it is known.
    private(set) var proto: MailProtocol?
    /// The newest request.
    private(set) var request: Request?
    /// The whole reply by which the server agreed.
    private(set) var goAhead: StreamRange?

    mutating func handle(_ event: Event, _ bytes: RawSpan) {
        switch event.kind {
        case .detected(let found): proto = found
        case .command:
            guard goAhead == nil, TLSCommand.match([UInt8](copying: bytes), proto: proto) == .whole else { return }
            request = Request(exchange: event.exchange, end: event.range.end)
        case .reply(let status, let isLast): reply(status, isLast, event)
        default: break
        }
    }

    private mutating func reply(_ status: ReplyStatus, _ isLast: Bool, _ event: Event) {
        guard goAhead == nil, request?.exchange == event.exchange else { return }
        let start = request?.replyStart ?? event.range.start
        request?.replyStart = start
        guard isLast else { return }
        // RFC 3207 section 4: 220 and nothing else; RFC 2595 section 4: +OK.
        if status == .ok || status.rawValue == 220 {
            goAhead = StreamRange(.server, start, event.range.end)
        } else {
            request = nil
        }
    }

    mutating func content(_ bytes: RawSpan, from side: Side) {}
}
