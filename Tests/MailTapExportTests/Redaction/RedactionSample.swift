import MailTapCore
import MailTapTesting

/// A session in which names stand in every place that can hold one, and the words that must be gone afterwards.
enum RedactionSample {
    static let words = [
        "alice", "liddell", "wonderland", "hatter", "dormouse", "queenofhearts", "cheshire", "teaparty", "rabbithole",
        "tweedle", "jabberwocky", "vorpal", "bandersnatch", "caterpillar", "mockturtle", "gryphon", "whiterabbit",
        "croquet", "flamingo", "hedgehog", "lewis", "carroll", "4F1A2C77", "203.0.113.77", "198.51.100.9", "looking",
    ]

    static let script = Script(
        "names everywhere",
        """
        S: 220 cheshire.wonderland.example ESMTP Postfix (whiterabbit build)
        C: EHLO dormouse.hatter.example
        S: 250-cheshire.wonderland.example at your service, [203.0.113.77]
        S: 250-PIPELINING
        S: 250-SIZE 10240000
        S: 250-AUTH PLAIN LOGIN CRAM-MD5
        S: 250-XCLIENT NAME ADDR
        S: 250 8BITMIME
        C: XCLIENT NAME=gryphon.hatter.example ADDR=198.51.100.9 PROTO=ESMTP LOGIN=mockturtle
        S: 220 cheshire.wonderland.example ESMTP Postfix
        C: EHLO [198.51.100.9]
        S: 250-cheshire.wonderland.example
        S: 250 AUTH PLAIN LOGIN CRAM-MD5
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: cXVlZW5vZmhlYXJ0cw==
        S: 334 UGFzc3dvcmQ6
        C: dm9ycGFs
        S: 535 5.7.8 Error: authentication failed for queenofhearts
        C: AUTH PLAIN AGFsaWNlAHZvcnBhbA==
        S: 235 2.7.0 Authentication successful
        C: MAIL FROM:<alice@wonderland.example> SIZE=900 ENVID=rabbithole+2B7 AUTH=alice+40wonderland.example
        S: 250 2.1.0 Ok
        C: RCPT TO:<"mad tweedle"@hatter.example> NOTIFY=SUCCESS ORCPT=rfc822;tweedle+40hatter.example
        S: 250 2.1.5 Ok
        C: RCPT TO:<jabberwocky@hatter.example>
        S: 550 5.1.1 <jabberwocky@hatter.example>: Recipient address rejected: User unknown; ask 203.0.113.77
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: Received: from dormouse.hatter.example (gryphon.hatter.example [198.51.100.9])
        C| \tby cheshire.wonderland.example with ESMTP id 4F1A2C77;\\r\\n
        C| \tMon, 23 Nov 2026 06:01:02 +0000\\r\\n
        C: From: =?utf-8?Q?Alice_Lidd?= =?utf-8?Q?ell?= <alice@wonderland.example>
        C: To: "Mad Hatter" <hatter@teaparty.example>
        C: Subject: =?utf-8?B?VGhlIGphYmJlcndvY2t5IMOkw7bDvCB0ZWFwYXJ0eQ==?= croquet
        C: Date: Mon, 23 Nov 2026 06:01:02 +0000
        C: Message-ID: <20261123.4F1A2C77@wonderland.example>
        C: X-Cheshire-Token: flamingo
        C: MIME-Version: 1.0
        C: Content-Type: multipart/mixed; boundary="=_cheshire_4F1A2C77"
        C:
        C: The caterpillar, unseen.
        C: --=_cheshire_4F1A2C77
        C: Content-Type: text/plain; charset=utf-8
        C: Content-Transfer-Encoding: quoted-printable
        C:
        C: The vor=
        C: pal hedge=
        C: hog, gr=C3=BC=C3=9Fe: =66lamingo.
        C: ..a stuffed mockturtle
        C: --=_cheshire_4F1A2C77
        C: Content-Type: application/pdf; name="bandersnatch.pdf"
        C: Content-Transfer-Encoding: base64
        C: Content-Disposition: attachment; filename*=utf-8''b%61ndersnatch%20%C3%A4.pdf
        C:
        C: VGhlIGNhdGVycGlsbGFyIGFuZCB0aGUgZ3J5cGhvbiwg
        C: bG9va2luZyBmb3IgYSBoZWRnZWhvZy4=
        C: --=_cheshire_4F1A2C77
        C: Content-Type: text/html; charset=utf-8
        C: Content-Transfer-Encoding: base64
        C:
        C: PHA+TGV3aXMgQ2Fycm9sbCwgdGVhcGFydHk8L3A+
        C: --=_cheshire_4F1A2C77
        C: Content-Type: message/rfc822
        C:
        C: Subject: croquet with the flamingo
        C:
        C: Off with the whiterabbit
        C: --=_cheshire_4F1A2C77--
        C: .
        S: 250 2.0.0 Ok: queued as 4F1A2C77
        C: VRFY tweedle
        S: 252 2.0.0 tweedle
        C: dormouse says what is no command
        S: 502 5.5.2 Error: command not recognized
        C: QUIT
        S: 221 2.0.0 Bye
        """)

    static var trace: Trace {
        var info = SessionInfo.test
        info.source = "/home/alice/wonderland.pcap"
        info.route = "2525=smtp://cheshire.wonderland.example"
        info.client = Endpoint(address: IPAddress("198.51.100.9"), port: 50_112, name: "gryphon.hatter.example")
        info.server = Endpoint(address: IPAddress("203.0.113.77"), port: 25, name: "cheshire.wonderland.example")
        return script.trace(info: info)
    }
}
