import MailTapAnalysis
import MailTapCore

/// Command lines for swaks, one for each mail.
enum SwaksCommandLine {
    static func lines(_ facts: SessionFacts) -> [String] {
        guard facts.session.proto == .smtp else {
            return [ShellText.comment("swaks speaks SMTP and LMTP; try --format curl or openssl")]
        }
        var lines = [facts.fileComment]
        for mail in facts.mails {
            // swaks would change the content (it fills in %DATE% and the like): it is given as it goes over the wire.
            let pipe = mail.message.map { "{ \(facts.stuffed($0)); printf '.'; } | " } ?? ""
            lines.append(CommandLineExport.command(pipe + "swaks", common(facts) + envelope(mail)))
        }
        if facts.mails.isEmpty {
            let stop = facts.mechanism != nil ? "AUTH" : facts.isStartTLS ? "STARTTLS" : "HELO"
            lines.append(CommandLineExport.command("swaks", common(facts) + ["--quit-after \(stop)"]))
        }
        return lines
    }

    private static func common(_ facts: SessionFacts) -> [String] {
        var options = ["--server \(ShellText.word(facts.host))", "--port \(facts.port)"]
        if let greeting = facts.greeting {
            if greeting.verb == "HELO" { options.append("--protocol SMTP") }
            if greeting.verb == "LHLO" { options.append("--protocol LMTP") }
            if !greeting.name.isEmpty { options.append("--helo \(ShellText.word(greeting.name))") }
        }
        if facts.isImplicitTLS {
            options.append("--tls-on-connect")
        } else if facts.isStartTLS {
            options.append("--tls")
        }
        if let mechanism = facts.mechanism {
            options.append("--auth \(ShellText.word(mechanism))")
            options.append("--auth-user \(ShellText.quoted(facts.user ?? "USER"))")
            options.append("--auth-password \(SessionFacts.password)")
        }
        return options
    }

    private static func envelope(_ mail: SessionFacts.Mail) -> [String] {
        var options = ["--from \(ShellText.quoted(mail.from.isEmpty ? "<>" : mail.from))"]
        if !mail.recipients.isEmpty {
            options.append("--to \(ShellText.quoted(mail.recipients.joined(separator: ",")))")
        }
        if mail.message != nil {
            options.append("--no-data-fixup --data -")
        } else {
            options.append("--quit-after \(mail.recipients.isEmpty ? "MAIL" : "RCPT")")
        }
        return options
    }
}
