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
            "smtp.sasl-broken", .syntax, .warning, nil, "Message that its SASL mechanism does not allow",
            "RFC 4422 section 3",
            "A challenge or response breaks its mechanism's rules. A nonce that does not go on from the client's is an attack, or replayed; the rest are programs that will meet others which refuse them.",
            remedy: "Break the login off; mend the side that the text names, or use another mechanism."),
        Rule(
            "smtp.weak-mechanism", .semantics, .note, .client, "Weak login mechanism", "RFC 4422 section 6.2",
            "Who listens can try passwords against what was said: the mechanism rests on outdated digests (RFC 6331 says why of DIGEST-MD5), or the server keeps passwords in a form as good as clear text.",
            remedy: "Use SCRAM-SHA-256, or PLAIN under TLS."),
        Rule(
            "smtp.login-before-tls", .semantics, .warning, .server, "Password login offered in clear",
            "RFC 8314 section 3",
            "The server offers a mechanism that reveals the password before TLS has begun; clients will use it.",
            remedy: "Offer AUTH only after STARTTLS."),
        Rule(
            "smtp.enhanced-code-missing", .semantics, .note, .server, "Reply without the enhanced status code promised",
            "RFC 2034 section 4",
            "The server offers ENHANCEDSTATUSCODES, so each 2yz, 4yz and 5yz reply other than to EHLO begins with a code such as 2.1.0. Clients that count on it learn less.",
            remedy: "Add the code to the reply."),
        Rule(
            "smtp.binary-by-data", .semantics, .error, .client, "Binary content sent by DATA", "RFC 3030 section 3",
            "Content announced as BINARYMIME has no lines that DATA could carry: it must be sent by BDAT, and a server must answer DATA with 503.",
            remedy: "Send it by BDAT."),
        Rule(
            "smtp.binary-not-declared", .semantics, .warning, .client,
            "Chunks of binary content without BODY=BINARYMIME",
            "RFC 3030 section 3",
            "BDAT counts octets, but what it carries is still text of lines that end with CRLF, without NUL or bare CR and LF, unless MAIL said BODY=BINARYMIME. The next server on the way sends it by DATA, which cannot carry it.",
            remedy:
                "Say BODY=BINARYMIME where the server offers BINARYMIME; else send lines that end with CRLF, and encode what is binary."
        ),
        Rule(
            "smtp.data-and-bdat", .semantics, .error, .client, "DATA and BDAT in one transaction",
            "RFC 3030 section 2",
            "A mail transaction carries its content by DATA or by BDAT, never by both; servers answer 503.",
            remedy: "Use one of them."),
        Rule(
            "smtp.null-sender-refused", .semantics, .warning, .server, "The null sender refused",
            "RFC 5321 section 6.1",
            "Delivery reports come from MAIL FROM:<>. A server that refuses it (550, 553, 554) hears of no mail that could not be delivered, and its peers can't return what they should. A refusal for what the client is (5.7.1 not authorized, 5.7.25 no name in the DNS) is no breach and is not reported.",
            remedy: "Accept the null sender; judge such mail by its recipient and content."),
        Rule(
            "smtp.postmaster-refused", .semantics, .warning, .server, "The postmaster refused",
            "RFC 5321 section 4.5.1",
            "Every domain that takes mail has a postmaster; who can't reach one can't report trouble.",
            remedy: "Let postmaster lead to a mailbox that somebody reads."),
        Rule(
            "smtp.recipient-limit", .semantics, .note, .server, "Fewer than 100 recipients taken",
            "RFC 5321 section 4.5.3.1.8",
            "A server must take at least 100 recipients in one transaction, or tell its limit (RFC 9422).",
            remedy: "Raise the limit, or offer LIMITS RCPTMAX."),
        Rule(
            "smtp.limit-exceeded", .semantics, .warning, .client, "More than the server's LIMITS allow",
            "RFC 9422 section 4",
            "The server's EHLO answer tells how many mails a session, and how many recipients and recipient domains a mail may have.",
            remedy: "Go by the LIMITS keyword: end the session, or split the recipients."),
        Rule(
            "smtp.extension-not-offered", .semantics, .warning, .client, "Extension used that was not offered",
            "RFC 5321 section 2.2.1",
            "A client uses an extension only if the server's EHLO answer, the last one, offers it.",
            remedy: "Read the EHLO answer again after STARTTLS, and go by it."),
        Rule(
            "smtp.mechanism-not-offered", .semantics, .warning, .client, "Login mechanism that was not offered",
            "RFC 4954 section 3",
            "The AUTH keyword of the server's EHLO answer, the last one, names the mechanisms that there are; this one is not among them. Servers answer 504, and a password may have been sent for nothing.",
            remedy: "Choose one of the mechanisms offered; read the EHLO answer again after STARTTLS."),
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
            "smtp.ehlo-in-lmtp", .semantics, .warning, .client, "EHLO or HELO where LMTP is spoken",
            "RFC 2033 section 4.1",
            "LMTP has LHLO in their place, so that neither side takes the other for one of SMTP: the final dot gets one reply for each recipient in LMTP, and one in all in SMTP. The server must refuse both with 500.",
            remedy: "Greet by LHLO, or set the client up for SMTP and the port for it."),
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
            "smtp.starttls-vanished", .semantics, .warning, nil, "STARTTLS vanished on the way",
            "RFC 3207 section 6",
            "The EHLO answer holds a keyword of X letters in the length of STARTTLS, or the same server offered STARTTLS in another session and does not here: a device on the way may hide the offer so that mail stays in clear.",
            remedy: "Switch off SMTP inspection on the firewall; demand TLS (MTA-STS, DANE)."),
        Rule(
            "smtp.offer-lost-after-tls", .semantics, .note, .server, "Offer of the clear gone or worse under TLS",
            "RFC 3207 section 4.2",
            "An extension or login mechanism that the server offered before TLS is missing under TLS, or its size limit is smaller. Clients that trusted the first answer will use it.",
            remedy: "Offer the same extensions under TLS."),
        Rule(
            "smtp.report-with-sender", .semantics, .warning, .client,
            "Delivery report or receipt with a sender that can bounce",
            "RFC 5321 section 4.5.5",
            "Reports are sent from the null sender <>, so that a report about a report can't arise; two servers may else send them to and fro for ever.",
            remedy: "Send delivery reports and receipts with MAIL FROM:<>."),
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
