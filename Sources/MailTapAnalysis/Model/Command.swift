import MailTapCore

/// One command line.
public struct Command: Sendable, Equatable {
    /// The keyword as one integer; the cheap way to know it.
    public private(set) var keyword: Verb
    /// The line as sent, without its line end.
    public var line: WireText
    @usableFromInline var rare = Rare<Parts>()

    /// What few commands have.
    @usableFromInline struct Parts: Sendable, Equatable {
        /// A keyword that `Verb` can't hold.
        var verb: String?
        var forwarded = Forwarded.same
    }

    /// A command line whose keyword fits into a `Verb`.
    init(_ keyword: Verb, line: consuming WireText) {
        self.keyword = keyword
        self.line = line
    }

    /// Takes the keyword of a line that the decoder knows by the number `code`; `shown` is what of it is no credential.
    mutating func identify(_ code: UInt8, _ proto: MailProtocol?, _ shown: RawSpan) {
        keyword = proto == .pop3 ? Verb(POP3Verb(rawValue: code)) : Verb(SMTPVerb(rawValue: code))
        if keyword == .none { verb = CommandWord.of(shown) }
    }

    /// A command line.
    public init(verb: String, line: WireText) {
        keyword = .none
        self.line = line
        self.verb = verb
    }

    /// The keyword in capitals; `*auth` for a SASL response, `*data` for the content after 354.
    public var verb: String {
        get { keyword == .long ? rare.parts?.verb ?? "" : keyword.description }
        set {
            keyword = Verb(newValue)
            let long = keyword == .long ? newValue : nil
            if !rare.isEmpty || long != nil { rare.change(none: Parts()) { $0.verb = long } }
        }
    }

    /// Whether the keyword begins with `*`, as those of a SASL response and of content do.
    public var isStarred: Bool { keyword.first == UInt8(ascii: "*") || keyword == .long && verb.hasPrefix("*") }

    /// Whether it is one that MailTap knows, of either protocol; the keyword of any other line may be anything, even a
    /// password that was sent in the wrong place.
    public var isKnown: Bool { DialogueVerb(keyword) != .other }

    /// What went on in its place.
    public var forwarded: Forwarded {
        get { rare.parts?.forwarded ?? .same }
        set {
            if rare.isEmpty, newValue == .same { return }
            rare.change(none: Parts()) { $0.forwarded = newValue }
        }
    }

    /// Whether what went on is what was received; the cheap way to ask.
    @inlinable public var isForwardedAsItCame: Bool { rare.isEmpty || forwarded == .same }
}
