import MailTapAnalysis
import MailTapCore

/// What a session says about how to do the same again.
struct SessionFacts {
    /// The environment's variable that command lines take a password from.
    static let password = "\"$MAILTAP_PASSWORD\""

    /// One mail transaction that got as far as MAIL.
    struct Mail {
        var from: String
        var recipients: [String]
        /// Number of the message, from 1; nil where no content was sent.
        var message: Int?
        var hasRefusals: Bool
    }

    let session: Session
    let host: String
    let port: UInt16
    let isImplicitTLS: Bool
    let isStartTLS: Bool
    /// SASL mechanism in capitals, `USER` or `APOP`; nil for no login.
    let mechanism: String?
    let user: String?
    /// The verb and name of the client's greeting.
    let greeting: (verb: String, name: String)?
    let mails: [Mail]
    /// Whether a login came with its first response (RFC 4954 section 4).
    let hasInitialResponse: Bool
    /// Numbers of the messages whose last line has no line end, which DATA can't carry.
    private let unended: Set<Int>

    init(_ item: ExportItem) {
        let session = item.session
        self.session = session
        unended = Set(
            session.messages.indices.filter { index in
                item.content(index).map { !$0.isEmpty && !$0.suffix(2).elementsEqual([13, 10]) } ?? false
            }.map { $0 + 1 })
        host = session.info.server.name ?? session.info.server.address?.description ?? "localhost"
        isImplicitTLS = session.tls?.start == .implicit
        // A hand-written dialogue names no port: the usual one stands in.
        let usual: UInt16 =
            switch session.proto {
            case .pop3: isImplicitTLS ? 995 : 110
            case .imap: isImplicitTLS ? 993 : 143
            case .smtp, nil: isImplicitTLS ? 465 : 25
            }
        port = session.info.server.port == 0 ? usual : session.info.server.port
        isStartTLS =
            !isImplicitTLS
            && (session.tls != nil
                || session.exchanges.contains {
                    ["STARTTLS", "STLS"].contains($0.command?.verb) && $0.reply?.status.isPositive == true
                })
        var mechanism: String?
        var greeting: (verb: String, name: String)?
        for command in session.exchanges.compactMap(\.command) {
            switch command.verb {
            case "EHLO", "HELO", "LHLO": greeting = (command.verb, Self.argument(command))
            case "AUTH":
                let name = Self.argument(command).prefix { $0 != " " }.uppercased()
                // No name of a mechanism has a bracket; a mask in its place has.
                if !name.isEmpty, !name.contains("[") { mechanism = name }
            case "USER", "APOP": mechanism = command.verb
            default: continue
            }
        }
        self.mechanism = mechanism
        hasInitialResponse = session.exchanges.contains {
            $0.command?.verb == "AUTH" && $0.command.map { Self.argument($0).contains(" ") } == true
        }
        self.greeting = greeting
        user = LoginName.of(session)
        mails = Self.mails(session)
    }

    /// What stands behind the verb.
    static func argument(_ command: Command) -> String {
        let text = command.line.text().text
        guard let space = text.firstIndex(of: " ") else { return "" }
        return String(text[text.index(after: space)...])
    }

    /// The path of a MAIL or RCPT argument, between its angle brackets.
    private static func path(_ command: Command) -> String {
        let text = argument(command)
        guard let open = text.firstIndex(of: "<") else {
            return String(text.drop { $0 != ":" }.dropFirst().drop { $0 == " " }.prefix { $0 != " " })
        }
        let rest = text[text.index(after: open)...]
        return String(rest.prefix { $0 != ">" })
    }

    private static func mails(_ session: Session) -> [Mail] {
        var mails: [Mail] = []
        var current: Mail?
        for exchange in session.exchanges {
            guard let command = exchange.command else { continue }
            switch command.verb {
            case "MAIL":
                if let current { mails.append(current) }
                current = Mail(from: path(command), recipients: [], message: nil, hasRefusals: false)
            case "RCPT":
                current?.recipients.append(path(command))
                if exchange.reply?.status.isNegative == true { current?.hasRefusals = true }
            case "RSET":
                if let current { mails.append(current) }
                current = nil
            default:
                guard let message = exchange.message, session.messages.indices.contains(message),
                    session.messages[message].exchange < session.exchanges.count
                else { continue }
                current?.message = message + 1
                // A chunk that is not the last leaves the transaction open.
                if session.exchanges.lastIndex(where: { $0.message == message }).map({ session.exchanges[$0] })
                    == exchange
                {
                    if let current { mails.append(current) }
                    current = nil
                }
            }
        }
        if let current { mails.append(current) }
        return mails
    }

    /// Host and port as a URL or `-connect` writes them.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    /// Name of the file that holds a message.
    func file(_ message: Int) -> String { MessageFiles.name(session: session.number, message: message) }

    /// A pipe's beginning that gives a message as DATA wants it: dots doubled, line ends as they were, all of it ended.
    func stuffed(_ message: Int) -> String {
        "sed 's/^\\./../' \(file(message))\(unended.contains(message) ? "; printf '\\r\\n'" : "")"
    }

    /// The comment that says how to make the files of messages, or nothing where there is none.
    var fileComment: String {
        guard mails.contains(where: { $0.message != nil }) else { return "" }
        return ShellText.comment(
            "the content: mailtap export \(ShellText.word(session.info.source)) --format eml --session \(session.number) -o ."
        )
    }

    /// The comment that names the session.
    var title: String {
        ShellText.comment(
            "session \(session.number): \(session.proto?.name ?? "unknown"), \(TranscriptWords.endpoints(session.info))"
        )
    }
}
