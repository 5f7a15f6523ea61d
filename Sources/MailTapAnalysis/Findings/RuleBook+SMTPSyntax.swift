import MailTapCore

extension RuleBook {
    /// SMTP: the form of what was said.
    static let smtpSyntax: [Rule] = [
        Rule(
            "smtp.bare-lf", .syntax, .error, nil, "Line ended with LF alone", "RFC 5321 section 2.3.8",
            "Lines of SMTP end with CRLF and nothing else. Servers differ in what they make of a bare LF: where one sees a line end and the next does not, a message can be smuggled into another.",
            remedy: "Send CRLF; let servers refuse or normalise bare LFs on input."),
        Rule(
            "smtp.bare-cr", .syntax, .error, nil, "CR without LF behind it", "RFC 5321 section 2.3.8",
            "A CR may stand in SMTP only as the first half of a line end. Some servers take it for a whole one, which opens the way for smuggled messages.",
            remedy: "Encode content that holds CRs (quoted-printable, base64); refuse bare CRs on input."),
        Rule(
            "smtp.nul", .syntax, .warning, nil, "NUL octet", "RFC 5321 section 4.1.2",
            "NUL is no character of commands, replies or text; programs written in C may cut the line there.",
            remedy: "Encode binary content, or send it by BDAT with BODY=BINARYMIME."),
        Rule(
            "smtp.control-octets", .syntax, .warning, nil, "Control octets in a line", "RFC 5321 section 4.1.2",
            "Control characters other than a tab do not belong into commands and replies; on a terminal they can forge what is shown.",
            remedy: "Leave them out."),
        Rule(
            "smtp.line-too-long", .syntax, .error, nil, "Line longer than anything allows", "RFC 5321 section 4.5.3.1",
            "The line is longer than MailTap keeps (64 KiB); its rest was skipped. No limit of SMTP is near that.",
            remedy: "Find what keeps the sender from ending its lines."),
        Rule(
            "smtp.command-too-long", .syntax, .warning, .client, "Command line over 512 octets",
            "RFC 5321 section 4.5.3.1.4",
            "A command line has at most 512 octets with its CRLF, unless an extension allows more. Servers may cut or refuse it.",
            remedy: "Shorten the line."),
        Rule(
            "smtp.reply-too-long", .syntax, .warning, .server, "Reply line over 512 octets",
            "RFC 5321 section 4.5.3.1.5",
            "A reply line has at most 512 octets with code and CRLF. Clients may cut it.",
            remedy: "Split the text into several lines of one reply."),
        Rule(
            "smtp.empty-command", .syntax, .note, .client, "Empty line where a command belongs",
            "RFC 5321 section 4.1.1",
            "An empty line is no command. It often comes from a line end too many behind the content or a login.",
            remedy: "Send each command with exactly one CRLF."),
        Rule(
            "smtp.unknown-command", .syntax, .warning, .client, "Command that no RFC knows", "RFC 5321 section 4.1.1",
            "The first word of the line is no command known here, and the server's EHLO answer does not offer it. Often it is content or a login response that lost its place. Where the server takes it, it is only noted.",
            remedy: "Look at what came before: was a refusal overlooked?"),
        Rule(
            "smtp.reply-without-status", .syntax, .error, .server, "Reply line without a code",
            "RFC 5321 section 4.2",
            "Every line of a reply begins with three digits; clients go by them alone.",
            remedy: "Begin each line with the reply code."),
        Rule(
            "smtp.reply-codes-differ", .syntax, .error, .server, "Lines of one reply carry different codes",
            "RFC 5321 section 4.2.1",
            "All lines of a reply have the same code. Clients differ in which of several they believe.",
            remedy: "Give each line the same code."),
        Rule(
            "smtp.bad-capability", .syntax, .warning, .server, "Line of the EHLO answer that is malformed",
            "RFC 5321 section 4.1.1.1",
            "Each line behind the first is a keyword of letters, digits and hyphens, with its arguments behind one space each. Clients overlook what they can't read, or read it in different ways; of a keyword that stands twice they take the one or the other.",
            remedy: "Offer each extension once, in the form that its document gives."),
        Rule(
            "smtp.enhanced-codes-differ", .syntax, .warning, .server,
            "Lines of one reply carry different enhanced status codes", "RFC 2034 section 4",
            "All lines of a reply carry the same enhanced status code, behind the same reply code. Clients differ in which of several they believe.",
            remedy: "Give each line the same code."),
        Rule(
            "smtp.reply-not-ended", .syntax, .error, .server, "Reply without its last line",
            "RFC 5321 section 4.2.1",
            "A hyphen behind the code says that more lines of the reply follow. None followed: the client went on, and the next reply has another code. A client that goes by the hyphen waits for ever.",
            remedy: "Put a space behind the code on the last line of a reply."),
        Rule(
            "smtp.reply-separator-missing", .syntax, .warning, .server, "No space or hyphen behind the reply code",
            "RFC 5321 section 4.2.1",
            "A hyphen says that more lines follow, a space that this is the last; without either, a client may wait for ever.",
            remedy: "Put a space, or on all lines but the last a hyphen, behind the code."),
        Rule(
            "smtp.unknown-reply-code", .syntax, .note, .server, "Reply code that no RFC knows",
            "RFC 5321 section 4.2.1",
            "Clients go by the first digit of a code that they do not know; finer meaning is lost.",
            remedy: "Use a code of RFC 5321, or of the extension in question."),
        Rule(
            "smtp.missing-brackets", .syntax, .warning, .client, "Address without angle brackets",
            "RFC 5321 section 4.1.2",
            "The address of MAIL and RCPT stands in angle brackets; strict servers refuse it without.",
            remedy: "Write MAIL FROM:<a@example.org>."),
        Rule(
            "smtp.path-form", .syntax, .note, .client, "Space or text where the path has none",
            "RFC 5321 section 3.3",
            "There is no space around the colon of FROM: and TO:, and one between > and the first parameter. Many servers let it pass, some do not.",
            remedy: "Write MAIL FROM:<a@example.org> SIZE=1200."),
        Rule(
            "smtp.odd-blanks", .syntax, .note, .client, "Blanks other than one space in a command",
            "RFC 5321 section 4.1.1",
            "One space stands between the words of a command, no tab, and nothing before its CRLF. Most servers let others pass, as the RFC asks them to at the line's end; strict ones answer 501.",
            remedy: "Put one space between two words, and none at the end."),
        Rule(
            "smtp.bad-address", .syntax, .warning, .client, "Address that is none", "RFC 5321 section 4.1.2",
            "An address is a local part, @, and a domain or an address literal; postmaster alone may stand without a domain. Dots at the ends of the local part, or two in a row, need quotes too, and a domain has no underscore, no dot at its end, and no bare address in its place: some providers and clients do so all the same, so that is only noted.",
            remedy: "Correct the address; quote unusual local parts."),
        Rule(
            "smtp.8bit-command", .syntax, .warning, .client, "Octets above 127 in a command without SMTPUTF8",
            "RFC 6531 section 3.1",
            "Commands are ASCII; where the client asked for SMTPUTF8, addresses may be in UTF-8.",
            remedy: "Add the SMTPUTF8 parameter to MAIL where the server offers it."),
        Rule(
            "smtp.bad-utf8", .syntax, .warning, nil, "Text that is not UTF-8 although SMTPUTF8 was asked for",
            "RFC 6531 section 3.3",
            "With SMTPUTF8 octets above 127 are UTF-8, in commands and in replies. Another charset, such as Latin-1, makes other addresses of them, or none.",
            remedy: "Encode addresses and texts in UTF-8."),
        Rule(
            "smtp.bad-utf8-header", .syntax, .warning, .client,
            "Header fields that are not UTF-8 although SMTPUTF8 was asked for", "RFC 6532 section 3.2",
            "With SMTPUTF8 octets above 127 in header fields are UTF-8. Another charset, such as Latin-1, shows garbled or makes the next server refuse the message.",
            remedy: "Encode header fields in UTF-8, or in encoded-words (RFC 2047)."),
        Rule(
            "smtp.bad-base64", .syntax, .error, nil, "Login token that is no base64", "RFC 4954 section 4",
            "Challenges and responses are base64 (RFC 4648 section 4), without blanks or line ends inside.",
            remedy: "Encode the token; send = for an empty first response."),
        Rule(
            "smtp.initial-response", .syntax, .warning, .client,
            "Response sent with AUTH where the server speaks first", "RFC 4954 section 4",
            "In CRAM-MD5 and its like the client answers a challenge, so there is nothing to say before it came. Servers answer 501.",
            remedy: "Send AUTH with the mechanism alone, and wait for 334."),
        Rule(
            "smtp.bad-chunk-size", .syntax, .error, .client, "BDAT without a proper size", "RFC 3030 section 2",
            "The number behind BDAT says how many octets follow. Without it neither side knows where the next command is.",
            remedy: "Write BDAT, the number of octets, and LAST for the last chunk."),
        Rule(
            "smtp.smuggled-message", .syntax, .error, nil, "The peers saw different ends of a message",
            "RFC 5321 section 4.1.1.4",
            "Only CRLF . CRLF ends the content. Here a line with a dot and other line ends (<LF>.<LF>, <LF>.<CRLF>, <CR>.<CR> and their kin) stood in it: the client went on with its message, and the server took that line for the end and ran what followed as commands. So a mail can carry other mails in the name of the sending server, past its checks (SMTP smuggling, CVE-2023-51764, CVE-2023-51765, CVE-2023-51766). Between these two peers that is exploitable.",
            remedy: "Update the server; let it refuse or normalise bare LFs and CRs. Let the client not relay them."),
        Rule(
            "smtp.odd-end-of-data", .syntax, .error, nil, "Message ended by a dot line with odd line ends",
            "RFC 5321 section 4.1.1.4",
            "Only CRLF . CRLF ends the content. This client ended its message by another sequence and this server took it: both saw the same end, so nothing was smuggled between these two. But a peer that relays such a line as content can be used to smuggle mails into this server (CVE-2023-51764 and its kin).",
            remedy: "Send CRLF; update the server; refuse bare LFs and CRs."),
        Rule(
            "smtp.smuggling", .syntax, .warning, .client, "Dot line with odd line ends inside content",
            "RFC 5321 section 4.1.1.4",
            "A line that some servers would take for the end of the message stands inside it, followed by more. This server did not end there, so between these two peers it is merely non-conforming; the next one on the way may, and run the rest as commands (SMTP smuggling, 2023).",
            remedy: "Refuse messages with bare LFs and CRs, or normalise them before relaying."),
        Rule(
            "smtp.bad-parameter", .syntax, .warning, .client, "Parameter of MAIL or RCPT in a wrong form or place",
            "RFC 5321 section 4.1.2",
            "Each parameter belongs to MAIL or to RCPT, stands once, and has a value of its own form (SIZE=1200, RET=HDRS). Servers refuse the command or overlook the parameter.",
            remedy: "Write the parameter as its document says; mailtap analyze names it."),
        Rule(
            "smtp.unknown-parameter", .syntax, .note, .client, "Parameter that no document known here defines",
            "RFC 5321 section 4.1.1.11",
            "The server did not take the command, which carried a parameter that no document known here defines.",
            remedy: "Leave it out, or use the extension only where the server offers it."),
        Rule(
            "smtp.bad-argument", .syntax, .warning, .client, "Command with an argument too many, or without one",
            "RFC 5321 section 4.1.1",
            "DATA, RSET, QUIT, STARTTLS and TURN stand alone; EHLO, HELO, VRFY, EXPN, ETRN and AUTH need a word behind them; AUTH takes two at most. Strict servers answer 501.",
            remedy: "Correct the command line."),
        Rule(
            "smtp.8bit-reply", .syntax, .note, .server, "Octets above 127 in a reply", "RFC 5321 section 4.2",
            "The text of a reply is ASCII, unless the client asked for SMTPUTF8 (RFC 6531 section 3.7.4.2); clients may show it garbled or cut the connection.",
            remedy: "Write the server's texts in ASCII."),
        Rule(
            "smtp.unstuffed-dot", .syntax, .error, .client, "Line that begins with a dot which was not doubled",
            "RFC 5321 section 4.5.2",
            "A content line that begins with a dot gets a second one; the receiver takes one away. Without it the line loses its dot, or ends the message.",
            remedy: "Double the first dot of every line that begins with one."),
        Rule(
            "smtp.text-line-too-long", .syntax, .warning, .client, "Content line over 998 octets",
            "RFC 5321 section 4.5.3.1.6",
            "A line of content has at most 1000 octets with its CRLF. Servers cut or fold longer ones, which breaks signatures.",
            remedy: "Encode the part as quoted-printable or base64."),
    ]
}
