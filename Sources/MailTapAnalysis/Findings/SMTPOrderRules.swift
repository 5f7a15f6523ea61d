import MailTapCore

/// The order of SMTP commands (RFC 5321 sections 3.3 and 4.1.4).
///
/// Goes by what the client had sent, not by what was accepted: a client that pipelines can't know of a refusal.
struct SMTPOrderRules {
    private var saidHello = false
    /// Whether it was said in clear before the go-ahead for TLS, which makes it void.
    private var saidHelloInClear = false
    private var sentMail = false
    private var sentRecipient = false
    private var mailAccepted = false

    mutating func apply(_ place: DialoguePlace, _ found: inout FindingList) {
        let status = place.facts.status
        // Where the server refused, the breach did no harm.
        let severity: Severity? = status.isNegative ? .warning : nil
        if place.index == 1, place.before.status.isNegative { behindRefusedGreeting(place, &found) }
        switch place.facts.verb {
        case .ehlo, .helo, .lhlo:
            saidHello = true
            forget()
        case .mail, .send, .soml, .saml:
            let isGreeted = saidHello || saidHelloInClear && !place.facts.isEncrypted
            if mailAccepted || !isGreeted, !place.isPatchy {
                if mailAccepted {
                    found.add(
                        "smtp.nested-mail", exchange: place.index, "MAIL came inside an open transaction",
                        severity: severity)
                } else {
                    found.add("smtp.mail-before-hello", exchange: place.index, "MAIL came before EHLO or HELO")
                }
            }
            sentMail = true
            sentRecipient = false
            mailAccepted = status.isPositive
        case .rcpt:
            if !sentMail, !place.isPatchy {
                found.add(
                    "smtp.rcpt-before-mail", exchange: place.index, "RCPT came before any MAIL", severity: severity)
            }
            sentRecipient = true
        case .data, .bdat, .burl:
            if !sentRecipient, !place.isPatchy {
                found.add(
                    "smtp.data-without-recipient", exchange: place.index,
                    "\(place.exchange.command?.verb ?? "") came before any RCPT", severity: severity)
                // One such command is told once, not with each chunk that follows.
                sentRecipient = place.facts.verb != .data
            }
            let isLast = place.facts.verb != .data && isLastChunk(place.exchange.commandOctets)
            if isLast || status.isNegative { mailAccepted = false }
            if isLast { forget() }
        case .starttls:
            if place.facts.isEncrypted {
                found.add(
                    "smtp.starttls-twice", exchange: place.index, "STARTTLS came under TLS", severity: severity)
            }
            if status.isPositive {
                saidHelloInClear = saidHelloInClear || saidHello
                saidHello = false
                forget()
            }
        case .xclient:
            if status.isPositive {
                saidHello = false
                forget()
            }
        case .rset, .content: forget()
        default: break
        }
    }

    /// RFC 5321 section 3.1: behind a greeting of 554 only QUIT is left.
    private func behindRefusedGreeting(_ place: DialoguePlace, _ found: inout FindingList) {
        guard let command = place.exchange.command, command.verb != "QUIT",
            let greeting = place.session.exchanges.first,
            greeting.command == nil, let reply = greeting.reply, reply.status.isNegative,
            !place.exchange.isSent(before: reply)
        else { return }
        found.add(
            "smtp.goes-on-after-refusal", exchange: place.index,
            "\(ShownText.subject(of: command)) came behind a greeting of \(reply.status.text)")
    }

    private func isLastChunk(_ line: [UInt8]) -> Bool {
        SMTPGrammar.text(SMTPGrammar.argument(of: line)).words.last?.uppercased() == "LAST"
    }

    private mutating func forget() {
        sentMail = false
        sentRecipient = false
        mailAccepted = false
    }
}
