import MailTapCore

extension SMTPPath {
    /// The argument of a command that names a sender or recipient; nil for others, and where none can be read.
    init?(of command: Command) {
        switch command.verb {
        case "MAIL", "RCPT", "SEND", "SOML", "SAML":
            guard let path = SMTPGrammar.pathArgument(in: command.line.octets) else { return nil }
            self = path
        default: return nil
        }
    }
}
