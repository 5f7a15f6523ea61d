public import MailTapCore

/// One reply, of one or more lines.
public struct Reply: Sendable, Equatable {
    /// Reply code or status indicator.
    public var status: ReplyStatus
    /// Whether MailTap said it, not the server.
    public var isInjected = false
    /// Whether its last line was seen.
    public var isComplete = false
    /// The turn in which the reply's first line came; see `Exchange.turn`.
    public var turn: UInt32 = 0
    /// As `enhancedCode`, without room for an optional.
    @usableFromInline var code = EnhancedCode.none
    /// Nanoseconds from the session's start to the reply's first line.
    public var at: Int64 = 0
    /// Nanoseconds from the command (for `*data` its last octet) to the reply's first line; from the session's start for the greeting.
    public var latency: Int64 = 0
    /// The texts, without code and separator, one per line.
    public var lines: WireLines
    /// Whether nothing is to be known of it but what the server said: no `acceptable`, nothing `forwarded` in its place.
    ///
    /// Stored, since to look into `rare` would copy the whole exchange around it.
    public private(set) var isPlain = true
    private var rare = Rare<Parts>() { didSet { isPlain = rare.isEmpty } }

    /// What few replies have.
    private struct Parts: Sendable, Equatable {
        var acceptable: ReplyPattern?
        var forwarded = Forwarded.same
    }

    /// A reply.
    public init(status: ReplyStatus, lines: [WireText] = []) {
        self.status = status
        self.lines = WireLines(lines)
    }

    /// A reply of which the first line came, to what was `sent` then.
    init(_ start: ReplyStart, _ line: consuming WireText, isComplete: Bool, sent: Int64) {
        status = start.status
        self.isComplete = isComplete
        turn = start.turn
        code = start.enhanced ?? .none
        at = start.at
        latency = start.at - sent
        lines = WireLines(only: line)
    }

    /// Enhanced status code (RFC 3463), nil where there is none; the cheap way to know it.
    public var enhancedCode: EnhancedCode? {
        @inlinable get { code == .none ? nil : code }
        set { code = newValue ?? .none }
    }

    /// Enhanced status code (RFC 3463) such as `2.1.0`, nil where there is none.
    public var enhanced: String? {
        get { enhancedCode?.description }
        set { enhancedCode = newValue.flatMap { EnhancedCode($0) } }
    }

    /// The set of statuses that a dialogue file expects here; nil where it is this one.
    public var acceptable: ReplyPattern? {
        get { rare.parts?.acceptable }
        set {
            if rare.isEmpty, newValue == nil { return }
            rare.change(none: Parts()) { $0.acceptable = newValue }
        }
    }

    /// What went on in its place.
    public var forwarded: Forwarded {
        get { rare.parts?.forwarded ?? .same }
        set {
            if rare.isEmpty, newValue == .same { return }
            rare.change(none: Parts()) { $0.forwarded = newValue }
        }
    }
}

/// What went on in place of what was received.
public enum Forwarded: Sendable, Equatable {
    /// The same octets.
    case same
    /// Nothing.
    case nothing
    /// These octets, line ends included.
    case octets([UInt8])
}
