import MailTapCore

extension RuleBook {
    /// SMTP: the order and timing of what was said.
    static let smtpSynchronization: [Rule] = [
        Rule(
            "smtp.command-before-greeting", .synchronization, .error, .client, "Client speaks before the greeting",
            "RFC 5321 section 4.3.1",
            "The server speaks first. Spam robots do not wait, so servers refuse those who talk early.",
            remedy: "Wait for the whole greeting."),
        Rule(
            "smtp.pipelining-not-offered", .synchronization, .warning, .client, "Commands sent without waiting",
            "RFC 5321 section 4.3.1",
            "The client sent a command before the reply to the one before it, and the server does not offer PIPELINING.",
            remedy: "Wait for each reply unless PIPELINING is offered."),
        Rule(
            "smtp.pipelining-past-group", .synchronization, .warning, .client,
            "Pipelining past a command that ends a group",
            "RFC 2920 section 3.1",
            "EHLO, DATA, VRFY, EXPN, TURN, QUIT and NOOP may only be the last of a group, and so may STARTTLS (RFC 3207 section 4): what follows depends on their reply.",
            remedy: "Wait for the reply to such a command."),
        Rule(
            "smtp.content-before-go-ahead", .synchronization, .error, .client, "Content sent before 354",
            "RFC 5321 section 4.1.1.4",
            "The client sent content behind DATA without waiting. Had the server refused, it would have run the content as commands.",
            remedy: "Wait for 354."),
        Rule(
            "smtp.content-ended-early", .synchronization, .warning, nil, "Server answered while content seemed open",
            "RFC 5321 section 4.2.5",
            "A reply came before the line that ends the content was seen.",
            remedy: "See whether octets are missing in the capture; else look at how the sender ends its content."),
        Rule(
            "smtp.starttls-injection", .synchronization, .error, .client, "Commands in clear behind STARTTLS",
            "RFC 3207 section 4.2",
            "Octets came behind STARTTLS before TLS began. A server that keeps them runs, inside TLS, what an attacker wrote outside (CVE-2011-0411).",
            remedy: "Clients wait for 220; servers throw away what they have read before the handshake."),
        Rule(
            "smtp.starttls-response-injection", .synchronization, .error, .server,
            "Replies in clear behind the go-ahead for TLS",
            "RFC 3207 section 4.2",
            "Octets came from the server's side behind its 220 and before the handshake. A client that keeps them believes, inside TLS, what an attacker wrote outside.",
            remedy: "Clients throw away what they have read before the handshake."),
        Rule(
            "smtp.clear-text-goes-on", .synchronization, .error, nil, "No TLS behind the go-ahead",
            "RFC 3207 section 4",
            "The server agreed to STARTTLS and both went on in clear.",
            remedy: "Close the connection when the handshake does not come."),
        Rule(
            "smtp.rcpt-before-mail", .synchronization, .error, .client, "RCPT before MAIL", "RFC 5321 section 3.3",
            "A mail transaction begins with MAIL; a recipient before it has no mail to belong to.",
            remedy: "Send MAIL first, again after RSET or EHLO."),
        Rule(
            "smtp.nested-mail", .synchronization, .error, .client, "MAIL inside an open transaction",
            "RFC 5321 section 4.1.4",
            "A second MAIL is not allowed before the first transaction ended by content or RSET.",
            remedy: "Send RSET in between."),
        Rule(
            "smtp.data-without-recipient", .synchronization, .error, .client, "Content without a recipient",
            "RFC 5321 section 3.3",
            "DATA or BDAT came before any RCPT of the transaction.",
            remedy: "Name at least one recipient first."),
        Rule(
            "smtp.mail-before-hello", .synchronization, .warning, .client, "MAIL before EHLO or HELO",
            "RFC 5321 section 4.1.4",
            "A client introduces itself before its first transaction, again after STARTTLS.",
            remedy: "Send EHLO first."),
        Rule(
            "smtp.reply-without-command", .synchronization, .warning, .server, "Reply that no command asked for",
            "RFC 5321 section 4.3.1",
            "Each command gets one reply. One too many shifts all that follow: successes are taken for other commands'.",
            remedy: "Find the command that was answered twice."),
        Rule(
            "smtp.no-reply", .synchronization, .warning, .server, "Command without reply", "RFC 5321 section 4.3.1",
            "The session ended and a command never got its reply.",
            remedy: "See who closed the connection, and why."),
        Rule(
            "smtp.connection-lost", .synchronization, .warning, nil, "Connection lost in mid-transaction",
            "RFC 5321 section 3.8",
            "The connection ended inside a mail transaction. The server forgets what was begun; the client tries again.",
            remedy: "See who closed the connection, and why."),
        Rule(
            "smtp.no-quit", .synchronization, .note, .client, "Session ended without QUIT", "RFC 5321 section 4.1.1.10",
            "A client ends the session by QUIT and waits for the reply.",
            remedy: "Send QUIT before closing."),
        Rule(
            "smtp.slow-reply", .synchronization, .warning, .server, "Reply slower than clients must wait",
            "RFC 5321 section 4.5.3.2",
            "Clients need not wait longer than the RFC's minimum (5 minutes for most commands, 2 for DATA, 10 for the end of content); some give up sooner.",
            remedy: "Move slow checks behind the reply."),
        Rule(
            "smtp.slow-client", .synchronization, .note, .client, "Client slower than servers must wait",
            "RFC 5321 section 4.5.3.2.7",
            "A server waits at least five minutes for the next command and may then end the session.",
            remedy: "End sessions that are not needed; send NOOP where one is."),
        Rule(
            "smtp.slow-content", .synchronization, .warning, .client,
            "Content interrupted for longer than servers must wait",
            "RFC 5321 section 4.5.3.2.5",
            "Between two pieces of content no more than three minutes may pass; the server may then end the session, and the mail has to be sent again.",
            remedy: "Find what holds the sender up: a slow source, a packet size that does not get through."),
        Rule(
            "smtp.server-closing", .synchronization, .note, .server, "Server ends the session unasked",
            "RFC 5321 section 3.8",
            "A server that shuts down says 421, whatever the client is doing; the client tries again later.",
            remedy: "See the reply's text for the reason."),
        Rule(
            "smtp.closed-without-421", .synchronization, .note, .server, "Server closes the connection without a word",
            "RFC 5321 section 3.8",
            "A server that ends a session early says 421 first, and waits five minutes for the next command; the client can't tell a silent end from a broken network.",
            remedy: "Let the server say 421 before it closes."),
        Rule(
            "smtp.cut-line", .synchronization, .warning, nil, "Connection ended inside a line", "RFC 5321 section 3.8",
            "The last line of one side has no line end: the connection was lost in the middle of a command or reply. Its receiver must not act on it.",
            remedy: "See who closed the connection, and why."),
        Rule(
            "smtp.goes-on-after-refusal", .synchronization, .warning, .client, "Commands behind a refusing greeting",
            "RFC 5321 section 3.1",
            "A server that greets with 554 (or closes with 421) serves nobody: only QUIT is left to the client.",
            remedy: "Send QUIT, and try another server or later."),
        Rule(
            "smtp.starttls-twice", .synchronization, .error, .client, "STARTTLS under TLS", "RFC 3207 section 4.2",
            "Once TLS runs, the client must not ask for it again.",
            remedy: "Remember that TLS runs; do not go by what the first EHLO answer offered."),
        Rule(
            "smtp.auth-out-of-order", .synchronization, .warning, .client, "Login at a time when there is none",
            "RFC 4954 section 4",
            "AUTH succeeds once in a session, and is not allowed inside a mail transaction; servers answer 503.",
            remedy: "Log in once, before the first MAIL."),
        Rule(
            "smtp.slow-greeting", .synchronization, .note, .server, "Greeting delayed", "RFC 5321 section 4.5.3.2.1",
            "The server took more than ten seconds to greet: overloaded, waiting for name lookups, or testing whether the client talks early.",
            remedy: "Where it is not meant: look at the server's name resolution."),
        Rule(
            "smtp.idle-timeout", .synchronization, .note, .client, "Session timed out", "RFC 5321 section 4.5.3.2.7",
            "Nothing was said for so long that the session was ended.",
            remedy: "End sessions that are not needed."),
        Rule(
            "smtp.delivery-uncertain", .synchronization, .error, nil, "Delivery uncertain", "RFC 5321 section 4.2.5",
            "The whole message went out and no reply came back. The server may have taken it: the client will send it again, and the recipient may get it twice.",
            remedy: "Servers answer fast and queue first; clients wait ten minutes for this reply."),
        Rule(
            "smtp.probable-duplicate", .synchronization, .warning, .client, "Same message sent again",
            "RFC 5321 section 4.5.3.2.6",
            "A message of the same content, sender and recipients was sent before, in this or another session.",
            remedy: "See what became of the first one's reply."),
        Rule(
            "smtp.unexpected-tls", .synchronization, .warning, nil, "TLS where the dialogue expected something else",
            "RFC 3207 section 4",
            "TLS records came, or the connection closed, at a place where no go-ahead for TLS had been given.",
            remedy: "See whether the port is one for TLS from the first octet."),
    ]
}
