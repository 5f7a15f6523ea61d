import MailTapAnalysis
import MailTapCore

/// Command lines for curl: one for each mail that is sent, one for each thing that is asked of a maildrop.
enum CurlCommandLine {
    static func lines(_ facts: SessionFacts) -> [String] {
        switch facts.session.proto {
        case .smtp?: smtp(facts)
        case .pop3?: pop3(facts)
        default: [ShellText.comment("curl speaks SMTP and POP3 of what MailTap knows; try --format openssl")]
        }
    }

    private static func smtp(_ facts: SessionFacts) -> [String] {
        guard facts.greeting?.verb != "LHLO" else {
            return [ShellText.comment("curl speaks no LMTP; try --format swaks")]
        }
        var lines = [facts.fileComment]
        for mail in facts.mails {
            guard let message = mail.message else {
                lines.append(ShellText.comment("a mail without content: curl sends none such; try --format swaks"))
                continue
            }
            var options = common(facts, "smtp", facts.greeting.map { ShellText.percent($0.name) } ?? "")
            // curl adds the angle brackets; an empty value is the null reverse-path.
            options.append("--mail-from \(ShellText.quoted(mail.from))")
            options += mail.recipients.map { "--mail-rcpt \(ShellText.quoted($0))" }
            if mail.hasRefusals { options.append("--mail-rcpt-allowfails") }
            options.append("--upload-file \(facts.file(message))")
            lines.append(CommandLineExport.command("curl", options))
        }
        if facts.mails.isEmpty {
            let asked = facts.session.exchanges.compactMap(\.command).filter {
                ["VRFY", "EXPN", "HELP"].contains($0.verb)
            }
            let requests = asked.isEmpty ? ["NOOP"] : asked.map { $0.line.text().text }
            for request in requests {
                lines.append(
                    CommandLineExport.command(
                        "curl",
                        common(facts, "smtp", facts.greeting.map { ShellText.percent($0.name) } ?? "")
                            + ["--request \(ShellText.quoted(request))"]))
            }
        }
        return lines
    }

    private static func pop3(_ facts: SessionFacts) -> [String] {
        var lines: [String] = []
        for exchange in facts.session.exchanges {
            guard let command = exchange.command else { continue }
            let argument = SessionFacts.argument(command)
            switch command.verb {
            case "RETR":
                lines.append(CommandLineExport.command("curl", common(facts, "pop3", ShellText.percent(argument))))
            case "LIST" where argument.isEmpty:
                lines.append(CommandLineExport.command("curl", common(facts, "pop3", "")))
            case let verb where verb == "TOP" || (verb == "UIDL" && argument.isEmpty):
                lines.append(
                    CommandLineExport.command(
                        "curl", common(facts, "pop3", "") + ["--request \(ShellText.quoted(command.line.text().text))"])
                )
            case "LIST", "UIDL", "STAT", "DELE", "NOOP", "RSET":
                // `--head` says that no lines follow the status.
                lines.append(
                    CommandLineExport.command(
                        "curl",
                        common(facts, "pop3", "") + [
                            "--head", "--request \(ShellText.quoted(command.line.text().text))",
                        ]))
            default: continue
            }
        }
        if lines.isEmpty {
            lines.append(CommandLineExport.command("curl", common(facts, "pop3", "") + ["--head", "--request NOOP"]))
        }
        return lines
    }

    private static func common(_ facts: SessionFacts, _ scheme: String, _ path: String) -> [String] {
        let url = "\(scheme)\(facts.isImplicitTLS ? "s" : "")://\(facts.authority)/\(path)"
        var options = ["--globoff", "--url \(ShellText.quoted(url))"]
        if facts.isStartTLS { options.append("--ssl-reqd") }
        if let mechanism = facts.mechanism {
            switch mechanism {
            case "APOP": options.append("--login-options AUTH=+APOP")
            case "USER": break
            default:
                options.append("--login-options \(ShellText.quoted("AUTH=\(mechanism)"))")
                if facts.hasInitialResponse { options.append("--sasl-ir") }
            }
            options.append("--user \(ShellText.quoted((facts.user ?? "USER") + ":"))\(SessionFacts.password)")
        }
        return options
    }
}
