/// One decoded fact of a dialogue: what kind, which octets of which side, when, and which exchange it belongs to.
///
/// Events are trivial values and do not depend on chunking. Those whose `kind.coversOctets` is true tile each side's
/// stream: every octet lies in exactly one of them.
public struct Event: Sendable, Hashable {
    /// When the last octet of `range` came.
    public var time: Timestamp
    /// The octets it speaks of.
    public var range: StreamRange
    /// Number of the exchange in this session, from 0; the greeting is one.
    public var exchange: UInt32
    /// What it says.
    public var kind: Kind

    /// A decoded fact.
    public init(time: Timestamp, range: StreamRange, exchange: UInt32, kind: Kind) {
        self.time = time
        self.range = range
        self.exchange = exchange
        self.kind = kind
    }

    /// What an event says.
    public enum Kind: Sendable, Hashable {
        /// The protocol is known from here on.
        case detected(MailProtocol)
        /// A command line; begins its exchange. The code is the protocol's own (`SMTPVerb`, `POP3Verb`), 0 unknown.
        case command(verb: UInt8)
        /// A client's answer to a SASL challenge; begins an exchange whose verb is `*auth`.
        case continuation
        /// One line of a reply to this exchange; `isLast` ends the reply. The first reply line of an exchange that no
        /// command began (the greeting, an unsolicited reply) begins it.
        case reply(ReplyStatus, isLast: Bool)
        /// One line of a POP3 multi-line body other than a message, without its byte-stuffing removed.
        case listing
        /// The line with the dot that ends a POP3 listing.
        case listingEnd
        /// A message's octets begin here; `.data` begins an exchange whose verb is `*data`. Covers no octet.
        case contentBegin(ContentKind)
        /// A stretch of message content as on the wire, dots and all: everything since `contentBegin` that is intact.
        case content
        /// The content's end mark: the dot line, or nothing for BDAT. `isComplete` is false when it never came.
        case contentEnd(isComplete: Bool)
        /// The side's octets are TLS from here (once for each session start of TLS). Covers no octet.
        case tls(TLSMark.Start)
        /// Octets that are not decoded: ciphertext, or what is not mail. Reported as one stretch when it ends.
        case opaque
        /// A message of what opens a tunnel before the mail, or a PROXY protocol header.
        case preamble
        /// A tunnel stands (after the `preamble` events of its opening): the range is its request or header, whose
        /// octets come with the event; `Tunnel` reads them. Covers no octet.
        case tunnel(Tunnel.Kind)
        /// Octets that are known to be lost.
        case gap
        /// Octets of a line that was broken by a gap, or the skipped rest of a line over `Limits.lineLength`.
        case fragment
        /// A credential stands in this range (of a command or continuation that follows). Covers no octet itself.
        case secret(SecretKind)
        /// An irregularity. Covers no octet itself.
        case anomaly(Anomaly)
        /// The side will send no more.
        case close

        /// Whether the event's range is its own in the tiling of the stream.
        public var coversOctets: Bool {
            switch self {
            case .command, .continuation, .reply, .listing, .listingEnd, .content, .contentEnd, .opaque, .preamble,
                .gap, .fragment:
                true
            case .detected, .contentBegin, .tls, .secret, .anomaly, .tunnel, .close: false
            }
        }
    }
}

/// How a message travels.
public enum ContentKind: UInt8, Sendable, Hashable {
    /// After DATA and 354 (RFC 5321 section 4.1.1.4).
    case data
    /// A chunk of BDAT that is not the last (RFC 3030).
    case bdat
    /// The last chunk of BDAT.
    case bdatLast
    /// A POP3 RETR response (RFC 1939 section 5).
    case retr
    /// A POP3 TOP response (RFC 1939 section 7).
    case top

    /// The side that sends it.
    public var sender: Side { self == .retr || self == .top ? .server : .client }
}

/// A named irregularity of a dialogue; the catalogue of rules gives each its words.
public enum Anomaly: Sendable, Hashable {
    /// A line ended with LF alone (RFC 5321 section 2.3.8).
    case bareLF
    /// A line longer than `Limits.lineLength`; the rest was skipped.
    case lineTooLong
    /// An empty line where a command belongs.
    case emptyCommand
    /// A reply that no command asked for.
    case replyWithoutCommand
    /// A reply line that begins without three digits or a status indicator.
    case replyWithoutStatus
    /// Lines of one reply carry different codes (RFC 5321 section 4.2.1).
    case replyCodesDiffer
    /// The newest line of a reply said that more follow, and none did (RFC 5321 section 4.2.1).
    case replyNotEnded
    /// The separator behind the reply code is missing (RFC 5321 section 4.2).
    case replySeparatorMissing
    /// A command came before the greeting was complete.
    case commandBeforeGreeting
    /// Octets came in clear behind STARTTLS or STLS before the server's go-ahead (RFC 3207 section 4, CVE-2011-0411).
    case plaintextAfterSTARTTLS
    /// The server went on in clear behind its go-ahead for TLS.
    case plaintextBehindGoAhead
    /// After a go-ahead for TLS both sides went on in clear.
    case clearTextGoesOn
    /// Content ended at a line end that is not CRLF.CRLF, and the server took it (RFC 5321 section 4.1.1.4).
    case oddEndOfData(DotLine)
    /// A dot line with odd line ends stands inside content: other servers may end the message there.
    case dotLineWithOddEnds(DotLine)
    /// The server answered while content seemed open.
    case contentEndedEarly
    /// Octets came behind DATA before 354 was said, and 354 came.
    case contentBeforeGoAhead
    /// A BDAT size that is no number of octets (RFC 3030 section 2).
    case badChunkSize
    /// Octets behind a gap whose meaning is not known.
    case afterGap
    /// More octets waited for a decision than `Limits.undecided`; decided without the other side.
    case undecidedTooLong
    /// A line of content that begins with a dot that was not stuffed (RFC 5321 section 4.5.2).
    case unstuffedDot
    /// The server began TLS records or closed where the dialogue expected something else.
    case unexpectedTLS
    /// A POP3 status indicator in small letters (RFC 1939 section 3).
    case statusInSmallLetters
    /// Client and server exchanged their roles (ATRN, TURN); what follows is not decoded.
    case rolesTurned
}

extension Anomaly: CaseIterable {
    /// Each irregularity once; those of a dot line with one of its forms.
    public static let allCases: [Anomaly] = [
        .bareLF, .lineTooLong, .emptyCommand, .replyWithoutCommand, .replyWithoutStatus, .replyCodesDiffer,
        .replyNotEnded, .replySeparatorMissing, .commandBeforeGreeting, .plaintextAfterSTARTTLS,
        .plaintextBehindGoAhead,
        .clearTextGoesOn, .oddEndOfData(DotLine(before: .lf, after: .lf)),
        .dotLineWithOddEnds(DotLine(before: .lf, after: .crlf)), .contentEndedEarly, .contentBeforeGoAhead,
        .badChunkSize, .afterGap, .undecidedTooLong, .unstuffedDot, .unexpectedTLS,
        .statusInSmallLetters, .rolesTurned,
    ]
}
