import MailTapCore

extension RuleBook {
    /// POP3, all three aspects.
    static let pop3: [Rule] = [
        Rule(
            "pop3.bare-lf", .syntax, .warning, nil, "Line ended with LF alone", "RFC 1939 section 3",
            "Commands and responses end with CRLF. Readers that look for it wait for ever, or count sizes wrong.",
            remedy: "Send CRLF; convert line ends of stored messages."),
        Rule(
            "pop3.bare-cr", .syntax, .note, nil, "CR without LF behind it", "RFC 1939 section 3",
            "A CR belongs in front of LF; some readers take it for a line end of its own.",
            remedy: "Encode content that holds CRs."),
        Rule(
            "pop3.nul", .syntax, .note, nil, "NUL octet", "RFC 1939 section 3",
            "NUL is no character of text; programs written in C may cut the line there.",
            remedy: "Encode binary content."),
        Rule(
            "pop3.control-octets", .syntax, .warning, nil, "Control octets in a line", "RFC 1939 section 3",
            "Commands and arguments are printable ASCII.", remedy: "Leave them out."),
        Rule(
            "pop3.8bit-command", .syntax, .warning, .client, "Octets above 127 in a command", "RFC 1939 section 3",
            "Commands are printable ASCII. UTF-8 may stand in USER and APOP where the server's UTF8 tag has the argument USER, and in all commands once UTF8 was answered by +OK (RFC 6856).",
            remedy: "Ask for the server's tags, and encode names in UTF-8."),
        Rule(
            "pop3.line-too-long", .syntax, .error, nil, "Line longer than anything allows", "RFC 2449 section 4",
            "The line is longer than MailTap keeps (64 KiB); its rest was skipped.",
            remedy: "Find what keeps the sender from ending its lines."),
        Rule(
            "pop3.command-too-long", .syntax, .warning, .client, "Command line over 255 octets", "RFC 2449 section 4",
            "A command line has at most 255 octets with its CRLF.", remedy: "Shorten the line."),
        Rule(
            "pop3.response-too-long", .syntax, .warning, .server, "Response line over 512 octets", "RFC 1939 section 3",
            "The first line of a response has at most 512 octets with its CRLF.", remedy: "Shorten the text."),
        Rule(
            "pop3.empty-command", .syntax, .note, .client, "Empty line where a command belongs", "RFC 1939 section 3",
            "An empty line is no command; it often comes from a line end too many.",
            remedy: "Send each command with exactly one CRLF."),
        Rule(
            "pop3.unknown-command", .syntax, .warning, .client, "Command that no RFC knows", "RFC 1939 section 3",
            "The first word of the line is no command known here.", remedy: "Look at what came before."),
        Rule(
            "pop3.response-without-status", .syntax, .error, .server, "Response that is neither +OK nor -ERR",
            "RFC 1939 section 3",
            "A response begins with a status indicator in capitals; clients go by it alone.",
            remedy: "Begin each response with +OK or -ERR."),
        Rule(
            "pop3.status-case", .syntax, .warning, .server, "Status indicator in small letters", "RFC 1939 section 3",
            "Servers must write +OK and -ERR in capitals; clients that compare octets do not know the answer.",
            remedy: "Write +OK and -ERR."),
        Rule(
            "pop3.separator-missing", .syntax, .warning, .server, "No space behind the status indicator",
            "RFC 1939 section 3", "A space parts the status indicator from what follows it; clients may look for it.",
            remedy: "Send a space, or nothing, behind +OK and -ERR."),
        Rule(
            "pop3.indicator-not-allowed", .semantics, .warning, .server,
            "Status indicator that does not belong to the command", "RFC 5034 section 4",
            "A + asks for the next response of a login that AUTH began. Every other command is answered by +OK or -ERR; a client that sees a + may wait for ever.",
            remedy: "Answer with +OK or -ERR."),
        Rule(
            "pop3.bad-base64", .syntax, .error, nil, "Login token that is no base64", "RFC 5034 section 4",
            "Challenges and responses are base64, without blanks or line ends inside.", remedy: "Encode the token."),
        Rule(
            "pop3.bad-listing", .syntax, .error, .server, "Listing line that can't be read", "RFC 1939 section 5",
            "A scan listing is a message number, a space and a size; a unique-id listing a number, a space and 1 to 70 printable characters.",
            remedy: "Correct the server's listing."),
        Rule(
            "pop3.bad-capability", .syntax, .warning, .server, "Line of the CAPA answer that is malformed",
            "RFC 2449 section 5",
            "A line is a tag of printable characters without dots, and its arguments behind one space each; EXPIRE and LOGIN-DELAY have a number. Clients overlook what they can't read.",
            remedy: "Offer each capability once, in the form that its document gives."),
        Rule(
            "pop3.initial-response", .syntax, .warning, .client,
            "Response sent with AUTH where the server speaks first", "RFC 5034 section 4",
            "In CRAM-MD5 and its like the client answers a challenge, so there is nothing to say before it came. Servers answer -ERR.",
            remedy: "Send AUTH with the mechanism alone, and wait for the challenge."),
        Rule(
            "pop3.odd-end-of-data", .syntax, .warning, .server,
            "Multi-line response ended by a dot line with odd line ends",
            "RFC 1939 section 3",
            "Only CRLF . CRLF ends a multi-line response; a client may wait for ever, or go on in the middle of a message.",
            remedy: "Convert line ends before sending."),
        Rule(
            "pop3.odd-dot-line", .syntax, .note, .server, "Dot line with odd line ends inside a message",
            "RFC 1939 section 3",
            "A line that some clients would take for the end of the message stands inside it.",
            remedy: "Convert line ends before sending."),
        Rule(
            "pop3.unstuffed-dot", .syntax, .error, .server, "Line that begins with a dot which was not doubled",
            "RFC 1939 section 3",
            "A line of a multi-line response that begins with a dot gets a second one.",
            remedy: "Double the first dot of such lines."),
        Rule(
            "pop3.cleartext-login", .semantics, .error, .client, "Credentials in clear", "RFC 8314 section 3",
            "The password or token went over a connection without TLS: whoever listens has it.",
            remedy: "Use TLS from the start (port 995) or STLS first. Change the password."),
        Rule(
            "pop3.sasl-broken", .syntax, .warning, nil, "Message that its SASL mechanism does not allow",
            "RFC 4422 section 3",
            "A challenge or response breaks its mechanism's rules. A nonce that does not go on from the client's is an attack, or replayed; the rest are programs that will meet others which refuse them.",
            remedy: "Break the login off; mend the side that the text names, or use another mechanism."),
        Rule(
            "pop3.weak-mechanism", .semantics, .note, .client, "Weak login mechanism", "RFC 4422 section 6.2",
            "APOP and the old digests rest on MD5, and the server must keep passwords in clear.",
            remedy: "Use SCRAM-SHA-256, or PLAIN under TLS."),
        Rule(
            "pop3.login-before-tls", .semantics, .warning, .server, "Password login offered in clear",
            "RFC 8314 section 3",
            "The server offers logins that reveal the password before TLS has begun; clients will use them.",
            remedy: "Offer USER and such mechanisms only under TLS."),
        Rule(
            "pop3.offer-lost-after-tls", .semantics, .note, .server, "Offer of the clear gone under TLS",
            "RFC 2595 section 4",
            "A tag or login mechanism that the server offered before TLS is missing under TLS.",
            remedy: "Offer the same under TLS."),
        Rule(
            "pop3.uidl-changed", .semantics, .error, .server, "Unique id of a message changed", "RFC 1939 section 7",
            "A message keeps its unique id for good. Clients that see another one fetch the message again.",
            remedy: "Store the ids, or derive them from what does not change."),
        Rule(
            "pop3.deleted-message", .semantics, .warning, .client, "Message used that is marked as deleted",
            "RFC 1939 section 5",
            "After DELE a message's number is an error for every command until RSET.",
            remedy: "Fetch before deleting; a server answers such commands with -ERR."),
        Rule(
            "pop3.no-such-message", .semantics, .note, .client, "Message number that there is not",
            "RFC 1939 section 5",
            "Message numbers go from 1 to the number that STAT tells, in each session anew.",
            remedy: "Ask STAT or LIST for the numbers of this session."),
        Rule(
            "pop3.accepted-before-login", .semantics, .warning, .server, "Maildrop shown before the login",
            "RFC 1939 section 3",
            "The server answered a command of the TRANSACTION state although nobody had logged in: whoever connects reads the mail.",
            remedy: "Refuse such commands with -ERR before the login."),
        Rule(
            "pop3.pass-without-user", .synchronization, .warning, .client, "PASS without USER", "RFC 1939 section 7",
            "PASS stands behind a USER that the server accepted; when it is refused, both have to come again. Many servers refuse it otherwise.",
            remedy: "Send USER, wait for +OK, send PASS; begin with USER again after a refusal."),
        Rule(
            "pop3.stls-after-utf8", .synchronization, .warning, .client, "STLS after UTF8", "RFC 6856 section 2.1",
            "A client must not begin TLS once it has asked for UTF-8 mode: the server may refuse, and what the mode is under TLS is not said.",
            remedy: "Send STLS first, then UTF8."),
        Rule(
            "pop3.bad-argument", .syntax, .warning, .client, "Command with arguments of a wrong number or form",
            "RFC 1939 section 3",
            "RETR and DELE take a message number, TOP a number and a count of lines, AUTH a mechanism and one response, STAT and QUIT nothing.",
            remedy: "Correct the command line."),
        Rule(
            "pop3.stls-refused", .semantics, .warning, .server, "STLS refused", "RFC 2595 section 4",
            "The client asked for TLS and the server said no.", remedy: "Look at the server's certificate and key."),
        Rule(
            "pop3.stls-inside-tls", .semantics, .warning, .server, "STLS offered inside TLS", "RFC 2595 section 4",
            "Once TLS runs, the server must not offer it again.", remedy: "Leave the tag out of the answer under TLS."),
        Rule(
            "pop3.extension-not-offered", .semantics, .warning, .client, "Extension used that was not offered",
            "RFC 2449 section 5",
            "The client uses a command whose tag the server's CAPA response, the last one, does not hold.",
            remedy: "Go by the CAPA response; ask again after STLS and login."),
        Rule(
            "pop3.mechanism-not-offered", .semantics, .warning, .client, "Login mechanism that was not offered",
            "RFC 5034 section 3",
            "The SASL tag of the server's CAPA response, the last one, names the mechanisms that there are; this one is not among them.",
            remedy: "Choose one of the mechanisms offered; ask again after STLS."),
        Rule(
            "pop3.size-mismatch", .semantics, .warning, .server, "Sizes that contradict each other",
            "RFC 1939 section 11",
            "STAT, LIST and RETR must agree on the octets of a message, each line end counted as two. Clients that trust the size cut or wait.",
            remedy: "Count the octets as they are sent, before byte-stuffing."),
        Rule(
            "pop3.other-message", .semantics, .error, .server, "Response about another message", "RFC 1939 section 5",
            "LIST and UIDL with a message number are answered with that number and its size or unique id. A client may note it for the wrong message, and delete that one.",
            remedy: "Answer for the message that was asked for."),
        Rule(
            "pop3.number-repeated", .semantics, .error, .server, "Message number listed twice", "RFC 1939 section 5",
            "A listing has one line for each message. Which of the two sizes or ids is true is not known.",
            remedy: "List each message once."),
        Rule(
            "pop3.top-too-long", .semantics, .warning, .server, "TOP gave more lines than asked for",
            "RFC 1939 section 7",
            "TOP gives the header section, the empty line behind it, and as many lines of the body as the client wants. More of them cost the time that the client meant to save.",
            remedy: "Count the lines behind the first empty one."),
        Rule(
            "pop3.duplicate-uidl", .semantics, .error, .server, "Unique id given twice", "RFC 1939 section 7",
            "A unique id names one message in a maildrop. Clients take the second for seen and never fetch it.",
            remedy: "Make ids unique; a digest of the content is none where the same message lies there twice."),
        Rule(
            "pop3.deletions-lost", .semantics, .warning, nil, "Deletions lost", "RFC 1939 section 6",
            "Messages were marked for deletion, and the session ended without QUIT: the server must keep them. The client will fetch them again.",
            remedy: "End by QUIT; see who closed the connection, and why."),
        Rule(
            "pop3.command-before-greeting", .synchronization, .error, .client, "Client speaks before the greeting",
            "RFC 1939 section 4",
            "The server speaks first; what the client says before that may be lost or refused.",
            remedy: "Wait for the greeting."),
        Rule(
            "pop3.pipelining-not-offered", .synchronization, .warning, .client, "Commands sent without waiting",
            "RFC 2449 section 6.6",
            "The client sent a command before the response to the one before it, and the server's CAPA response does not hold PIPELINING.",
            remedy: "Wait for each response unless PIPELINING is offered."),
        Rule(
            "pop3.wrong-state", .synchronization, .warning, .client, "Command in the wrong state", "RFC 1939 section 3",
            "Before the login there are USER, PASS, APOP, AUTH, STLS, CAPA, UTF8, LANG and QUIT; the maildrop's commands come after it, with CAPA, LANG and QUIT. Nothing comes behind QUIT.",
            remedy: "Log in first, once; end by QUIT."),
        Rule(
            "pop3.reply-without-command", .synchronization, .warning, .server, "Response that no command asked for",
            "RFC 1939 section 3", "Each command gets one response; one too many shifts all that follow.",
            remedy: "Find the command that was answered twice."),
        Rule(
            "pop3.no-response", .synchronization, .warning, .server, "Command without response", "RFC 1939 section 3",
            "The session ended and a command never got its response.", remedy: "See who closed the connection, and why."
        ),
        Rule(
            "pop3.stls-injection", .synchronization, .error, .client, "Commands in clear behind STLS",
            "RFC 2595 section 4",
            "Octets came behind STLS before TLS began; a server that keeps them runs inside TLS what an attacker wrote outside (CVE-2011-0411).",
            remedy: "Clients wait for +OK; servers throw away what they have read before the handshake."),
        Rule(
            "pop3.stls-response-injection", .synchronization, .error, .server,
            "Responses in clear behind the go-ahead for TLS",
            "RFC 2595 section 4",
            "Octets came from the server's side behind its +OK and before the handshake.",
            remedy: "Clients throw away what they have read before the handshake."),
        Rule(
            "pop3.stls-twice", .synchronization, .error, .client, "STLS under TLS", "RFC 2595 section 4",
            "Once TLS runs, the client must not ask for it again.", remedy: "Remember that TLS runs."),
        Rule(
            "pop3.idle-timeout", .synchronization, .note, nil, "Session ended by the autologout timer",
            "RFC 1939 section 3",
            "Nothing was said for so long that the server ended the session; marked messages stay. The timer must be 10 minutes at least.",
            remedy: "End sessions by QUIT; send NOOP where one is to stay open."),
        Rule(
            "pop3.cut-line", .synchronization, .warning, nil, "Connection ended inside a line", "RFC 1939 section 3",
            "The last line of one side has no line end: the connection was lost in the middle of a command or response.",
            remedy: "See who closed the connection, and why."),
        Rule(
            "pop3.clear-text-goes-on", .synchronization, .error, nil, "No TLS behind the go-ahead",
            "RFC 2595 section 4",
            "The server agreed to STLS and both went on in clear.",
            remedy: "Close the connection when the handshake does not come."),
        Rule(
            "pop3.unexpected-tls", .synchronization, .warning, nil, "TLS where the dialogue expected something else",
            "RFC 2595 section 4",
            "TLS records came, or the connection closed, where no go-ahead for TLS had been given.",
            remedy: "See whether the port is one for TLS from the first octet."),
    ]
}
