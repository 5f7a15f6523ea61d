import MailTapCore

/// What a reply answers, as a label: one of a bounded set, whatever a client says.
enum ReplyVerb: Hashable, Sendable {
    /// Nothing: the server's greeting.
    case greeting
    /// A command, by the protocol's own code (`SMTPVerb`, `POP3Verb`); 0 is any unknown one.
    case command(UInt8)
    /// A client's answer to a SASL challenge.
    case continuation
    /// The content behind DATA.
    case data

    /// The label's text, as `verb` in JSON; `greeting` for the greeting and `other` for unknown commands.
    func label(in proto: MailProtocol?) -> String {
        switch self {
        case .greeting: "greeting"
        case .continuation: "*auth"
        case .data: "*data"
        case .command(let code):
            switch proto {
            case .smtp: Self.known(SMTPVerb(rawValue: code)?.keyword)
            case .pop3: Self.known(POP3Verb(rawValue: code)?.keyword)
            case .imap, nil: "other"
            }
        }
    }

    private static func known(_ keyword: String?) -> String {
        guard let keyword, !keyword.isEmpty else { return "other" }
        return keyword
    }
}
