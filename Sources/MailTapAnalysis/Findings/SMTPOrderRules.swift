import MailTapCore

/// The order of SMTP commands (RFC 5321 sections 3.3 and 4.1.4).
///
/// Goes by what the client had sent, not by what was accepted: a client that pipelines can't know of a refusal.
struct SMTPOrderRules {
    private var saidHello = false
    private var sentMail = false
    private var sentRecipient = false
    private var mailAccepted = false

    mutating func apply(_ place: SessionRules.Place, _ found: inout FindingList) {
        guard let command = place.exchange.command else { return }
        let status = place.exchange.reply?.status ?? .none
        // Where the server refused, the breach did no harm.
        let severity: Severity? = status.isNegative ? .warning : nil
        behindRefusedGreeting(command, place, &found)
        switch command.verb {
        case "EHLO", "HELO", "LHLO":
            saidHello = true
            forget()
        case "MAIL", "SEND", "SOML", "SAML":
            if !place.isPatchy {
                if mailAccepted {
                    found.add(
                        "smtp.nested-mail", exchange: place.index, "MAIL came inside an open transaction",
                        severity: severity)
                } else if !saidHello {
                    found.add("smtp.mail-before-hello", exchange: place.index, "MAIL came before EHLO or HELO")
                }
            }
            sentMail = true
            sentRecipient = false
            mailAccepted = status.isPositive
        case "RCPT":
            if !sentMail, !place.isPatchy {
                found.add(
                    "smtp.rcpt-before-mail", exchange: place.index, "RCPT came before any MAIL", severity: severity)
            }
            sentRecipient = true
        case "DATA", "BDAT", "BURL":
            if !sentRecipient, !place.isPatchy {
                found.add(
                    "smtp.data-without-recipient", exchange: place.index,
                    "\(ShownText.of(command.verb)) came before any RCPT", severity: severity)
                // One such command is told once, not with each chunk that follows.
                sentRecipient = command.verb != "DATA"
            }
            let words = SMTPGrammar.text(SMTPGrammar.argument(of: command.line.octets)).words
            let isLast = command.verb != "DATA" && words.last?.uppercased() == "LAST"
            if isLast || status.isNegative { mailAccepted = false }
            if isLast { forget() }
        case "STARTTLS":
            if place.exchange.isEncrypted {
                found.add(
                    "smtp.starttls-twice", exchange: place.index, "STARTTLS came under TLS", severity: severity)
            }
            if status.isPositive {
                saidHello = false
                forget()
            }
        case "XCLIENT":
            if status.isPositive {
                saidHello = false
                forget()
            }
        case "RSET", "*data": forget()
        default: break
        }
    }

    /// RFC 5321 section 3.1: behind a greeting of 554 only QUIT is left.
    private func behindRefusedGreeting(
        _ command: Command, _ place: SessionRules.Place, _ found: inout FindingList
    ) {
        guard place.index == 1, command.verb != "QUIT", let greeting = place.session.exchanges.first,
            greeting.command == nil, let reply = greeting.reply, reply.status.isNegative,
            !place.exchange.isSent(before: reply)
        else { return }
        found.add(
            "smtp.goes-on-after-refusal", exchange: place.index,
            "\(ShownText.of(command.verb)) came behind a greeting of \(reply.status.text)")
    }

    private mutating func forget() {
        sentMail = false
        sentRecipient = false
        mailAccepted = false
    }
}
