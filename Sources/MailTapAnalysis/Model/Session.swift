public import MailTapCore

/// A mail session as views show it: CONTRACT section 2, as values.
public struct Session: Sendable, Equatable {
    /// Number as `list` shows it, from 1, by the first payload octet.
    public var number = 0
    /// What was known when it opened.
    public var info: SessionInfo
    /// The protocol, nil for `unknown`.
    public var proto: MailProtocol?
    /// Nanoseconds from the start to the last thing that happened.
    public var duration: Int64 = 0
    /// Octets seen of each side.
    public var clientBytes: UInt64 = 0, serverBytes: UInt64 = 0
    /// Octets known to be lost of each side.
    public var clientMissing: UInt64 = 0, serverMissing: UInt64 = 0
    /// Why it stopped.
    public var ending: Ending = .open
    /// What carried it inside another protocol, the outermost first; empty nearly always.
    ///
    /// A client that a PROXY protocol header names stands in `info.client`, and the peer that connected here.
    public var tunnels: [SessionTunnel] = []
    /// Where TLS began and with what; nil for none.
    public var tls: TLSMark?
    /// Commands with their replies, in the order of the commands; the greeting first.
    public var exchanges: [Exchange] = []
    /// Messages transferred, in order.
    public var messages: [Message] = []
    /// What is wrong with it, in the order of the dialogue.
    public var findings: [Finding] = []
    /// What it did, in one sentence, and its figures; nil where rules were not applied.
    public var overview: SessionOverview?
    /// What went wrong around it (connection refused, recording cut).
    public var troubles: [Trouble] = []

    /// A session in which nothing was said yet.
    public init(info: SessionInfo) { self.info = info }
}

/// A command with the reply that answers it.
public struct Exchange: Sendable, Equatable {
    /// Nanoseconds from the session's start to the command (the reply, where no command began it).
    public var at: Int64 = 0
    /// The turn in which the command's last octet came, from 1; 0 where none was seen.
    ///
    /// A turn ends when the other side speaks. It tells the order where times are the same or missing.
    public var turn: UInt32 = 0
    /// The command; nil for a greeting or an unsolicited reply.
    public var command: Command?
    /// The reply; nil where none was seen.
    public var reply: Reply?
    /// LMTP: the replies after the first, one for each further recipient (RFC 2033 section 4.2).
    public var furtherReplies: [Reply] = []
    /// Lines of a POP3 multi-line response other than a message, byte-stuffing removed; nil where there is none.
    public var data: [WireText]?
    /// Index into `messages` of the message that this exchange carried, or a chunk of it.
    public var message: Int?
    /// Whether the client's dialogue was under TLS here.
    public var isEncrypted = false
    /// Whether the client said this in clear behind STARTTLS or STLS, in the place of a handshake.
    public var isBehindSTARTTLS = false
    /// What this exchange does, in one plain sentence.
    public var note: String?

    /// An empty exchange.
    public init() {}
}

/// One command line.
public struct Command: Sendable, Equatable {
    /// The keyword in capitals; `*auth` for a SASL response, `*data` for the content after 354.
    public var verb: String
    /// The line as sent, without its line end.
    public var line: WireText
    /// What went on in its place.
    public var forwarded: Forwarded = .same

    /// A command line.
    public init(verb: String, line: WireText) {
        self.verb = verb
        self.line = line
    }
}

/// One reply, of one or more lines.
public struct Reply: Sendable, Equatable {
    /// Reply code or status indicator.
    public var status: ReplyStatus
    /// The set of statuses that a dialogue file expects here; nil where it is this one.
    public var acceptable: ReplyPattern?
    /// Enhanced status code (RFC 3463) such as `2.1.0`, nil where there is none.
    public var enhanced: String?
    /// The texts, without code and separator, one per line.
    public var lines: [WireText]
    /// Nanoseconds from the session's start to the reply's first line.
    public var at: Int64 = 0
    /// Nanoseconds from the command (for `*data` its last octet) to the reply's first line; from the session's start for the greeting.
    public var latency: Int64 = 0
    /// The turn in which the reply's first line came; see `Exchange.turn`.
    public var turn: UInt32 = 0
    /// What went on in its place.
    public var forwarded: Forwarded = .same
    /// Whether MailTap said it, not the server.
    public var isInjected = false
    /// Whether its last line was seen.
    public var isComplete = false

    /// A reply.
    public init(status: ReplyStatus, lines: [WireText] = []) {
        self.status = status
        self.lines = lines
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

/// A message that was transferred.
public struct Message: Sendable, Equatable {
    /// Octets of it, dot-unstuffed.
    public var bytes: UInt64 = 0
    /// SHA-256 of those octets; nil where nobody asked for it.
    public var digest: ContentDigest?
    /// Index of the exchange that carried it: `*data`, the last BDAT, RETR or TOP.
    public var exchange = 0
    /// How it travelled.
    public var kind: ContentKind
    /// The envelope's reverse-path, between the angle brackets; nil for POP3.
    public var from: String?
    /// Accepted recipients.
    public var to: [String] = []
    /// Refused recipients.
    public var rejected: [String] = []
    /// Whether the server took it; nil where no reply was seen, and for POP3.
    public var accepted: Bool?
    /// Whether all of it was seen, to its end.
    public var complete = false
    /// Nanoseconds of the longest wait for more of its octets, while it was under way.
    public var longestPause: Int64 = 0
    /// Nanoseconds from its first octet to its end; 0 where it came at once.
    public var transferTime: Int64 = 0
    /// What its header section and MIME structure say.
    public var content = MessageContent()
    /// Where a dialogue file lets its octets vary: the patterns, in order; they stand in the octets in braces.
    public var patterns: [ReplyPattern] = []

    /// A message of no octets.
    public init(kind: ContentKind) { self.kind = kind }
}

/// What a message's header section and MIME structure say.
public struct MessageContent: Sendable, Equatable {
    /// Subject, decoded (RFC 2047) and unfolded; nil if absent.
    public var subject: String?
    /// Message-ID without its angle brackets; nil if absent.
    public var messageID: String?
    /// Date as written; nil if absent.
    public var date: String?
    /// From as written, decoded; nil if absent.
    public var from: String?
    /// To as written, decoded; nil if absent.
    public var to: String?
    /// Leaves of the MIME tree, in order.
    public var parts: [MessagePart] = []
    /// What else the octets show.
    public var facts = MessageFacts()

    /// Nothing known.
    public init() {}
}

/// A leaf of the MIME tree.
public struct MessagePart: Sendable, Equatable {
    /// Media type in lower case, `text/plain` where none is declared (RFC 2045 section 5.2).
    public var type: String
    /// Declared charset in lower case; nil if none.
    public var charset: String?
    /// File name, decoded (RFC 2231, 2047); nil if none.
    ///
    /// Text from a peer: never used as a path.
    public var filename: String?
    /// Octets after removing the transfer encoding.
    public var bytes: UInt64
    /// SHA-256 of those octets; nil where nobody asked for it.
    public var digest: ContentDigest?

    /// A leaf.
    public init(
        type: String, charset: String? = nil, filename: String? = nil, bytes: UInt64 = 0, digest: ContentDigest? = nil
    ) {
        self.type = type
        self.charset = charset
        self.filename = filename
        self.bytes = bytes
        self.digest = digest
    }
}

extension Message {
    /// The digest in lower-case hexadecimal; empty where there is none.
    public var sha256: String { digest?.text ?? "" }
}

extension MessagePart {
    /// The digest in lower-case hexadecimal; empty where there is none.
    public var sha256: String { digest?.text ?? "" }
}
