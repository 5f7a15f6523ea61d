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
    /// Reads an exchange.
    init(_ exchange: Exchange) {
        at = exchange.at
        turn = exchange.turn
        message = exchange.message
        isEncrypted = exchange.isEncrypted
        hasFurtherReplies = exchange.hasFurtherReplies
        read(command: exchange.command)
        read(reply: exchange.reply)
    }

    private mutating func read(command: Command?) {
        switch command {
        case .none: return
        case .some(let command):
            verb = DialogueVerb(command.keyword)
            commandLength = command.line.count
            command.line.withBytes { octets in
                hasOddCommand = !octets.isPrintable
                guard verb.isMail || verb == .rcpt, let places = SMTPGrammar.places(in: octets) else { return }
                path = places
                parameters = UsualParameters(octets, places.rest, isRecipient: verb == .rcpt)
            }
        }
    }

    private mutating func read(reply: Reply?) {
        switch reply {
        case .none: return
        case .some(let reply):
            hasReply = true
            status = reply.status
            isReplyComplete = reply.isComplete
            isServers = !reply.isInjected && (reply.isPlain || reply.acceptable == nil)
            replyAt = reply.at
            replyTurn = reply.turn
            latency = reply.latency
            enhancedClass = UInt8(reply.enhancedCode?.kind ?? 0)
            for line in reply.lines {
                longestReplyLine = max(longestReplyLine, line.count)
                if !line.withBytes({ $0.isPrintable }) { hasOddReply = true }
            }
        }
    }
}

extension Exchange {
    /// The command line's octets; empty where there is none.
    var commandOctets: [UInt8] { command?.line.octets ?? [] }
}
