import MailTapCore

/// What rules and notes ask of an exchange first: numbers and flags, read once, so that an exchange with nothing odd in
/// it costs little.
struct ExchangeFacts {
    /// Nothing known.
    init() {}

    /// The command's keyword.
    var verb = DialogueVerb.none
    /// Octets of the command line.
    var commandLength = 0
    /// Whether the command holds octets other than printable ASCII.
    var hasOddCommand = false
    /// Where the parts of MAIL, RCPT and their like stand; nil for other commands, and where none can be read.
    var path: SMTPPathPlaces?
    /// The parameters of MAIL, where they are such as nearly all clients give.
    var parameters = UsualParameters()
    /// Nanoseconds from the session's start to the command, and its turn.
    var at: Int64 = 0, turn: UInt32 = 0

    /// Whether there is a reply, and its status; `ReplyStatus.none` without one.
    var hasReply = false, status = ReplyStatus.none
    /// Whether the server itself gave the reply, and it is not one of several that a dialogue file takes.
    var isServers = false
    /// Whether the reply's last line was seen.
    var isReplyComplete = false
    /// Whether the reply holds octets other than printable ASCII.
    var hasOddReply = false
    /// Octets of the reply's longest line, without code and separator.
    var longestReplyLine = 0
    /// Whether the reply has several lines.
    var hasReplyLines = false
    /// The first digit of the enhanced status code; 0 where there is none.
    var enhancedClass: UInt8 = 0
    var hasFurtherReplies = false
    /// Nanoseconds from the session's start to the reply, its turn, and nanoseconds that it took.
    var replyAt: Int64 = 0, replyTurn: UInt32 = 0, latency: Int64 = 0

    /// Index of the message that it carried, or a chunk of it; nil for none.
    var message: Int?
    var isEncrypted = false

    /// Whether a later command was whole before this one's reply began; false without a reply.
    func isAnswered(after next: ExchangeFacts) -> Bool {
        hasReply && (next.at < replyAt || next.at == replyAt && next.turn < replyTurn)
    }
}

extension ExchangeFacts {
    /// Reads an exchange, field by field: copies of whole ones would cost more than all that is made of them.
    init(_ exchanges: borrowing [Exchange], _ index: Int) {
        at = exchanges[index].at
        turn = exchanges[index].turn
        message = exchanges[index].message
        isEncrypted = exchanges[index].isEncrypted
        hasFurtherReplies = exchanges[index].hasFurtherReplies
        if !exchanges[index].isUnasked {
            verb = DialogueVerb(exchanges[index].command?.keyword ?? .none)
            if let line = exchanges[index].command?.line, !line.isEmpty { line.withBytes { read($0) } }
        }
        if let status = exchanges[index].reply?.status {
            hasReply = true
            self.status = status
            readReply(exchanges, index)
        }
    }

    private mutating func read(_ command: RawSpan) {
        commandLength = command.byteCount
        hasOddCommand = !command.isPrintable
        guard verb.isMail || verb == .rcpt, let places = SMTPGrammar.places(in: command) else { return }
        path = places
        parameters = UsualParameters(command, places.rest, isRecipient: verb == .rcpt)
    }

    private mutating func readReply(_ exchanges: [Exchange], _ index: Int) {
        isReplyComplete = exchanges[index].reply?.isComplete ?? false
        let isPlain = exchanges[index].reply?.isPlain ?? true
        isServers =
            exchanges[index].reply?.isInjected == false && (isPlain || exchanges[index].reply?.acceptable == nil)
        replyAt = exchanges[index].reply?.at ?? 0
        replyTurn = exchanges[index].reply?.turn ?? 0
        latency = exchanges[index].reply?.latency ?? 0
        enhancedClass = UInt8(truncatingIfNeeded: exchanges[index].reply?.enhancedCode?.kind ?? 0)
        guard let shape = exchanges[index].reply?.lines.shape else { return }
        longestReplyLine = shape.longest
        hasOddReply = !shape.isPrintable
        hasReplyLines = !shape.isOne
    }
}

extension Exchange {
    /// A copy of the command line's octets; empty where there is none.
    var commandOctets: [UInt8] { command?.line.octets ?? [] }

    /// The command's argument, up to the first credential in the line.
    var openArgument: ArraySlice<UInt8> {
        guard let line = command?.line else { return [] }
        var octets = line.octets
        if let secret = line.secrets.first { octets.removeLast(max(0, octets.count - secret.range.lowerBound)) }
        return SMTPGrammar.argument(of: octets)
    }

    /// Calls `body` with the command line's octets, where they lie; with none where there is no command.
    func withCommand<Result>(_ body: (RawSpan) -> Result) -> Result {
        guard let line = command?.line else { return body(RawSpan()) }
        return line.withBytes(body)
    }
}
