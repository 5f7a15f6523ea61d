import MailTapAnalysis
import MailTapCore

extension Command {
    /// Whether it greets the server: EHLO, or its older or local form (RFC 5321 section 4.1.1.1, RFC 2033 section 4.1).
    var isHello: Bool { ["EHLO", "HELO", "LHLO"].contains(verb) }
}

/// What a command asks for, however it is written: neither the case of keywords and domains nor spaces or parameters
/// make another one of it.
struct CommandKey: Hashable {
    private let verb: String
    private let arguments: [String]

    init(_ command: Command) {
        verb = command.verb
        switch verb {
        case "MAIL", "RCPT":
            let path = SMTPGrammar.path(in: command.line.octets)?.address ?? command.line.text().text
            arguments = [Self.folding(path)]
        case "AUTH", "*auth", "PASS", "APOP":
            arguments = [command.line.text().text]
        default:
            arguments = command.line.text().text.split(separator: " ").dropFirst().map(String.init)
        }
    }

    /// A mailbox with its domain in lower case; a local part keeps its case (RFC 5321 section 2.4).
    static func folding(_ mailbox: String) -> String {
        let at = mailbox.lastIndex(of: "@") ?? mailbox.endIndex
        return mailbox[..<at] + mailbox[at...].lowercased()
    }
}
