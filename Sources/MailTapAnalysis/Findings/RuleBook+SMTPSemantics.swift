import MailTapCore

extension RuleBook {
    /// SMTP: the meaning of what was said.
    static let smtpSemantics: [Rule] = [
        Rule(
            "smtp.cleartext-login", .semantics, .error, .client, "Credentials in clear", "RFC 4954 section 9",
            "The password or token went over a connection without TLS: whoever listens has it.",
            remedy:
                "Use TLS from the start (port 465) or STARTTLS first; let the server refuse such logins. Change the password."
        ),
        Rule(
            "smtp.weak-mechanism", .semantics, .note, .client, "Weak login mechanism", "RFC 6331 section 2",
            "The mechanism rests on outdated digests, or makes the server keep passwords in a form as good as clear text.",
            remedy: "Use SCRAM-SHA-256, or PLAIN under TLS."),
        Rule(
            "smtp.login-before-tls", .semantics, .warning, .server, "Password login offered in clear",
            "RFC 8314 section 3",
            "The server offers a mechanism that reveals the password before TLS has begun; clients will use it.",
            remedy: "Offer AUTH only after STARTTLS."),
        Rule(
            "smtp.extension-not-offered", .semantics, .warning, .client, "Extension used that was not offered",
            "RFC 5321 section 2.2.1",
            "A client uses an extension only if the server's EHLO answer, the last one, offers it.",
            remedy: "Read the EHLO answer again after STARTTLS, and go by it."),
        Rule(
            "smtp.size-exceeds-declaration", .semantics, .warning, .client, "Message bigger than declared",
            "RFC 1870 section 6.3",
            "The content has more octets than SIZE said; the server may refuse it although it took the declaration.",
            remedy: "Count line ends as two octets, dots before stuffing."),
        Rule(
            "smtp.size-over-limit", .semantics, .warning, .client, "Message over the server's limit",
            "RFC 1870 section 6.1",
            "The server's EHLO answer tells a limit, and the declared size is above it.",
            remedy: "Do not send it; tell the author."),
        Rule(
            "smtp.reply-not-allowed", .semantics, .warning, .server, "Reply code that does not belong to the command",
            "RFC 5321 section 4.3.2",
            "Each command has its codes for success. Clients that look for them take another one for a failure.",
            remedy: "Answer with the code that RFC 5321 or the extension gives."),
        Rule(
            "smtp.enhanced-code-mismatch", .semantics, .warning, .server,
            "Enhanced status code contradicts the reply code",
            "RFC 2034 section 4",
            "The first digit of both must be the same: success, passing failure, lasting failure.",
            remedy: "Correct the server's text or code."),
        Rule(
            "smtp.hello-name", .semantics, .note, .client, "Client's name is no full domain name",
            "RFC 5321 section 4.1.1.1",
            "A client greets with its full domain name or, having none, an address literal. Servers use the name to tell robots from mail servers.",
            remedy: "Configure a full host name."),
        Rule(
            "smtp.hello-literal", .semantics, .note, .client, "Address literal is not the client's address",
            "RFC 5321 section 4.1.4",
            "The client greets with an address that is not the one it connects from; behind address translation that is usual.",
            remedy: "Configure a full host name."),
        Rule(
            "smtp.starttls-inside-tls", .semantics, .warning, .server, "STARTTLS offered inside TLS",
            "RFC 3207 section 4.2",
            "Once TLS runs, the server must not offer it again; clients may loop.",
            remedy: "Leave the keyword out of the answer under TLS."),
        Rule(
            "smtp.starttls-refused", .semantics, .warning, .server, "STARTTLS refused", "RFC 3207 section 4",
            "The client asked for TLS and the server said no; if the client goes on, everything is in clear.",
            remedy: "Look at the server's certificate and key configuration."),
        Rule(
            "smtp.starttls-vanished", .semantics, .warning, nil, "STARTTLS overwritten on the way",
            "RFC 3207 section 6",
            "The EHLO answer holds a keyword of X letters in the length of STARTTLS: a device on the way hides the offer so that mail stays in clear.",
            remedy: "Switch off SMTP inspection on the firewall; demand TLS (MTA-STS, DANE)."),
        Rule(
            "smtp.offer-lost-after-tls", .semantics, .note, .server, "Extension offered in clear and gone under TLS",
            "RFC 3207 section 4.2",
            "An extension that the server offered before TLS is missing under TLS. Clients that trusted the first answer will use it.",
            remedy: "Offer the same extensions under TLS."),
        Rule(
            "smtp.report-with-sender", .semantics, .warning, .client, "Delivery report with a sender that can bounce",
            "RFC 5321 section 4.5.5",
            "Reports are sent from the null sender <>, so that a report about a report can't arise; two servers may else send them to and fro for ever.",
            remedy: "Send delivery reports with MAIL FROM:<>."),
        Rule(
            "smtp.null-sender-many-recipients", .semantics, .note, .client, "Null sender with several recipients",
            "RFC 5321 section 4.5.5",
            "Mail from the null sender is a report to one sender; several recipients hint at spam.",
            remedy: "Send each report on its own."),
        Rule(
            "smtp.8bit-not-offered", .semantics, .warning, .client, "Octets above 127 although 8BITMIME is not offered",
            "RFC 6152 section 3",
            "Without 8BITMIME the content is ASCII; servers may clear the eighth bit.",
            remedy: "Encode such parts as quoted-printable or base64."),
        Rule(
            "smtp.8bit-not-declared", .semantics, .note, .client, "Octets above 127 without BODY=8BITMIME",
            "RFC 6152 section 3",
            "The server offers 8BITMIME, and the client sends such content without saying so; a relay can't know that it must convert it.",
            remedy: "Add BODY=8BITMIME to MAIL."),
        Rule(
            "smtp.utf8-header-not-declared", .semantics, .warning, .client, "UTF-8 header fields without SMTPUTF8",
            "RFC 6531 section 3.6",
            "Header fields are ASCII unless the transaction asked for SMTPUTF8.",
            remedy: "Use encoded-words (RFC 2047), or the SMTPUTF8 parameter."),
    ]
}
