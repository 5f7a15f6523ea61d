/// What the demo's client says, and what it expects: two dialogue files.
enum DemoScript {
    /// A mail with an attachment to one recipient; another is refused.
    static let sending = """
        C: EHLO client.example
        S: 250 mail.example.org
        C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
        S: 235 2.7.0 Authentication successful
        C: MAIL FROM:<alice@example.org> BODY=8BITMIME
        S: 250 2.1.0 Ok
        C: RCPT TO:<bob@example.net>
        S: 250 2.1.5 Ok
        C: RCPT TO:<nobody@example.net>
        S: 550 5.1.1 No such user here
        C: DATA
        S: 354 End data with a dot
        C: Date: Mon, 23 Nov 2026 09:00:00 +0000
        C: From: Alice <alice@example.org>
        C: To: Bob <bob@example.net>
        C: Message-ID: <demo-1@example.org>
        C: Subject: =?utf-8?q?Caf=C3=A9_at_ten=3F?=
        C: MIME-Version: 1.0
        C: Content-Type: multipart/mixed; boundary="demo"
        C:\u{20}
        C: --demo
        C: Content-Type: text/plain; charset=utf-8
        C:\u{20}
        C: The map is attached.
        C: ..and this line began with a dot.
        C: --demo
        C: Content-Type: image/svg+xml; name="map.svg"
        C: Content-Disposition: attachment; filename="map.svg"
        C: Content-Transfer-Encoding: base64
        C:\u{20}
        C: PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjxjaXJjbGUgcj0iOSIvPjwv
        C: c3ZnPg==
        C: --demo--
        C: .
        S: 250 2.0.0 Ok
        C: QUIT
        S: 221 2.0.0 Bye

        """

    /// The same mail fetched and deleted.
    static let fetching = """
        S: +OK ready
        C: USER bob
        S: +OK
        C: PASS looking-glass
        S: +OK
        C: STAT
        S: +OK 1 1
        C: LIST 1
        S: +OK 1 1
        C: RETR 1
        S: +OK
        S: From: Alice <alice@example.org>
        S: .
        C: DELE 1
        S: +OK
        C: QUIT
        S: +OK

        """
}
