import MailTapCore
import MailTapTesting

/// Dialogues that every generic test runs over.
enum Scripts {
    static let all: [Script] = dialogues + TunnelScripts.all

    private static let dialogues: [Script] = [
        Script(
            "smtp-plain",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250-mail.example.org
            S: 250-PIPELINING
            S: 250 SIZE 1000
            C: MAIL FROM:<a@example.org>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@example.net>
            S: 250 2.1.5 Ok
            C: DATA
            S: 354 go on
            C: Subject: hello
            C:
            C: ..stuffed
            C: .
            S: 250 2.0.0 queued
            C: QUIT
            S: 221 2.0.0 bye
            """),
        Script(
            "smtp-pipelined",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250-mail.example.org
            S: 250 PIPELINING
            C| MAIL FROM:<a@example.org>\\r\\nRCPT TO:<b@example.net>\\r\\nRCPT TO:<c@example.net>\\r\\nDATA\\r\\n
            S| 250 ok\\r\\n250 ok\\r\\n550 no\\r\\n354 go\\r\\n
            C| one\\r\\n.\\r\\nQUIT\\r\\n
            S| 250 ok\\r\\n221 bye\\r\\n
            """),
        Script(
            "smtp-data-refused-in-pipeline",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 PIPELINING
            C| MAIL FROM:<a@example.org>\\r\\nRCPT TO:<b@example.net>\\r\\nDATA\\r\\nRSET\\r\\nQUIT\\r\\n
            S| 250 ok\\r\\n550 no\\r\\n554 no valid recipients\\r\\n250 ok\\r\\n221 bye\\r\\n
            """),
        Script(
            "smtp-bdat",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 CHUNKING
            C| MAIL FROM:<a@example.org>\\r\\nRCPT TO:<b@example.net>\\r\\nBDAT 6\\r\\nabc\\r\\n.BDAT 4 LAST\\r\\nd\\r\\neRSET\\r\\n
            S| 250 ok\\r\\n250 ok\\r\\n250 6\\r\\n250 10\\r\\n250 ok\\r\\n
            C| BDAT 0 LAST\\r\\nBDAT -1\\r\\nBDAT 99999999999999999999\\r\\nQUIT\\r\\n
            S| 503 no\\r\\n501 no\\r\\n501 no\\r\\n221 bye\\r\\n
            """),
        Script(
            "smtp-lines-without-a-code",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250-mail.example.org
            C: NOOP
            S: what
            S: 250 ok
            C: NOOP
            S: what
            C: RSET
            S: what
            C: AUTH LOGIN
            S: what
            C: dXNlcg==
            S: 334 UGFzc3dvcmQ6
            C: cGFzcw==
            S: 235 ok
            C: STARTTLS
            S: what
            C: MAIL FROM:<a@example.org>
            S: 250-ok
            C: RCPT TO:<b@example.net>
            S: 550 no
            C: DATA
            S: go on
            C: QUIT
            S: 221 bye
            """),
        Script(
            "pop3-lines-without-a-status",
            """
            S: +OK ready
            C: USER bob
            S: what
            C: PASS secret
            S: +OK
            C: STAT
            S: what
            S: +OK 1 2
            C: AUTH PLAIN
            S: what
            C: AGEAYg==
            S: +OK
            C: STLS
            S: what
            C: NOOP
            S: +OK
            C: QUIT
            S: +OK bye
            """),
        Script(
            "lmtp-fewer-verdicts-than-recipients",
            """
            S: 220 mail.example.org LMTP
            C: LHLO client.example
            S: 250 mail.example.org
            C: MAIL FROM:<a@example.org>
            S: 250 ok
            C: RCPT TO:<b@example.net>
            S: 250 ok
            C: RCPT TO:<c@example.net>
            S: 250 ok
            C: DATA
            S: 354 go on
            C: one
            C: .
            S: 250 taken
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-lf-only-end",
            """
            S: 220 mail.example.org ESMTP
            C| EHLO client.example\\n
            S: 250 ok
            C| MAIL FROM:<a@example.org>\\n
            S: 250 ok
            C| DATA\\n
            S: 354 go
            C| one\\n..two\\n.\\n
            S: 250 taken
            C| QUIT\\n
            S: 221 bye
            """),
        Script(
            "smtp-odd-cr-end",
            """
            S: 220 mail.example.org ESMTP
            C: HELO client.example
            S: 250 ok
            C: DATA
            S: 354 go
            C| one\\r.\\r\\n
            S: 250 taken
            C: DATA
            S: 354 go
            C| two\\r\\n.\\r\\r\\nmore\\r.\\r\\n\\r\\n.\\r\\n
            S: 250 taken
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-odd-end-not-taken",
            """
            S: 220 mail.example.org ESMTP
            C: HELO client.example
            S: 250 ok
            C: DATA
            S: 354 go
            C| one\\n.\\nMAIL FROM:<evil@example.org>\\n.\\r\\nmore\\r\\n.\\r\\n
            S: 250 one message
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-auth",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 AUTH PLAIN LOGIN
            C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
            S: 535 no
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: YWxpY2U=
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 235 ok
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-starttls",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 go
            C| \\x16\\x03\\x01\\x00\\x04abcd
            S| \\x16\\x03\\x03\\x00\\x02xy\\x17\\x03\\x03\\x00\\x01z
            C| \\x17\\x03\\x03\\x00\\x03QUI
            """),
        Script(
            "smtp-starttls-clear-text-goes-on",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 go
            C: EHLO client.example
            S: 250 fine
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-starttls-injection",
            """
            S: 220 mail.example.org ESMTP
            C| STARTTLS\\r\\nRSET\\r\\n
            S: 220 go
            C| \\x16\\x03\\x01\\x00\\x04abcd
            S| \\x16\\x03\\x03\\x00\\x02xy
            """),
        Script(
            "lmtp",
            """
            S: 220 mail.example.org LMTP
            C: LHLO client.example
            S: 250 ok
            C| MAIL FROM:<>\\r\\nRCPT TO:<a@example.org>\\r\\nRCPT TO:<b@example.org>\\r\\nRCPT TO:<c@example.org>\\r\\nDATA\\r\\n
            S| 250 ok\\r\\n250 ok\\r\\n250 ok\\r\\n550 no\\r\\n354 go\\r\\n
            C| x\\r\\n.\\r\\nQUIT\\r\\n
            S| 250 a\\r\\n452 b\\r\\n221 bye\\r\\n
            """),
        Script(
            "smtp-recipients-judged",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 PRDR
            C| MAIL FROM:<> PRDR\\r\\nRCPT TO:<a@example.org>\\r\\nRCPT TO:<b@example.org>\\r\\nDATA\\r\\n
            S| 250 ok\\r\\n250 ok\\r\\n250 ok\\r\\n354 go\\r\\n
            C| x\\r\\n.\\r\\nQUIT\\r\\n
            S| 353 judging\\r\\n250 a\\r\\n550 b\\r\\n250 taken\\r\\n221 bye\\r\\n
            """),
        Script(
            "smtp-roles-turned",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 ATRN
            C: ATRN example.net
            S: 250 now you
            C: 220 client.example ready
            S: EHLO mail.example.org
            C: 250 client.example
            S: QUIT
            C: 221 bye
            """),
        Script(
            "smtp-dot-and-nul",
            """
            S: 220 mail.example.org ESMTP
            C: EHLO client.example
            S: 250 ok
            C| MAIL FROM:<>\\r\\nRCPT TO:<a@example.org>\\r\\nDATA\\r\\n
            S| 250 ok\\r\\n250 ok\\r\\n354 go\\r\\n
            C| x\\r\\n.\\x00y\\r\\n.\\x00\\r\\n
            S: 250 taken
            C: QUIT
            S: 221 bye
            """),
        Script(
            "smtp-odd-replies",
            """
            S| 220-mail.example.org ESMTP\\n220 \\n
            C:
            S: 500
            C: NOOP
            S| hello\\r\\n250-one\\r\\n251 two\\r\\n250+three\\r\\n
            C: FROBNICATE now
            S: 500 5.5.1 what
            S: 421 4.4.2 timeout
            """),
        Script(
            "pop3",
            """
            S: +OK ready <1.2@example.org>
            C: CAPA
            S| +OK\\r\\nUSER\\r\\nPIPELINING\\r\\n.\\r\\n
            C: USER alice
            S: +OK
            C: PASS se cret
            S: +OK
            C| STAT\\r\\nLIST\\r\\nLIST 1\\r\\nUIDL\\r\\nRETR 1\\r\\nTOP 1 0\\r\\nRETR 9\\r\\nDELE 1\\r\\n
            S| +OK 1 10\\r\\n+OK\\r\\n1 10\\r\\n.\\r\\n+OK 1 10\\r\\n+OK\\r\\n1 x\\r\\n..y\\r\\n.\\r\\n+OK 10 octets\\r\\nab\\r\\n..c\\r\\n.\\r\\n+OK\\r\\nab\\r\\n.\\r\\n-ERR no\\r\\n+OK\\r\\n
            C: QUIT
            S: +OK bye
            """),
        Script(
            "pop3-auth-stls",
            """
            S: +OK ready
            C: AUTH
            S| +OK\\r\\nPLAIN\\r\\n.\\r\\n
            C: AUTH PLAIN
            S: +
            C: AGFsaWNlAHNlY3JldA==
            S: -ERR no
            C: APOP alice c4c9334bac560ecc979e58001b3e22fb
            S: -ERR no
            C: STLS
            S: +OK
            C| \\x16\\x03\\x01\\x00\\x04abcd
            S| \\x16\\x03\\x03\\x00\\x02xy
            """),
        Script(
            "pop3-lf-only",
            """
            S| +OK ready\\n
            C: RETR 1
            S| +OK\\na\\n.\\n
            C: QUIT
            S| +OK bye\\n
            """),
        Script(
            "imap",
            """
            S: * OK ready
            C: a1 CAPABILITY
            S: * CAPABILITY IMAP4rev1
            C: a2 LOGIN alice {6}
            S: + go on
            C| secret\\r\\n
            S: a2 NO
            C: a3 AUTHENTICATE PLAIN
            S: +
            C: AGFsaWNlAHNlY3JldA==
            S: a3 OK
            C: a4 SELECT INBOX
            """),
        Script(
            "no-mail",
            """
            C: GET / HTTP/1.1
            S: HTTP/1.1 200 OK
            """),
        Script(
            "unfinished",
            """
            S: 220 mail.example.org ESMTP
            C: HELO client.example
            S: 250 ok
            C: DATA
            S: 354 go
            C| Subject: half\\r\\n\\r\\nhal
            """),
    ]

    static func named(_ name: String) -> Script { all.first { $0.name == name } ?? Script(name, "") }
}
