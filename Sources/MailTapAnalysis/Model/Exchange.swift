import MailTapCore

/// A command with the reply that answers it.
///
/// Copies are cheap, and most exchanges hold no memory of their own: their lines lie in the session's blocks.
public struct Exchange: Sendable, Equatable {
    /// Nanoseconds from the session's start to the command (the reply, where no command began it).
    public var at: Int64 = 0
    /// Nanoseconds from the session's start to what the reply answers: the last octet of the command, or of the content.
    var sent: Int64 = 0
    /// The turn in which the command's last octet came, from 1; 0 where none was seen.
    ///
    /// A turn ends when the other side speaks. It tells the order where times are the same or missing.
    public var turn: UInt32 = 0
    /// As `message`, plus one; 0 for none.
    private var messageNumber: UInt32 = 0
    /// The command; nil for a greeting or an unsolicited reply.
    public var command: Command?
    /// The reply; nil where none was seen.
    public var reply: Reply?
    /// Whether the client's dialogue was under TLS here.
    public var isEncrypted = false
    /// Whether the client said this in clear behind STARTTLS or STLS, in the place of a handshake.
    public var isBehindSTARTTLS = false
    @usableFromInline var noteText = NoteText.none
    @usableFromInline var rare = Rare<Parts>()

    /// What few exchanges have.
    @usableFromInline struct Parts: Sendable, Equatable {
        var furtherReplies: [Reply] = []
        var data: [WireText]?
        var isDataCut = false
    }

    /// An empty exchange.
    public init() {}

    /// An exchange of which nothing was seen yet but that it begins at `at`.
    init(at: Int64, sent: Int64, isEncrypted: Bool) {
        self.at = at
        self.sent = sent
        self.isEncrypted = isEncrypted
    }

    /// Its command came.
    mutating func begin(_ command: consuming Command, at: Int64, turn: UInt32, _ isEncrypted: Bool) {
        self.command = command
        self.at = at
        sent = at
        self.turn = turn
        self.isEncrypted = isEncrypted
        isBehindSTARTTLS = false
    }

    /// What this exchange does, in one plain sentence.
    ///
    /// Text made anew each time: see `withNote`.
    public var note: String? {
        get { noteText.text }
        set { noteText = NoteText(newValue) }
    }

    /// Whether there is a `note`; the cheap way to ask.
    ///
    /// Inlinable, as `isPlain`: other modules would else copy the whole exchange to ask.
    @inlinable public var hasNote: Bool { if case .none = noteText { false } else { true } }

    /// Calls `body` with the octets of the note at an index, which are UTF-8; with none where there is no note.
    public static func withNote(of exchanges: [Exchange], _ index: Int, _ body: (RawSpan) -> Void) {
        switch exchanges[index].noteText {
        case .none: body(RawSpan())
        case .text(var text): text.withUTF8 { body(UnsafeRawBufferPointer($0).bytes) }
        case .line(let line): line.withBytes(body)
        }
    }

    /// Index into `messages` of the message that this exchange carried, or a chunk of it.
    public var message: Int? {
        get { messageNumber == 0 ? nil : Int(messageNumber) - 1 }
        set { messageNumber = newValue.map { UInt32(clamping: $0) &+ 1 } ?? 0 }
    }

    /// The reply's status; `none` where none was seen.
    ///
    /// Cheaper than to look at the whole reply.
    var replyStatus: ReplyStatus {
        switch reply {
        case .some(let reply): reply.status
        case .none: .none
        }
    }

    /// LMTP: the replies after the first, one for each further recipient (RFC 2033 section 4.2).
    public var furtherReplies: [Reply] {
        get { rare.parts?.furtherReplies ?? [] }
        set {
            if rare.isEmpty, newValue.isEmpty { return }
            rare.change(none: Parts()) { $0.furtherReplies = newValue }
        }
    }

    /// Whether it has neither `furtherReplies` nor `data`; the cheap way to ask.
    @inlinable public var isPlain: Bool { rare.isEmpty }

    /// Whether there are `furtherReplies`; the cheap way to ask.
    public var hasFurtherReplies: Bool { !rare.isEmpty && !furtherReplies.isEmpty }

    /// Lines of a POP3 multi-line response other than a message, byte-stuffing removed; nil where there is none.
    public var data: [WireText]? {
        get { rare.parts?.data }
        set {
            if rare.isEmpty, newValue == nil { return }
            rare.change(none: Parts()) { $0.data = newValue }
        }
    }

    /// Whether the line that ends `data` was not seen.
    var isDataCut: Bool { rare.parts?.isDataCut ?? false }

    /// Changes `furtherReplies` where they are: taking them out would copy them.
    mutating func changeFurtherReplies(_ change: (inout [Reply]) -> Void) {
        rare.change(none: Parts()) { change(&$0.furtherReplies) }
    }

    /// Adds a line to `data`, or says that none is left: `data` is there afterwards.
    mutating func addData(_ line: WireText?) {
        rare.change(none: Parts()) { parts in
            if parts.data == nil { parts.data = [] }
            if let line { parts.data?.append(line) }
            parts.isDataCut = line != nil
        }
    }
}
