import MailTapTesting

/// Mail inside other protocols' streams, as every generic test runs over it too.
enum TunnelScripts {
    /// What a server and a client of SMTP say once they are connected.
    private static let mail = """
        S: 220 mail.example.org ESMTP
        C: EHLO client.example
        S: 250 mail.example.org
        C: QUIT
        S: 221 bye
        """

    static let connect = Script(
        "http-connect",
        """
        C: CONNECT mail.example.org:25 HTTP/1.1
        C: Host: mail.example.org:25
        C: Proxy-Authorization: Basic YWxpY2U6c2VjcmV0
        C:\u{20}
        S: HTTP/1.1 200 Connection established
        S: Via: a proxy
        S:\u{20}
        \(mail)
        """)

    static let connectAgain = Script(
        "http-connect-authenticates-at-the-second-try",
        """
        C: CONNECT mail.example.org:587 HTTP/1.1
        C:\u{20}
        S: HTTP/1.1 407 Proxy Authentication Required
        S: Content-Length: 7
        S:\u{20}
        S| refused
        C: CONNECT mail.example.org:587 HTTP/1.1
        C: proxy-authorization:  Bearer  abcdef
        C:\u{20}
        S: HTTP/1.0 200 OK
        S:\u{20}
        \(mail)
        """)

    static let connectChunked = Script(
        "http-connect-refused-in-chunks",
        """
        C: CONNECT mail.example.org:587 HTTP/1.1
        C:\u{20}
        S: HTTP/1.1 407 Proxy Authentication Required
        S: Transfer-Encoding: chunked
        S:\u{20}
        S| 7\\r\\nrefused\\r\\n0\\r\\n\\r\\n
        C: CONNECT mail.example.org:587 HTTP/1.1
        C:\u{20}
        S: HTTP/1.1 200 OK
        S:\u{20}
        \(mail)
        """)

    static let socks4 = Script(
        "socks4",
        "C| \\x04\\x01\\x00\\x19\\xC0\\x00\\x02\\x19alice\\0\nS| \\0\\x5A\\0\\0\\0\\0\\0\\0\n" + mail)

    static let socks4a = Script(
        "socks4a",
        "C| \\x04\\x01\\x00\\x6E\\0\\0\\0\\x01\\0mail.example.org\\0\nS| \\0\\x5A\\0\\0\\0\\0\\0\\0\n"
            + "S: +OK ready\nC: USER alice\nS: +OK\nC: PASS secret\nS: -ERR no\nC: QUIT\nS: +OK bye")

    static let socks5 = Script(
        "socks5-with-password",
        """
        C| \\x05\\x02\\x00\\x02
        S| \\x05\\x02
        C| \\x01\\x05alice\\x06secret
        S| \\x01\\x00
        C| \\x05\\x01\\x00\\x03\\x10mail.example.org\\x00\\x19
        S| \\x05\\x00\\x00\\x01\\x0A\\x00\\x00\\x01\\x12\\x34
        \(mail)
        """)

    static let socks5Refused = Script(
        "socks5-login-refused",
        "C| \\x05\\x01\\x02\nS| \\x05\\x02\nC| \\x01\\x05alice\\x06secret\nS| \\x01\\x01")

    static let proxy1 = Script("proxy-v1", "C: PROXY TCP4 198.51.100.7 198.51.100.25 50112 25\n" + mail)

    static let proxy1Unknown = Script("proxy-v1-unknown", "C: PROXY UNKNOWN\n" + mail)

    static let proxy2 = Script(
        "proxy-v2",
        "C| \\r\\n\\r\\n\\0\\r\\nQUIT\\n\\x21\\x11\\x00\\x0F\\xC6\\x33\\x64\\x07\\xC6\\x33\\x64\\x19\\xC3\\xC0\\x00\\x19\\x04\\0\\0\n"
            + mail)

    static let nested = Script(
        "socks4-behind-a-proxy-header",
        "C: PROXY TCP6 2001:db8::7 2001:db8::25 50112 1080\nC| \\x04\\x01\\x00\\x19\\xC0\\x00\\x02\\x19\\0\n"
            + "S| \\0\\x5A\\0\\0\\0\\0\\0\\0\n" + mail)

    static let overTLS = Script(
        "tls-inside-http-connect",
        """
        C: CONNECT mail.example.org:465 HTTP/1.1
        C:\u{20}
        S: HTTP/1.1 200 OK
        S:\u{20}
        C| \\x16\\x03\\x01\\x00\\x02ab
        S| \\x16\\x03\\x03\\x00\\x02cd
        """)

    static let all = [
        connect, connectAgain, connectChunked, socks4, socks4a, socks5, socks5Refused, proxy1, proxy1Unknown, proxy2,
        nested, overTLS,
    ]
}
